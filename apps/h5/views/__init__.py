"""Pages for members: thin views over services and selectors."""
