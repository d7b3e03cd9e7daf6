"""Customers like some customers: look-alike audiences.

LookAlike, FittedLookAlike    how likely each other customer would be among the members, and how far that can be told
Told                          how well members are told from others, out of fold
"""

from unified_customer.recommendations.lookalikes.fitted import FittedLookAlike
from unified_customer.recommendations.lookalikes.judging import Told
from unified_customer.recommendations.lookalikes.spec import LookAlike

__all__ = ["FittedLookAlike", "LookAlike", "Told"]
