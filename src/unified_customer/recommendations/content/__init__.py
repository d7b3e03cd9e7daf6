"""Recommendations from what is told of items."""
