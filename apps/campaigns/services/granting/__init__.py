"""Giving benefits, taking them back, and everything on their way to the member."""
