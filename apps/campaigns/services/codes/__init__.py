"""Pools of codes, each given once (C3)."""
