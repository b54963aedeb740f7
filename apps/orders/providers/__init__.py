"""Providers: one file per way of paying. Pure: they build requests and read answers, and never see models."""
