"""What sells best: overall, in each segment, and what sells more than it did.

Bestsellers, FittedBestsellers    rates that fade with age, drawn to those of everybody where a segment is small
"""

from unified_customer.recommendations.bestsellers.fitted import FittedBestsellers
from unified_customer.recommendations.bestsellers.spec import Bestsellers

__all__ = ["Bestsellers", "FittedBestsellers"]
