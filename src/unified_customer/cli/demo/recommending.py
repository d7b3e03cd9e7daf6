"""What is recommended to one customer of the demo, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.hub import CustomerHub
from unified_customer.recommendations import Content, GraphFilter, Hybrid, Neighbours, Popularity, Recommender

PURPOSE: Final = "personalize.content"
LATEST: Final = 6
_LEAST: Final = 3


@dataclass(frozen=True)
class Recommended:
    """What a customer did, and what comes of it.

    Attributes:
        customers: How many customers taught the model: who allows the purpose, and nobody else.
        trials: How well each model did on what customers did later: `model`, `weight`, `ndcg`, `recall`.
        history: The latest things the customer wanted: `item`, `times`, `days` ago.
        items: What is recommended: `rank`, `item`, `because` of which of the customer's own.
    """

    customers: int
    trials: list[dict[str, Any]]
    history: list[dict[str, Any]]
    items: list[dict[str, Any]]


def recommended(hub: CustomerHub, *, to: str | None, as_of: datetime) -> Recommended | None:
    """Return what is recommended to a customer, or where little is known of this one to the one of whom most is known.

    None: there is too little to learn from.
    """
    try:
        recommender = hub.fit(_spec(), purpose=PURPOSE, as_of=as_of)
    except ConfigurationError:
        return None
    chosen = _chosen(recommender, to)
    history = recommender.history(chosen).filter(pl.col("weight") > 0)
    names = _names(recommender)
    listed = recommender.recommend([chosen], n=5).table["item_id"].to_list()
    return Recommended(
        len(recommender.customers),
        recommender.trials.to_dicts(),
        [
            {"item": names[item], "times": int(times), "days": int(age)}
            for item, times, _, age in history.head(LATEST).iter_rows()
        ],
        [
            {"rank": rank, "item": names[item], "because": _because(recommender, chosen, item, names)}
            for rank, item in enumerate(listed, start=1)
        ],
    )


def _spec() -> Hybrid:
    """Return a blend of what needs no extra."""
    parts = {
        "popularity": Popularity(repeats=False),
        "neighbours": Neighbours(repeats=False),
        "graph": GraphFilter(repeats=False, directions=32),
        "content": Content(repeats=False),
    }
    return Hybrid(repeats=False, parts=parts, window_days=60)


def _chosen(recommender: Recommender, wished: str | None) -> str:
    sizes = pl.Series(recommender.histories.sizes)
    if wished is not None and wished in recommender.histories.customers and len(recommender.history(wished)) >= _LEAST:
        return wished
    return str(recommender.customers[int(sizes.arg_max() or 0)])


def _names(recommender: Recommender) -> dict[str, str]:
    told = recommender.catalogue
    named = (
        told.select("item_id", pl.coalesce("name", "item_id"))
        if "name" in told.columns
        else told.select("item_id", name="item_id")
    )
    return dict(named.iter_rows())


def _because(recommender: Recommender, customer: str, item: str, names: dict[str, str]) -> list[str]:
    return [names[each] for each in recommender.explain(customer, item, n=2)["item_id"]]
