"""The tables, and the one room where secrets are sealed and opened. Knows no vendor and no screen."""
