"""Segments by recency, frequency and monetary value (RFM)."""

from unified_customer.segmentation.rfm.cuts import Cuts, Thresholds
from unified_customer.segmentation.rfm.fitted import FittedRFM
from unified_customer.segmentation.rfm.rules import SegmentRule, SegmentRules
from unified_customer.segmentation.rfm.spec import RFM

__all__ = ["RFM", "Cuts", "FittedRFM", "SegmentRule", "SegmentRules", "Thresholds"]
