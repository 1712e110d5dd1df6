"""Service accounts: the list, the file of exactly what is filtered, and one account with its keys."""
