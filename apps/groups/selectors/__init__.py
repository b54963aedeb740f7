"""Reading groups and memberships."""
