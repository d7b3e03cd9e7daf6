"""Histories: who did what with which item, as arrays, in an order that does not depend on names."""

from unified_customer.recommendations.histories.gathering import gathered, placed
from unified_customer.recommendations.histories.histories import (
    AGE,
    DECAYED,
    SPAN,
    TIMES,
    WEIGHT,
    Floats32,
    Histories,
    Places,
)
from unified_customer.recommendations.histories.names import Names

__all__ = [
    "AGE",
    "DECAYED",
    "SPAN",
    "TIMES",
    "WEIGHT",
    "Floats32",
    "Histories",
    "Names",
    "Places",
    "gathered",
    "placed",
]
