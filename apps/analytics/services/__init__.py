"""Writing figures."""
