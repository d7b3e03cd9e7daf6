"""Paths: which ways customers take from event to event."""

from unified_customer.analytics.paths.fitted import FittedPaths
from unified_customer.analytics.paths.spec import Paths

__all__ = ["FittedPaths", "Paths"]
