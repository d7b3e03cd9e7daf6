"""Which models are worth trying, by what the data are like."""

from collections.abc import Mapping
from typing import Any

from unified_customer.recommendations.content import Content, WithContent
from unified_customer.recommendations.content.telling import describes
from unified_customer.recommendations.models.collaborative import (
    ALS,
    EASE,
    BuyAgain,
    GraphFilter,
    Neighbours,
    Popularity,
)
from unified_customer.recommendations.models.ease import LARGEST
from unified_customer.recommendations.models.spec import RecommenderSpec
from unified_customer.recommendations.models.training import Training


def portfolio(training: Training) -> Mapping[str, RecommenderSpec]:
    """Return models that differ in what they see, by name.

    Args:
        training: What there is to learn from.
    """
    size = min(len(training.histories), len(training.histories.items))
    shared: dict[str, Any] = {"repeats": training.repeats}
    directions, factors = max(4, min(512, size // 4)), max(4, min(256, size // 8))
    found: dict[str, RecommenderSpec] = {
        "popularity": Popularity(**shared),
        "neighbours": Neighbours(**shared),
        "neighbours_even": Neighbours(customer=0, item=0.5, scored=0.5, **shared),
        "neighbours_narrow": Neighbours(customer=1, item=0.5, scored=0.5, **shared),
        "graph": GraphFilter(directions=directions, **shared),
        "graph_coarse": GraphFilter(directions=directions // 4, **shared),
        "factors": ALS(factors=factors, **shared),
        "factors_few": ALS(factors=factors // 4, **shared),
    }
    if len(training.histories.items) <= LARGEST:
        found["ease"] = EASE(regularization=200, customer=0.25, **shared)
        found["ease_strong"] = EASE(regularization=1000, customer=0.25, **shared)
    if training.histories.timed:
        found["popularity_now"] = Popularity(half_life_days=7, **shared)
        found["neighbours_now"] = Neighbours(counts="decayed", **shared)
        found["factors_now"] = ALS(counts="decayed", factors=factors // 2, **shared)
        if len(training.histories.items) <= LARGEST:
            found["ease_now"] = EASE(counts="decayed", regularization=200, **shared)
    if describes(training.catalogue):
        found["content"] = Content(**shared)
        found["factors_told"] = WithContent(model=found["factors"], **shared)
    if training.repeats:
        found["again"] = BuyAgain(**shared)
    return found
