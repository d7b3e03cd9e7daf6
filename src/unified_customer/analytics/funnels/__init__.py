"""Funnels: how many come from step to step."""

from unified_customer.analytics.funnels.fitted import FittedFunnel
from unified_customer.analytics.funnels.spec import Funnel, Step

__all__ = ["FittedFunnel", "Funnel", "Step"]
