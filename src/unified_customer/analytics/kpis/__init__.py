"""KPIs: what a business looks at every month, with formula, unit, interval and source of each."""

from unified_customer.analytics.kpis.fitted import FittedScorecard
from unified_customer.analytics.kpis.kpi import KPI, KPIS
from unified_customer.analytics.kpis.spec import Scorecard

__all__ = ["KPI", "KPIS", "FittedScorecard", "Scorecard"]
