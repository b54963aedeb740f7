"""Rules that find what looks wrong. Pure: facts in, findings with their evidence out; each rule is one file."""
