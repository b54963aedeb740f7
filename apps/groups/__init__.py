"""Groups and memberships."""
