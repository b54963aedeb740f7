"""Coupons: terms, printing, binding, writing off, returning, expiring."""
