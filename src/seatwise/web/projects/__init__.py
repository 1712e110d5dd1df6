"""Projects: the list with its search and filters, and one project: who can do what there and why, groups, limits."""
