"""Small shops, what their customers did and were shown, and rules of requests: Hypothesis strategies.

Scores of one customer differ from each other, and stay different when they are boosted, so that lists do not depend on
the order in which items stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import polars as pl
from hypothesis import strategies as st

from unified_customer.recommendations.histories import AGE, DECAYED, SPAN, TIMES, WEIGHT, Floats32, Histories, Names
from unified_customer.recommendations.rules import (
    Again,
    Boost,
    Cap,
    Condition,
    Frequency,
    InStock,
    Prepared,
    Price,
    Rules,
    Shelf,
)

AS_OF: Final = datetime(2026, 6, 1, tzinfo=UTC)
CATEGORIES: Final = ("Drink > Tea", "Drink > Tea > Green", "Drink > Milk", "Food", None)
BRANDS: Final = ("own", "other", None)
SCHEMA: Final = {
    "item_id": pl.String(), "category": pl.String(), "brand": pl.String(), "price": pl.Float64(), "cost": pl.Float64(),
    "available": pl.Boolean(), "stock": pl.Float64(),
}  # fmt: skip


@dataclass(frozen=True)
class Shop:
    """A small shop.

    Attributes:
        items: What the catalogue tells of each item.
        scores: Of each customer and item.
        had: For each customer the items of the history, by their place, with the days since the last time.
        seen: Who was shown what, how many days ago.
        popularity: How many customers have each item.
    """

    items: tuple[dict[str, Any], ...]
    scores: tuple[tuple[float, ...], ...]
    had: tuple[dict[int, float], ...]
    seen: tuple[tuple[int, int, float], ...]
    popularity: tuple[int, ...]

    @property
    def names(self) -> Names:
        """The items."""
        return Names(pl.Series([item["item_id"] for item in self.items], dtype=pl.String))

    @property
    def matrix(self) -> Floats32:
        """The scores."""
        return np.array(self.scores, dtype=np.float32).reshape(len(self.had), len(self.items))

    @property
    def catalogue(self) -> pl.DataFrame:
        """The catalogue."""
        return pl.DataFrame(list(self.items), schema=SCHEMA)

    @property
    def histories(self) -> Histories:
        """What customers did."""
        pairs = [(place, age) for had in self.had for place, age in sorted(had.items())]
        places = np.array([place for place, _ in pairs], np.int32)
        one, ages = np.ones(len(pairs), np.float32), np.array([age for _, age in pairs], np.float32)
        return Histories(
            customers=Names(pl.Series([f"c{row}" for row in range(len(self.had))], dtype=pl.String)),
            items=self.names,
            starts=np.cumsum([0, *(len(had) for had in self.had)]),
            places=places,
            layers={WEIGHT: one, TIMES: one, DECAYED: one, AGE: ages, SPAN: 0 * one},
            origin=np.full(len(self.had), -1),
        )

    @property
    def exposures(self) -> pl.DataFrame:
        """What customers were shown."""
        rows = [
            (f"c{row}", self.items[place]["item_id"], AS_OF - timedelta(days=days)) for row, place, days in self.seen
        ]
        schema = {"customer_id": pl.String(), "item_id": pl.String(), "exposed_at": pl.Datetime("us", "UTC")}
        return pl.DataFrame(rows, schema=schema, orient="row")

    @property
    def shelf(self) -> Shelf:
        """What rules are made ready from."""
        return Shelf(self.names, self.catalogue, self.popularity)

    def ready(self, rules: Rules) -> Prepared:
        """Return rules made ready for it."""
        return self.shelf.prepare(rules, exposures=self.exposures, as_of=AS_OF)

    def lists(self, rules: Rules, n: int) -> list[list[str]]:
        """Return the items of each list by these rules."""
        picked = self.ready(rules).pick(self.matrix, self.histories, n)
        return [[self.items[place]["item_id"] for place in row if place >= 0] for row in picked.places]

    def permuted(self, order: Sequence[int]) -> "Shop":
        """Return the same shop with its items in another order."""
        to = {old: new for new, old in enumerate(order)}
        return replace(
            self,
            items=tuple(self.items[old] for old in order),
            scores=tuple(tuple(row[old] for old in order) for row in self.scores),
            had=tuple({to[place]: age for place, age in had.items()} for had in self.had),
            seen=tuple((row, to[place], days) for row, place, days in self.seen),
            popularity=tuple(self.popularity[old] for old in order),
        )


@st.composite
def shops(draw: st.DrawFn, *, min_items: int = 1, max_items: int = 14) -> Shop:
    """Shops of few items and few customers."""
    size, rows = draw(st.integers(min_items, max_items)), draw(st.integers(1, 3))
    places = st.integers(0, size - 1)
    days = st.sampled_from((0.0, 1.0, 5.0, 20.0))
    low = draw(st.sampled_from((1, 1, -7)))
    numbers = st.permutations(range(low, low + size)).map(tuple)
    return Shop(
        tuple(draw(_items(f"i{place}")) for place in range(size)),
        tuple(draw(numbers) for _ in range(rows)),
        tuple(draw(st.dictionaries(places, days, max_size=3)) for _ in range(rows)),
        tuple(draw(st.lists(st.tuples(st.integers(0, rows - 1), places, st.sampled_from((1.0, 6.0))), max_size=8))),
        tuple(draw(st.lists(st.integers(0, 9), min_size=size, max_size=size))),
    )


def _items(item_id: str) -> st.SearchStrategy[dict[str, Any]]:
    told = {
        "item_id": st.just(item_id),
        "category": st.sampled_from(CATEGORIES),
        "brand": st.sampled_from(BRANDS),
        "price": st.sampled_from((2.0, 5.0, 10.0, None)),
        "cost": st.sampled_from((1.0, 4.0, None)),
        "available": st.sampled_from((True, True, False, None)),
        "stock": st.sampled_from((0.0, 1.0, 9.0, None)),
    }
    return st.fixed_dictionaries(told)


IDS: Final = st.lists(st.integers(0, 14).map(lambda place: f"i{place}"), max_size=8)
CONDITIONS: Final = st.sampled_from(
    (
        Condition("category", "within", "Drink"),
        Condition("category", "within", "Drink > Tea", unknown=True),
        Condition("brand", "is", "own"),
        Condition("brand", "not in", ("other",), unknown=True),
        Condition("brand", "in", ("other", "own")),
        Condition("price", "at least", 5),
        Condition("price", "at most", 5, unknown=True),
        Condition("stock", "between", (1, 8)),
        Condition("cost"),
        Condition("available", "is", True),
    )
)
PRICES: Final = st.sampled_from((Price(low=5), Price(high=5, unknown=True), Price(low=3, high=9)))
CAPS: Final = st.builds(
    Cap, st.sampled_from(("category", "brand", "price")), st.integers(1, 2), level=st.sampled_from((None, 1, 2))
)
BOOSTS: Final = st.builds(
    Boost, conditions=st.lists(CONDITIONS, min_size=1, max_size=2).map(tuple), factor=st.sampled_from((0.71, 1.37))
)
FREQUENCIES: Final = st.builds(
    Frequency, at_most=st.integers(1, 3), days=st.sampled_from((3.0, 7.0)), of=st.sampled_from(("item", "any"))
)
WEIGHTS: Final = st.sampled_from((0.2, 0.5))
PINS: Final = st.dictionaries(st.integers(0, 14).map(lambda place: f"i{place}"), st.integers(1, 6), max_size=3).filter(
    lambda pins: len(set(pins.values())) == len(pins)
)


def several(of: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Return one or two of something."""
    return st.lists(of, min_size=1, max_size=2).map(tuple)


HARD: Final[dict[str, st.SearchStrategy[Any]]] = {
    "allow": IDS,
    "deny": IDS,
    "conditions": several(CONDITIONS),
    "in_stock": st.builds(InStock, at_least=st.sampled_from((1, 2)), unknown=st.booleans()),
    "price": PRICES,
    "owned": st.sampled_from(("exclude", "include", Again(after_days=5), Again(after_days=6))),
    "frequency": several(FREQUENCIES),
}
ON_LISTS: Final[dict[str, st.SearchStrategy[Any]]] = {"caps": several(CAPS), "candidates": st.integers(1, 9)}
SOFT: Final[dict[str, st.SearchStrategy[Any]]] = {
    "boosts": several(BOOSTS),
    "novelty": WEIGHTS,
    "margin": WEIGHTS,
    "margin_unknown": st.sampled_from(("median", "none")),
    "diversity": WEIGHTS | st.just(1.0),
    "alike_by": st.sampled_from((("category",), ("brand", "category"))),
}
FIXED: Final[dict[str, st.SearchStrategy[Any]]] = {"pins": PINS}


@st.composite
def rules(
    draw: st.DrawFn, *parts: dict[str, st.SearchStrategy[Any]], always: Sequence[str] = (), most: int = 5
) -> Rules:
    """Rules of a few kinds.

    Args:
        draw: Draws.
        parts: The kinds; without any named, all.
        always: What is always said.
        most: So many kinds besides.
    """
    of = {name: told for part in parts or (HARD, ON_LISTS, SOFT, FIXED) for name, told in part.items()}
    chosen = draw(st.sets(st.sampled_from(sorted(of)), max_size=most))
    return Rules(**{name: draw(of[name]) for name in sorted(chosen | set(always))})
