"""Segments of customers.

RFM                        by recency, frequency and monetary value
Lifecycle                  stages of life: prospect, new, active, at risk, lapsed, lost, reactivated
transitions                who moved from which segment to which between two dates
"""

from unified_customer.segmentation.assignment import FittedSegments
from unified_customer.segmentation.lifecycle import ByDays, ByPAlive, ByRhythm, Lifecycle
from unified_customer.segmentation.rfm import RFM, FittedRFM, SegmentRule, SegmentRules, Thresholds
from unified_customer.segmentation.transitions import Transitions, transitions

__all__ = [
    "RFM",
    "ByDays",
    "ByPAlive",
    "ByRhythm",
    "FittedRFM",
    "FittedSegments",
    "Lifecycle",
    "SegmentRule",
    "SegmentRules",
    "Thresholds",
    "Transitions",
    "transitions",
]
