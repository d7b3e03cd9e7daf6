"""Recommendations: what each customer is likely to want next, why, and whether it worked."""
