"""Products, orders, payment providers."""
