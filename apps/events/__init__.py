"""The append-only fact log."""
