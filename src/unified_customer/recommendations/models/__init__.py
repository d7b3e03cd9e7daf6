"""Models: specs that learn from who did what with which item, and what they learn."""
