"""Seatwise: who can use your AI vendors' organizations, as what, and with which license."""

__version__ = "0.1.0"
