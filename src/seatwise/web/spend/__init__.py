"""Spend: what connected accounts cost, by day and by project, person, key, model or line item; and what they used."""
