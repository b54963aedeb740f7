"""What every room's API shares: problems, limits, where a request comes from, JSON that is safe to read."""
