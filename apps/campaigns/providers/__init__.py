"""Providers of red packets: one file per way of paying out. Pure: they build requests and read answers."""
