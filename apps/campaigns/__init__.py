"""Campaigns, runs, entries, contributions, grants."""
