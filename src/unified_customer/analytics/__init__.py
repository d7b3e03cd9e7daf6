"""Numbers about customers.

MonthlyPurchases    how often they buy
Cohorts             when they began, and what they did since
Funnel              how many come from step to step
Paths               which ways they take from event to event
CLV                 what they are worth
SubscriptionValue   what subscriptions are worth
Scorecard           KPIs by period, with intervals; KPIS is the catalogue
DataQuality         how good the data are: complete, valid, unique, fresh, consistent; Threshold, Expectation
"""

from unified_customer.analytics.cohorts import Cohorts, FittedCohorts
from unified_customer.analytics.funnels import FittedFunnel, Funnel, Step
from unified_customer.analytics.kpis import KPI, KPIS, FittedScorecard, Scorecard
from unified_customer.analytics.occurrences import Occurrence
from unified_customer.analytics.paths import FittedPaths, Paths
from unified_customer.analytics.purchases import MonthlyPurchases, MonthlyPurchasesFitted
from unified_customer.analytics.quality import DataQuality, FittedDataQuality, Threshold, quality_history
from unified_customer.analytics.value import CLV, SubscriptionValue
from unified_customer.core.expectation import Expectation

__all__ = [
    "CLV",
    "KPI",
    "KPIS",
    "Cohorts",
    "DataQuality",
    "Expectation",
    "FittedCohorts",
    "FittedDataQuality",
    "FittedFunnel",
    "FittedPaths",
    "FittedScorecard",
    "Funnel",
    "MonthlyPurchases",
    "MonthlyPurchasesFitted",
    "Occurrence",
    "Paths",
    "Scorecard",
    "Step",
    "SubscriptionValue",
    "Threshold",
    "quality_history",
]
