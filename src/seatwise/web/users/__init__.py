"""Users: the list with its search and filters, the file of exactly what is filtered, and one user's page."""
