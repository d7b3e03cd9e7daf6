"""Blends of models, with weights that windows of the past teach."""
