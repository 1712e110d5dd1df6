"""What can be connected, what is, and what each can do."""
