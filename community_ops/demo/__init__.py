"""Demo data: made by the services and importers that people use, the same on every load, relative to now."""
