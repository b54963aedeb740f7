"""Writing members."""
