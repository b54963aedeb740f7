"""Rollups, goals, reviews, dashboards."""
