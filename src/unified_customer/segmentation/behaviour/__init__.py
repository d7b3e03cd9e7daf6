"""Segments by what people do: usage trend, breadth, channel."""

from unified_customer.segmentation.behaviour.breadth import BREADTHS, Breadth
from unified_customer.segmentation.behaviour.channel import PreferredChannel
from unified_customer.segmentation.behaviour.usage_trend import TRENDS, UsageTrend

__all__ = ["BREADTHS", "TRENDS", "Breadth", "PreferredChannel", "UsageTrend"]
