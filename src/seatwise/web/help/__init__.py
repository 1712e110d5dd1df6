"""Help inside the product: how to connect each vendor."""
