"""Segments of customers.

RFM                        by recency, frequency and monetary value
Lifecycle                  stages of life: prospect, new, active, at risk, lapsed, lost, reactivated
ValueTiers                 who brings most, by what was paid or by what is expected
Demographic                age, gender, place, language
UsageTrend, Breadth, PreferredChannel    what people do: more or less than before, how many things, by which channel
Engagement                 how people take part: in e-mail, on the site, in the app, and in all of it
Audience                   who fulfils a rule, with dated memberships; the rules are in `segmentation.audiences`
Lifestyle                  by what people buy or view
Clusters                   by any numbers of each customer
Needs                      by what people say of themselves
TypingTool                 a short question set that tells research segments
GroupSearch                how segments are found, and what it takes to believe in them
overlay                    micro-segments: segmentations laid over each other
drift                      how the sizes of segments changed between two dates
profile_segments           what segments are like: a card each, and all cards as one handbook
transitions                who moved from which segment to which between two dates
"""

from unified_customer.methods.learning import GroupSearch
from unified_customer.segmentation.assignment import FittedSegments
from unified_customer.segmentation.audiences import Audience, FittedAudience
from unified_customer.segmentation.behaviour import Breadth, PreferredChannel, UsageTrend
from unified_customer.segmentation.clusters import Clusters, FittedClusters
from unified_customer.segmentation.demographic import Demographic
from unified_customer.segmentation.engagement import Engagement, FittedEngagement, Mail, Visits
from unified_customer.segmentation.lifecycle import ByDays, ByPAlive, ByRhythm, Lifecycle
from unified_customer.segmentation.lifestyle import FittedLifestyle, Lifestyle
from unified_customer.segmentation.micro import Drift, FittedMicroSegments, MicroSegments, drift, overlay
from unified_customer.segmentation.needs import FittedNeeds, FittedTypingTool, Needs, SegmentClassifier, TypingTool
from unified_customer.segmentation.profiles import Persona, Profiles, SegmentProfiles, profile_segments
from unified_customer.segmentation.rfm import RFM, FittedRFM, SegmentRule, SegmentRules, Thresholds
from unified_customer.segmentation.transitions import Transitions, transitions
from unified_customer.segmentation.value_tiers import Tier, ValueTiers

__all__ = [
    "RFM",
    "Audience",
    "Breadth",
    "ByDays",
    "ByPAlive",
    "ByRhythm",
    "Clusters",
    "Demographic",
    "Drift",
    "Engagement",
    "FittedAudience",
    "FittedClusters",
    "FittedEngagement",
    "FittedLifestyle",
    "FittedMicroSegments",
    "FittedNeeds",
    "FittedRFM",
    "FittedSegments",
    "FittedTypingTool",
    "GroupSearch",
    "Lifecycle",
    "Lifestyle",
    "Mail",
    "MicroSegments",
    "Needs",
    "Persona",
    "PreferredChannel",
    "Profiles",
    "SegmentClassifier",
    "SegmentProfiles",
    "SegmentRule",
    "SegmentRules",
    "Thresholds",
    "Tier",
    "Transitions",
    "TypingTool",
    "UsageTrend",
    "ValueTiers",
    "Visits",
    "drift",
    "overlay",
    "profile_segments",
    "transitions",
]
