"""What customers have, as sparse matrices of things that enough of them have."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from unified_customer.methods.learning import Floats, Ints, Sparse, sparse_of


@dataclass(frozen=True, eq=False)
class Baskets:
    """What customers have, one row a customer, one column a thing.

    Attributes:
        customers: `customer_id`, one row a customer.
        times: How often each thing.
        values: How much of each, by the measure.
    """

    customers: pl.DataFrame
    times: Sparse
    values: Sparse

    def of(self, rows: Ints) -> "Baskets":
        """Return those customers."""
        return Baskets(self.customers[rows], self.times[rows], self.values[rows])

    @property
    def having(self) -> Ints:
        """How many customers have each thing."""
        counted: Ints = np.bincount(self.times.indices, minlength=self.times.shape[1]).astype(np.int64)
        return counted


def without_levels(counts: pl.DataFrame, *, levels: int | None) -> pl.DataFrame:
    """Cut paths such as `garden > pots > clay` to their first levels, and add up what is the same then."""
    if levels is None:
        return counts
    short = pl.col("item").str.split(" > ").list.head(levels).list.join(" > ")
    cut = counts.with_columns(short)
    # The order of a sum of floats matters to its last digits.
    return (
        cut.sort("customer_id", "item", "value")
        .group_by("customer_id", "item")
        .agg(pl.col("times", "value").sum(), pl.col("name").max())
    )


def vocabulary(counts: pl.DataFrame, *, at_most: int, least_customers: int) -> pl.DataFrame:
    """Return the things that most customers have, `item` and `name` (the commonest), by `item`.

    Args:
        counts: `customer_id`, `item`, `times`, `name`.
        at_most: So many things; of those that equally many have, the first by name.
        least_customers: So many customers must have a thing, so that none tells who somebody is.
    """
    had = counts.filter(pl.col("item").is_not_null() & (pl.col("times") > 0) & (pl.col("value") > 0))
    widely = had.group_by("item").agg(customers=pl.len()).filter(pl.col("customers") >= least_customers)
    chosen = widely.sort("customers", "item", descending=[True, False]).head(at_most)
    named = had.group_by("item", "name").agg(n=pl.len()).filter(pl.col("name").is_not_null())
    commonest = named.sort("n", "name", descending=[True, False]).group_by("item", maintain_order=True).first()
    told = chosen.join(commonest.select("item", "name"), on="item", how="left")
    return told.select("item", name=pl.col("name").fill_null(pl.col("item"))).sort("item")


def baskets(counts: pl.DataFrame, items: Sequence[str]) -> Baskets:
    """Return what customers have of some things; a value that is not above zero is none."""
    customers = counts.select("customer_id").unique().sort("customer_id").with_row_index("row")
    known = pl.DataFrame({"item": list(items)}, schema={"item": pl.String}).with_row_index("column")
    had = (
        counts.filter((pl.col("times") > 0) & (pl.col("value") > 0))
        .join(known, on="item")
        .join(customers, on="customer_id")
    )
    placed = had.select("row", "column", "times", "value").sort("row", "column")
    rows, columns = placed["row"].to_numpy(), placed["column"].to_numpy()
    times, values = (
        sparse_of(
            placed[name].cast(pl.Float64).to_numpy(),
            rows=rows,
            columns=columns,
            shape=(customers.height, known.height),
        )
        for name in ("times", "value")
    )
    return Baskets(customers.select("customer_id"), times, values)


def row_sums(matrix: Sparse) -> Floats:
    """Return the sum of each row."""
    sums: Floats = np.asarray(matrix.sum(axis=1), dtype=np.float64).ravel()
    return sums
