"""Writing: visits, log-ins, acts of members on their pages."""
