"""Figures by family: one file each, pure."""
