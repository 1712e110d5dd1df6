"""Changes: what syncs saw change at vendors, each with before and after."""
