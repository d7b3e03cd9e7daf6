"""Strategies for what recommenders learn from."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import polars as pl
from hypothesis import strategies as st

from unified_customer.recommendations import ALS, BPR, EASE, BuyAgain, GraphFilter, Hybrid, Neighbours, Popularity
from unified_customer.recommendations.baskets import NextBasket
from unified_customer.recommendations.content import Content, WithContent
from unified_customer.recommendations.models.spec import RecommenderSpec

NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
CUSTOMERS: Final = ("ann", "bob", "cid", "dan", "eve", "fay")
ITEMS: Final = ("cup", "jam", "oil", "pot", "tea", "tin", "urn")
SHOP: Final = pl.DataFrame(
    [
        ("cup", "tea cup", "Kitchen > Cups", 4.0),
        ("jam", "plum jam", "Food", 3.0),
        ("oil", "olive oil", "Food", 9.0),
        ("pot", "tea pot", "Kitchen > Pots", 20.0),
        ("tea", "green tea", "Food > Tea", None),
        ("urn", "tea urn", "Kitchen > Pots", 90.0),
        ("new", "black tea", "Food > Tea", 5.0),
    ],
    schema=["item_id", "name", "category", "price"],
    orient="row",
)
"""A catalogue: nothing is told of one of `ITEMS`, and of one thing that nobody has touched."""
SCHEMA: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "item_id": pl.String(),
        "occurred_at": pl.Datetime("us", "UTC"),
        "weight": pl.Float64(),
    }
)


def interactions(*, least: int = 1, returns: bool = True) -> st.SearchStrategy[pl.DataFrame]:
    """Return frames of interactions before `NOON`, at least one of which is wanted.

    Args:
        least: The least number of rows.
        returns: Whether some weigh less than 0.
    """
    weights = (1.0, 1.0, 0.5, 2.0, -1.5) if returns else (1.0, 1.0, 0.5, 2.0)
    row = st.tuples(
        st.sampled_from(CUSTOMERS),
        st.sampled_from(ITEMS),
        st.integers(1, 90).map(lambda days: NOON - timedelta(days=days)),
        st.sampled_from(weights),
    )
    rows = st.lists(row, min_size=least, max_size=30).filter(_any_wanted)
    return rows.map(lambda told: pl.DataFrame(told, schema=SCHEMA, orient="row"))


def planted(
    *, seed: int, groups: int = 3, customers: int = 60, items: int = 45, each: int = 8, loyal: float = 0.9
) -> pl.DataFrame:
    """Return interactions of groups of customers who want things of their group, and now and then of another.

    Args:
        seed: Of all that is drawn.
        groups: How many groups there are.
        customers: How many customers, named `c...`; whose number leaves the same rest are in one group.
        items: How many items, named `i...`, likewise.
        each: How many interactions a customer has.
        loyal: The chance that one is with an item of the group.
    """
    chance = np.random.default_rng(seed)
    people = np.repeat(np.arange(customers), each)
    own = people % groups + groups * chance.integers(0, items // groups, len(people))
    any_item = chance.integers(0, items, len(people))
    chosen = np.where(chance.random(len(people)) < loyal, own, any_item)
    names = {"customer_id": [f"c{number}" for number in people], "item_id": [f"i{number}" for number in chosen]}
    return pl.DataFrame(names).with_columns(occurred_at=pl.lit(NOON - timedelta(days=1)), weight=1.0).cast(SCHEMA)


def _any_wanted(rows: list[Any]) -> bool:
    totals: dict[tuple[str, str], float] = {}
    for customer, item, _, weight in rows:
        totals[customer, item] = totals.get((customer, item), 0.0) + weight
    return max(totals.values(), default=0) > 0


def models(*, repeats: bool | None = None) -> st.SearchStrategy[RecommenderSpec]:
    """Return small specs of every kind.

    Args:
        repeats: Whether repeats may be recommended; None: either.
    """
    return st.booleans().flatmap(lambda drawn: st.sampled_from(small_models(drawn if repeats is None else repeats)))


def small_models(repeats: bool) -> list[RecommenderSpec]:  # noqa: FBT001 (it is what the list is of)
    """Return a small spec of every kind."""
    simple: list[RecommenderSpec] = [
        Popularity(repeats=repeats),
        BuyAgain(repeats=repeats),
        Neighbours(repeats=repeats),
        Neighbours(repeats=repeats, counts="decayed", customer=0, scored=0.5, size=3),
        EASE(repeats=repeats, regularization=2.0),
        GraphFilter(repeats=repeats, directions=2),
        ALS(repeats=repeats, factors=3, iterations=4, threads=1),
    ]
    parts = {type(each).__name__: each for each in simple}
    return [
        *simple,
        Hybrid(repeats=repeats, parts=parts, weights=dict.fromkeys(parts, 1.0)),
        BPR(repeats=repeats, factors=3, iterations=4, ridge=1.0),
    ]


def all_models(repeats: bool) -> list[RecommenderSpec]:  # noqa: FBT001 (it is what the list is of)
    """Return small specs of every kind, those too that read a catalogue such as `SHOP` or hold baskets."""
    content = Content(repeats=repeats, counts="weight")
    along = Content(repeats=repeats, directions=3, weights={"price": 0.0, "words": 2.0})
    factors = ALS(repeats=repeats, factors=3, iterations=4, threads=1)
    parts = {"content": content, "factors": factors, "baskets": NextBasket(repeats=repeats, neighbours=3)}
    more: list[RecommenderSpec] = [
        content,
        along,
        NextBasket(repeats=repeats, neighbours=3),
        WithContent(repeats=repeats, model=factors, folds=2),
        WithContent(repeats=repeats, model=Neighbours(repeats=repeats), content=along, directions=3, folds=2),
        Hybrid(repeats=repeats, parts=parts, weights={"baskets": 2.0, "content": 1.0, "factors": 0.3}),
    ]
    return [*small_models(repeats), *more]
