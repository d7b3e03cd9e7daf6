"""Cohorts so small that they could tell of one customer: joined with others, or not shown."""

from collections.abc import Iterable

import polars as pl

from unified_customer.analytics.cohorts.spec import Cohorts


def guarded(spec: Cohorts, cells: pl.DataFrame) -> pl.DataFrame:
    """Return cells of cohorts of which none that is shown has fewer customers than the spec wants.

    Args:
        spec: The spec.
        cells: As `grid` gives them.

    Returns:
        The same columns; where there are too few customers still, all counts are null.
    """
    joined = _joined(spec, cells) if spec.small == "merge" else cells
    enough = pl.col("customers") >= spec.min_customers
    return joined.with_columns(pl.when(enough).then(pl.col("customers", "active", "orders", "revenue")))


def _joined(spec: Cohorts, cells: pl.DataFrame) -> pl.DataFrame:
    by = [] if spec.by is None else [spec.by]
    sizes = cells.select(*by, "first", "customers").unique().sort(*by, "first")
    parts = sizes.partition_by(by, maintain_order=True) if by else [sizes]
    numbered = [part.with_columns(_group=_groups(part["customers"], spec.min_customers)) for part in parts]
    placed = cells.join(pl.concat(numbered), on=[*by, "first", "customers"], nulls_equal=True)
    # The last of the joined cohorts is the youngest: what has not begun for it has not begun for all.
    group = [*by, "_group"]
    begun = pl.col("period").filter(pl.col("first") == pl.col("first").max()).max().over(group)
    shared = placed.filter(pl.col("period") <= begun)
    totals = shared.group_by(*group, "period").agg(
        pl.col("complete").all(),
        pl.col("customers", "active", "orders").sum(),
        # A sum of nothing is 0, and money that is not told of is null.
        pl.when(pl.col("revenue").is_not_null().all()).then(pl.col("revenue").sum()),
        pl.col("first").min(),
        pl.col("last").max(),
    )
    return totals.sort(*group, "period").select(cells.columns)


def _groups(sizes: Iterable[int], least: int) -> pl.Series:
    """Number neighbours so that each number has enough customers; those left over join the last that has."""
    numbers, number, gathered = list[int](), 0, 0
    for size in sizes:
        if gathered >= least:
            number, gathered = number + 1, 0
        numbers.append(number)
        gathered += size
    if gathered < least and number:
        numbers = [min(each, number - 1) for each in numbers]
    return pl.Series(numbers, dtype=pl.Int64)
