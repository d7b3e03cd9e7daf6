"""Buy-till-you-die models: how often customers buy, how much, and until when, where nobody says goodbye.

    purchase_histories        frequency, recency, age and spend of each customer, from orders on any engine
    fit_purchases             BG/NBD, MBG/NBD, Pareto/NBD: expected purchases and P(alive)
    fit_posterior             the same models with a posterior distribution, by pymc-marketing (extra `bayes`)
    fit_spending              Gamma-Gamma: expected spend of a purchase
    fit_retention             sBG: renewals of customers under contract
    SeasonalIndex             the season of the year, as a clock
    expected_by_day           what is expected of all customers, to track what they do
    draw_histories            invented customers, to see that a model is found again

Every fit returns a value and never raises for what the data are: what is wrong with it stands in its `diagnosis`.
"""

from unified_customer.methods.buy_till_die.findings import Finding, FindingKind
from unified_customer.methods.buy_till_die.histories import Histories
from unified_customer.methods.buy_till_die.models import (
    MODELS,
    TITLES,
    FittedPurchases,
    ModelName,
    PurchaseModel,
    draw_histories,
    fit_purchases,
)
from unified_customer.methods.buy_till_die.posterior import PosteriorPurchases, fit_posterior
from unified_customer.methods.buy_till_die.retention import FittedRetention, Tenures, fit_retention
from unified_customer.methods.buy_till_die.season import SeasonalIndex, SeasonBy, SeasonClock, estimated_season
from unified_customer.methods.buy_till_die.spending import FittedSpending, fit_spending
from unified_customer.methods.buy_till_die.summary import histories, last_seen, purchase_histories, repeat_purchases
from unified_customer.methods.buy_till_die.tracking import expected_by_day

__all__ = [
    "MODELS",
    "TITLES",
    "Finding",
    "FindingKind",
    "FittedPurchases",
    "FittedRetention",
    "FittedSpending",
    "Histories",
    "ModelName",
    "PosteriorPurchases",
    "PurchaseModel",
    "SeasonBy",
    "SeasonClock",
    "SeasonalIndex",
    "Tenures",
    "draw_histories",
    "estimated_season",
    "expected_by_day",
    "fit_posterior",
    "fit_purchases",
    "fit_retention",
    "fit_spending",
    "histories",
    "last_seen",
    "purchase_histories",
    "repeat_purchases",
]
