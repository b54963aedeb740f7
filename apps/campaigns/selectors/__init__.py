"""Reading campaigns."""
