"""The way in: sign-in, and the one-time links that let an operator in for the first time or again."""
