"""Writing groups and memberships."""
