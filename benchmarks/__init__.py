"""Measurements against a named reference in the same run. ``make bench`` prints JSON lines."""
