"""The engine: from record to row. The only writer of what vendors say."""
