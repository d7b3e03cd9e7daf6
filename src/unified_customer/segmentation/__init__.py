"""Segments of customers.

RFM                        by recency, frequency and monetary value
Lifecycle                  stages of life: prospect, new, active, at risk, lapsed, lost, reactivated
overlay                    micro-segments: segmentations laid over each other
drift                      how the sizes of segments changed between two dates
transitions                who moved from which segment to which between two dates
"""

from unified_customer.segmentation.assignment import FittedSegments
from unified_customer.segmentation.behaviour import Breadth, PreferredChannel, UsageTrend
from unified_customer.segmentation.demographic import Demographic
from unified_customer.segmentation.lifecycle import ByDays, ByPAlive, ByRhythm, Lifecycle
from unified_customer.segmentation.micro import Drift, FittedMicroSegments, MicroSegments, drift, overlay
from unified_customer.segmentation.rfm import RFM, FittedRFM, SegmentRule, SegmentRules, Thresholds
from unified_customer.segmentation.transitions import Transitions, transitions
from unified_customer.segmentation.value_tiers import Tier, ValueTiers

__all__ = [
    "RFM",
    "Breadth",
    "ByDays",
    "ByPAlive",
    "ByRhythm",
    "Demographic",
    "Drift",
    "FittedMicroSegments",
    "FittedRFM",
    "FittedSegments",
    "Lifecycle",
    "MicroSegments",
    "PreferredChannel",
    "SegmentRule",
    "SegmentRules",
    "Thresholds",
    "Tier",
    "Transitions",
    "UsageTrend",
    "ValueTiers",
    "drift",
    "overlay",
    "transitions",
]
