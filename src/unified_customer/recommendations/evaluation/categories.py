"""Of which categories items are."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from unified_customer.recommendations.evaluation.places import Floats, Ints, ids, placed, ratio, summed, totals
from unified_customer.recommendations.evaluation.rows import finite


@dataclass(frozen=True, eq=False)
class Features:
    """Values of categories for items, by item.

    Attributes:
        starts: Where the rows of each item begin, and where the last ones end.
        category: Places of categories.
        value: One for each row.
    """

    starts: Ints
    category: Ints
    value: Floats

    def of(self, items: Ints) -> tuple[Ints, Ints, Floats]:
        """Return one row for each category of each of these items: which one it is, the category, the value."""
        known = np.where(items < len(self.starts) - 1, items, 0)
        lengths = np.where(items < len(self.starts) - 1, self.starts[known + 1] - self.starts[known], 0)
        row = np.repeat(np.arange(len(items)), lengths)
        within = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        at = self.starts[known][row] + within
        return row, self.category[at], self.value[at]


@dataclass(frozen=True, eq=False)
class Categories:
    """Of which categories items are.

    Attributes:
        shares: How far an item is of a category, 1 over all of its categories.
        names: How many categories there are.
    """

    shares: Features
    names: int

    @cached_property
    def unit(self) -> Features:
        """The same as vectors of length 1."""
        starts = self.shares.starts
        item = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        size = np.sqrt(np.bincount(item, weights=self.shares.value**2, minlength=len(starts) - 1))
        return Features(starts, self.shares.category, self.shares.value / size[item])


def categorised(rows: pl.DataFrame, items: pl.Series) -> Categories:
    """Return the categories of items.

    Args:
        rows: `item_id`, `category`, and `weight` where an item is more of one than of another; rows of an item add up,
            and what weighs nothing says nothing.
        items: Ids of all items, in order.

    Raises:
        SchemaError: A weight is no finite number.
    """
    names = ids(rows["category"]) if rows.height else pl.Series([""])
    keys = placed(rows["item_id"], items) * len(names) + placed(rows["category"], names)
    weights = np.ones(rows.height)
    if "weight" in rows.columns:
        weights = finite(rows["weight"].fill_null(1), "weight", name="categories").to_numpy()
    pairs, sums = summed(keys[weights > 0], weights[weights > 0])
    own = pairs // len(names)
    starts = np.searchsorted(own, np.arange(len(items) + 1))
    return Categories(Features(starts, pairs % len(names), ratio(sums, totals(own, sums, len(items))[own])), len(names))
