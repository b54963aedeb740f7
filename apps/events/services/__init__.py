"""Recording facts."""
