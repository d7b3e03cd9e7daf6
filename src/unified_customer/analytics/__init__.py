"""Numbers about customers: today how often they buy; cohorts, KPIs and value come to live here."""

from unified_customer.analytics.purchases import MonthlyPurchases, MonthlyPurchasesFitted

__all__ = ["MonthlyPurchases", "MonthlyPurchasesFitted"]
