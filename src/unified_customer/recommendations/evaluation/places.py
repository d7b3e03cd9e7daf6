"""Ids as places in a list of ids, which is how arrays know them."""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]


def placed(values: pl.Series, known: pl.Series) -> Ints:
    """Return the place of each value among known ones, -1 where it is not there.

    Examples:
        >>> placed(pl.Series(["b", "x"]), pl.Series(["a", "b"])).tolist()
        [1, -1]
    """
    table = pl.DataFrame({"id": known}).with_row_index("place")
    found = pl.DataFrame({"id": values}).join(table, on="id", how="left", maintain_order="left")
    return found["place"].cast(pl.Int64).fill_null(-1).to_numpy()


def ids(*columns: pl.Series) -> pl.Series:
    """Return the distinct ids of columns, in order."""
    return pl.concat([column.unique() for column in columns]).unique().sort()


def spread(values: Floats, places: Ints, *, other: float) -> Floats:
    """Return the value at each place, and another one where there is no such place."""
    inside = (places >= 0) & (places < len(values))
    if not len(values):
        return np.full(len(places), other)
    return np.where(inside, values[np.where(inside, places, 0)], other)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Customers and items as places, each pair once.

    Attributes:
        customer: Places of customers, in order.
        item: Places of items.
        weight: What the rows of the pair weigh together, above 0.
        items: How many items there are places for.
    """

    customer: Ints
    item: Ints
    weight: Floats
    items: int

    @cached_property
    def _index(self) -> tuple[Ints, Ints]:
        """One number for each pair, in order, and which pair has it."""
        keys = self.customer * self.items + self.item
        if (keys[1:] > keys[:-1]).all():
            return keys, np.arange(len(keys))
        order = np.argsort(keys, kind="stable")
        return keys[order], order

    def by_weight(self) -> "Pairs":
        """Return the pairs by customer, the heaviest of each first, and then by item."""
        order = np.lexsort((self.item, -self.weight, self.customer))
        return Pairs(self.customer[order], self.item[order], self.weight[order], self.items)

    def where(self, chosen: Bools) -> "Pairs":
        """Return some of the pairs."""
        return Pairs(self.customer[chosen], self.item[chosen], self.weight[chosen], self.items)

    def found(self, customer: Ints, item: Ints) -> Ints:
        """Return where each pair is among these, -1 where it is not."""
        keys, order = self._index
        if not len(keys):
            return np.full(len(item), -1)
        wanted = customer * self.items + item
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        # Places of items that are not known here could make the key of another pair.
        inside = (item >= 0) & (item < self.items)
        return np.where((keys[at] == wanted) & inside, order[at], -1)


def paired(rows: pl.DataFrame, customers: pl.Series, items: pl.Series) -> Pairs:
    """Return the pairs of interactions whose weights add up to more than 0, by customer and item."""
    customer, item = placed(rows["customer_id"], customers), placed(rows["item_id"], items)
    keys, weights = customer * len(items) + item, rows["weight"].to_numpy()
    if not (weights == np.floor(weights)).all():
        # Added up in one order, so that the last digits do not depend on the order of rows.
        order = np.lexsort((weights, keys))
        keys, weights = keys[order], weights[order]
    pairs, sums = summed(keys, weights)
    pairs, sums = pairs[sums > 0], sums[sums > 0]
    return Pairs(pairs // len(items), pairs % len(items), sums, len(items))


def summed(keys: Ints, values: Floats) -> tuple[Ints, Floats]:
    """Return the distinct keys in order, and the sum of the values of each.

    Examples:
        >>> keys, sums = summed(np.array([7, 3, 7]), np.array([1.0, 2.0, 3.0]))
        >>> keys.tolist(), sums.tolist()
        ([3, 7], [2.0, 4.0])
    """
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    starts = np.concatenate([np.zeros(min(len(keys), 1), dtype=np.int64), starts])
    return ordered[starts], np.add.reduceat(values[order], starts) if len(keys) else np.zeros(0)


def distinct(ordered: Ints) -> Ints:
    """Return the distinct ones of numbers that are in order, which takes no sorting.

    Examples:
        >>> distinct(np.array([2, 2, 5])).tolist()
        [2, 5]
    """
    found: Ints = ordered[np.concatenate([np.ones(min(len(ordered), 1), dtype=bool), ordered[1:] != ordered[:-1]])]
    return found


def ratio(above: Floats | Ints, below: Floats | Ints) -> Floats:
    """Return quotients, not a number where nothing stands below.

    Examples:
        >>> ratio(np.array([1, 1]), np.array([2, 0])).tolist()
        [0.5, nan]
    """
    found: Floats = np.divide(above, below, out=np.full(len(above), np.nan), where=below != 0)
    return found


def totals(places: Ints, values: Floats, size: int) -> Floats:
    """Return the sum of the values at each of so many places.

    Examples:
        >>> totals(np.array([0, 2, 0]), np.array([1.0, 2.0, 3.0]), 3).tolist()
        [4.0, 0.0, 2.0]
    """
    return np.bincount(places, weights=values, minlength=size).astype(np.float64)
