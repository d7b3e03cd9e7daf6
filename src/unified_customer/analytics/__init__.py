"""Numbers about customers: how often they buy, and what they are worth; cohorts and KPIs come to live here."""

from unified_customer.analytics.purchases import MonthlyPurchases, MonthlyPurchasesFitted
from unified_customer.analytics.value import CLV, SubscriptionValue

__all__ = ["CLV", "MonthlyPurchases", "MonthlyPurchasesFitted", "SubscriptionValue"]
