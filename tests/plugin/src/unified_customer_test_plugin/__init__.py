"""A source for vCard files."""
