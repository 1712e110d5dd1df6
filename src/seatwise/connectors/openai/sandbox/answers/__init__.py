"""What answers each path, room by room; `endpoints` puts them together."""
