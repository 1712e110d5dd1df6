"""Groups and roles: who is in which group, what each role permits, and where they are held."""
