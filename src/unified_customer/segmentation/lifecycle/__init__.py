"""Stages of the life of a customer."""

from unified_customer.segmentation.lifecycle.bounds import ByDays, ByPAlive, ByRhythm
from unified_customer.segmentation.lifecycle.spec import STATES, Lifecycle

__all__ = ["STATES", "ByDays", "ByPAlive", "ByRhythm", "Lifecycle"]
