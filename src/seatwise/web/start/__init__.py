"""The first address: where to go from here, and whether the process answers."""
