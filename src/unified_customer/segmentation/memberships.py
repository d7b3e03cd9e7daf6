"""Who is in which segment, from when to when."""

from datetime import datetime

import polars as pl

from unified_customer.core.tables import MEMBERSHIPS


def membership_rows(
    assigned: pl.DataFrame, *, segmentation: str, as_of: datetime, probability: str | None = None
) -> pl.DataFrame:
    """Return an assignment as rows of `memberships` that begin at `as_of`.

    Args:
        assigned: `customer_id` and `segment`; a null segment is none.
        segmentation: The name of the set of segments.
        as_of: When it was looked at.
        probability: The column that says how sure the assignment is, from 0 to 1.
    """
    told = assigned.drop_nulls("segment").select(
        pl.lit(segmentation).alias("segmentation"),
        pl.col("segment").cast(pl.String),
        pl.col("customer_id").cast(pl.String),
        entered_at=pl.lit(as_of).cast(MEMBERSHIPS.columns["entered_at"]),
        probability=pl.lit(None, dtype=pl.Float64) if probability is None else pl.col(probability),
    )
    return MEMBERSHIPS.conform(told)
