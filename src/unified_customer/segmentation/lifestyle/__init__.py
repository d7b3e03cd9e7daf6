"""Segments by what people buy or view."""

from unified_customer.segmentation.lifestyle.fitted import FittedLifestyle, Tastes
from unified_customer.segmentation.lifestyle.spec import Lifestyle

__all__ = ["FittedLifestyle", "Lifestyle", "Tastes"]
