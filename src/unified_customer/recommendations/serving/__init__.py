"""Serving: what a fitted recommender recommends, to whom, and why."""
