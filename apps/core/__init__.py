"""Abstract bases, errors, phones, secrets, signed links, spreadsheets, outbound guard. No nouns."""
