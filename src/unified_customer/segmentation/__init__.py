"""Segments of customers.

RFM                        by recency, frequency and monetary value
Lifecycle                  stages of life: prospect, new, active, at risk, lapsed, lost, reactivated
overlay                    micro-segments: segmentations laid over each other
drift                      how the sizes of segments changed between two dates
profile_segments           what segments are like: a card each, and all cards as one handbook
transitions                who moved from which segment to which between two dates
"""

from unified_customer.segmentation.assignment import FittedSegments
from unified_customer.segmentation.behaviour import Breadth, PreferredChannel, UsageTrend
from unified_customer.segmentation.demographic import Demographic
from unified_customer.segmentation.lifecycle import ByDays, ByPAlive, ByRhythm, Lifecycle
from unified_customer.segmentation.micro import Drift, FittedMicroSegments, MicroSegments, drift, overlay
from unified_customer.segmentation.profiles import Persona, Profiles, SegmentProfiles, profile_segments
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
    "Persona",
    "PreferredChannel",
    "Profiles",
    "SegmentProfiles",
    "SegmentRule",
    "SegmentRules",
    "Thresholds",
    "Tier",
    "Transitions",
    "UsageTrend",
    "ValueTiers",
    "drift",
    "overlay",
    "profile_segments",
    "transitions",
]
