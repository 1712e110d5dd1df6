"""The web door: one folder per screen."""
