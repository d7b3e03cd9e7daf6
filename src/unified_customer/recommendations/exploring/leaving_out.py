"""Rows that are left out, each with the first reason that holds, and how many there are of each."""

from collections.abc import Mapping

import polars as pl

COUNTS = {"reason": pl.String, "rows": pl.Int64}


def parted(frame: pl.DataFrame, faults: Mapping[str, pl.Expr]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows without a fault, and how many were left out for which reason.

    Args:
        frame: The rows.
        faults: Reasons with what holds of the rows that have them. A row counts for the first that holds; null does not.

    Returns:
        The good rows, and `reason` and `rows` of the others, in the order of the faults.

    Examples:
        >>> rows = pl.DataFrame({"share": [0.5, None, 2.0]})
        >>> good, left = parted(rows, {"missing": pl.col("share").is_null(), "too_large": pl.col("share") > 1})
        >>> good.height, left.rows()
        (1, [('missing', 1), ('too_large', 1)])
    """
    reason = pl.coalesce(
        *(pl.when(fault).then(pl.lit(name)) for name, fault in faults.items()), pl.lit(None, dtype=pl.String)
    )
    told = frame.with_columns(reason.alias("reason"))
    good = told.filter(pl.col("reason").is_null()).drop("reason")
    counts = dict(told.drop_nulls("reason").group_by("reason").len().iter_rows())
    left = [(name, counts[name]) for name in faults if name in counts]
    return good, pl.DataFrame(left, schema=COUNTS, orient="row")
