"""A customer service over HTTP."""
