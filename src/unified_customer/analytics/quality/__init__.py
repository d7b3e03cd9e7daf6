"""Data quality: how complete, valid, unique, fresh, consistent and worn out the tables are."""

from unified_customer.analytics.quality.fitted import FittedDataQuality
from unified_customer.analytics.quality.history import quality_history
from unified_customer.analytics.quality.spec import DataQuality
from unified_customer.analytics.quality.thresholds import DEFAULTS, Dimension, Threshold

__all__ = ["DEFAULTS", "DataQuality", "Dimension", "FittedDataQuality", "Threshold", "quality_history"]
