"""The import pipeline."""
