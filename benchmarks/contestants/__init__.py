"""One script per contestant, each run in a fresh process: all four lists of an organization into a new SQLite file."""
