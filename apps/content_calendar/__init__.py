"""Posts on a calendar and their targets."""
