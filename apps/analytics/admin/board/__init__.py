"""The shell of every dashboard: filters, tiles, charts with their tables, export, sharing."""
