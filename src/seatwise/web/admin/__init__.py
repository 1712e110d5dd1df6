"""Settings: of this install, of who may sign in, of scripts' tokens, and of one's own account."""
