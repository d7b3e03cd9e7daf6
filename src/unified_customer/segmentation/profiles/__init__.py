"""Profiles of segments: what each is like, as a card that one can print, and all cards as one handbook."""

from unified_customer.segmentation.profiles.fitted import SegmentProfiles
from unified_customer.segmentation.profiles.personas import Persona
from unified_customer.segmentation.profiles.spec import Profiles, profile_segments

__all__ = ["Persona", "Profiles", "SegmentProfiles", "profile_segments"]
