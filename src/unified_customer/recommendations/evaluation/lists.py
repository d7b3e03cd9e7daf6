"""Lists of recommendations, checked, with ids as places."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Native
from unified_customer.recommendations.evaluation.ground import Ground
from unified_customer.recommendations.evaluation.places import Bools, Floats, Ints, distinct, ids, placed, ratio
from unified_customer.recommendations.evaluation.rows import finite, with_ids

_LISTS: Final = 1 << 17
"""So many lists are worked on at a time where that takes memory."""


@dataclass(frozen=True, eq=False)
class Lists:
    """What was recommended to customers who are judged, by customer and rank.

    Attributes:
        customers: How many customers are judged, with and without a list.
        customer: Places of customers.
        rank: From 1.
        item: Places of items; items that the ground does not know have places beyond its own.
        strangers: Customers with a list to whom nothing is relevant.
    """

    customers: int
    customer: Ints
    rank: Ints
    item: Ints
    strangers: int = 0

    def top(self, k: int) -> "Lists":
        """Return the lists down to a rank."""
        kept = self.rank <= k
        return Lists(self.customers, self.customer[kept], self.rank[kept], self.item[kept], self.strangers)

    def where(self, chosen: Bools) -> "Lists":
        """Return some of the rows, with the ranks that they had."""
        return Lists(self.customers, self.customer[chosen], self.rank[chosen], self.item[chosen], self.strangers)

    @cached_property
    def lengths(self) -> Ints:
        """How long the list of each customer is."""
        return np.bincount(self.customer, minlength=self.customers)

    def parts(self) -> "list[Lists]":
        """Return the lists, so many customers at a time that it takes little memory; places stay what they are."""
        edges = np.searchsorted(self.customer, np.arange(0, self.customers + _LISTS, _LISTS))
        return [
            Lists(self.customers, self.customer[start:end], self.rank[start:end], self.item[start:end])
            for start, end in pairwise(edges)
            if end > start
        ]

    def mean(self, values: Floats) -> Floats:
        """Return the mean over the list of each customer of a value of each row; not a number where there is none."""
        known = ~np.isnan(values)
        of = np.bincount(self.customer, weights=known, minlength=self.customers)
        total = np.bincount(self.customer, weights=np.where(known, values, 0.0), minlength=self.customers)
        return ratio(total, of)


def listed(frame: Native, ground: Ground, *, longest: int) -> Lists:
    """Return lists of recommendations for those who are judged.

    Args:
        frame: `customer_id`, `item_id`, `rank` (from 1), `score` (never rising), in any order.
        ground: What they are held against.
        longest: Ranks beyond it are left out.

    Raises:
        SchemaError: A column is missing or of another kind, an id or rank is null, an item stands twice in a list, ranks
            leave out a number, or scores rise.
    """
    rows = with_ids(frame, "customer_id", "item_id", more=("rank", "score"), name="recommendations")
    if not rows["rank"].dtype.is_integer():
        raise SchemaError(f"'rank' of 'recommendations' holds {rows['rank'].dtype}, not whole numbers.")
    coded = _coded(rows, ground).sort("customer", "rank")
    _check(coded)
    judged = coded.filter(pl.col("customer") < len(ground.customers), pl.col("rank") <= longest)
    strangers = coded.filter(pl.col("customer") >= len(ground.customers))["customer"].n_unique()
    customer, rank, item = (judged[name].to_numpy() for name in ("customer", "rank", "item"))
    return Lists(len(ground.customers), customer, rank, item, strangers)


def _coded(rows: pl.DataFrame, ground: Ground) -> pl.DataFrame:
    customer, item = (
        _with_others(rows[name], known)
        for name, known in (("customer_id", ground.customers), ("item_id", ground.items))
    )
    score = finite(rows["score"], "score", name="recommendations")
    return pl.DataFrame({"customer": customer, "item": item, "rank": rows["rank"], "score": score})


def _with_others(values: pl.Series, known: pl.Series) -> pl.Series:
    """Return places among known ids, and beyond them those of the others."""
    found = pl.Series(placed(values, known))
    missing = found < 0
    if missing.any():
        others = values.filter(missing)
        found = found.scatter(missing.arg_true(), placed(others, ids(others)) + len(known))
    return found


def _check(coded: pl.DataFrame) -> None:
    customer, rank, score = (coded[name].to_numpy() for name in ("customer", "rank", "score"))
    same = customer[1:] == customer[:-1]
    starts = np.flatnonzero(np.concatenate([[True], ~same])) if len(customer) else np.zeros(0, dtype=np.int64)
    lengths = np.diff(np.append(starts, len(customer)))
    wrong = rank != np.arange(1, len(rank) + 1) - np.repeat(starts, lengths)
    if wrong.any():
        lists = len(distinct(customer[wrong]))
        raise SchemaError(f"The ranks of {lists:,} lists of 'recommendations' are not 1, 2, 3 and so on, each once.")
    rises = same & (score[1:] > score[:-1])
    if rises.any():
        lists = len(distinct(customer[1:][rises]))
        raise SchemaError(f"The scores of {lists:,} lists of 'recommendations' rise from one rank to the next.")
    item = coded["item"].to_numpy()
    pairs = np.sort(customer * (item.max(initial=0) + 1) + item)
    twice = int((pairs[1:] == pairs[:-1]).sum())
    if twice:
        raise SchemaError(f"'recommendations' names {twice:,} items twice in the list of one customer.")
