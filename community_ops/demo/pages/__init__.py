"""Member pages of the demo's campaigns: landing pages as an operator would publish them, and who came to see them."""
