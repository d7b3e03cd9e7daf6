"""Segments of customers.

RFM    by recency, frequency and monetary value
"""

from unified_customer.segmentation.rfm import RFM, FittedRFM, SegmentRule, SegmentRules, Thresholds

__all__ = ["RFM", "FittedRFM", "SegmentRule", "SegmentRules", "Thresholds"]
