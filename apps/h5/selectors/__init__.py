"""Reading for members' pages."""
