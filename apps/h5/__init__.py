"""Public mobile pages."""
