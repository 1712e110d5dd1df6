"""The overview: where a day begins. Each card leads to the list behind its number."""
