"""Recommendations: what each customer is likely to want next, why, and whether it worked.

Interactions                what people did with items, as rows with weights
Popularity, BuyAgain        the rows that every other model has to beat
Neighbours, ALS, BPR, EASE, GraphFilter    from who did what alone
Hybrid                      a blend of them, with weights that windows of the past teach: the one to begin with
Recommender, Recommendations    what `fit` gives, and what it recommends

recommendations.evaluation  how good lists are, held against what customers did later
recommendations.exploring   learning over time: exploring policies, and what another policy would have been worth
"""

from unified_customer.recommendations.blending.hybrid import Hybrid
from unified_customer.recommendations.interactions import Interactions
from unified_customer.recommendations.models.collaborative import (
    ALS,
    BPR,
    EASE,
    BuyAgain,
    GraphFilter,
    Neighbours,
    Popularity,
)
from unified_customer.recommendations.serving.recommended import Recommendations
from unified_customer.recommendations.serving.recommender import Recommender

__all__ = [
    "ALS",
    "BPR",
    "EASE",
    "BuyAgain",
    "GraphFilter",
    "Hybrid",
    "Interactions",
    "Neighbours",
    "Popularity",
    "Recommendations",
    "Recommender",
]
