"""The import engine: knows files and rows, no nouns."""
