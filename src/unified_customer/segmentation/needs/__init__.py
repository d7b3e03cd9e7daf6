"""Segments by what people say of themselves, and a short question set that tells them."""

from unified_customer.segmentation.needs.classifier import SegmentClassifier
from unified_customer.segmentation.needs.fitted_tool import FittedTypingTool
from unified_customer.segmentation.needs.spec import FittedNeeds, Needs
from unified_customer.segmentation.needs.typing_tool import TypingTool

__all__ = ["FittedNeeds", "FittedTypingTool", "Needs", "SegmentClassifier", "TypingTool"]
