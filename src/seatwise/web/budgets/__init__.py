"""Budgets: so much a month, how much of it is spent, what the month will come to, and which thresholds were passed."""
