"""Alerts: what happened that somebody should know, with its evidence, where it was sent, and who has seen it."""
