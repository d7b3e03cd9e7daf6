"""Micro-segments: segmentations laid over each other, and how their sizes change."""

from unified_customer.segmentation.micro.drift import Drift, drift
from unified_customer.segmentation.micro.fitted import FittedMicroSegments
from unified_customer.segmentation.micro.spec import MicroSegments, overlay

__all__ = ["Drift", "FittedMicroSegments", "MicroSegments", "drift", "overlay"]
