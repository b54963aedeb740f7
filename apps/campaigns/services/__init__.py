"""Writing campaigns: runs, entries, grants, settlement."""
