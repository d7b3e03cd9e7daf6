"""Interactions: what people did with items, out of any table that tells of it."""

from unified_customer.recommendations.interactions.acts import WEIGHTS, Act
from unified_customer.recommendations.interactions.spec import Interactions

__all__ = ["WEIGHTS", "Act", "Interactions"]
