"""Licenses: who holds them, who has not used them for long, and what is not known; each number with its list."""
