"""What a landing page is made of: one small file per kind of block, found by the registry."""
