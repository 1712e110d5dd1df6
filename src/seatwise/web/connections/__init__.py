"""One connection: how it is, its streams and runs, and what an operator may do with it."""
