"""The vendors. Each has a folder of its own; none knows the store."""
