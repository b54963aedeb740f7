"""Drivers: one file per way of sending. Pure: they build requests and read answers, and never see models."""
