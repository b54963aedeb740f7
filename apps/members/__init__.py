"""Members, identities, tags, tiers, points."""
