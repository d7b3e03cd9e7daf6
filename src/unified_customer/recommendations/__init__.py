"""Recommendations: what each customer is likely to want next, why, and whether it worked.

Interactions                what people did with items, as rows with weights
Popularity, BuyAgain        the rows that every other model has to beat
Neighbours, ALS, EASE, GraphFilter    from who did what alone
Hybrid                      a blend of them, with weights that windows of the past teach: the one to begin with
Recommender, Recommendations    what `fit` gives, and what it recommends

save_recommender, load_recommender    a folder of arrays and JSON, and back; `load_manifest` and `load_customers` say what is in it
erase_saved                 takes customers out of such a folder at once

recommendations.evaluation  how good lists are, held against what customers did later
recommendations.exploring   learning over time: exploring policies, and what another policy would have been worth
"""

from unified_customer.recommendations.blending.hybrid import Hybrid
from unified_customer.recommendations.interactions import Interactions
from unified_customer.recommendations.keeping import (
    erase_saved,
    load_customers,
    load_manifest,
    load_recommender,
    save_recommender,
)
from unified_customer.recommendations.models.collaborative import (
    ALS,
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
    "EASE",
    "BuyAgain",
    "GraphFilter",
    "Hybrid",
    "Interactions",
    "Neighbours",
    "Popularity",
    "Recommendations",
    "Recommender",
    "erase_saved",
    "load_customers",
    "load_manifest",
    "load_recommender",
    "save_recommender",
]
