"""Keys: the list with a tab for each issue, the file of exactly what is filtered, and one key with its evidence."""
