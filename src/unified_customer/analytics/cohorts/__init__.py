"""Cohorts: customers by when they began, and what they did since."""

from unified_customer.analytics.cohorts.fitted import FittedCohorts
from unified_customer.analytics.cohorts.pictures import AVERAGE
from unified_customer.analytics.cohorts.spec import Cohorts

__all__ = ["AVERAGE", "Cohorts", "FittedCohorts"]
