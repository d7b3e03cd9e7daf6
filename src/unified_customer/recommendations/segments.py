"""Who is in which segment at an instant."""

from datetime import datetime
from typing import Final

import narwhals as nw
import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.engines.portable import Native, collected, has, opened

MEMBERSHIPS: Final = "memberships"


def segments_at(memberships: Native, *, segmentation: str | None, as_of: datetime) -> pl.DataFrame:
    """Return `customer_id` and `segment` of who is in one at an instant.

    Args:
        memberships: `customer_id`, `segment`, and if they are there `segmentation`, `entered_at` and `left_at`, on any engine.
        segmentation: Which one is meant; None: the only one.
        as_of: The instant.

    Raises:
        SchemaError: A column is missing.
        ConfigurationError: There are several segmentations and none is named, or none of that name.
    """
    rows = opened(memberships, columns=["customer_id", "segment"], name=MEMBERSHIPS)
    if has(rows, "entered_at"):
        rows = rows.filter(nw.col("entered_at") <= nw.lit(as_of))
    if has(rows, "left_at"):
        rows = rows.filter(nw.col("left_at").is_null() | (nw.col("left_at") > nw.lit(as_of)))
    told = _one(collected(rows), segmentation) if has(rows, "segmentation") else collected(rows)
    texts = told.select(pl.col("customer_id", "segment").cast(pl.String))
    return texts.drop_nulls().unique().sort("segment", "customer_id")


def _one(rows: pl.DataFrame, segmentation: str | None) -> pl.DataFrame:
    named = sorted(rows["segmentation"].drop_nulls().unique().to_list())
    if segmentation is None and len(named) > 1:
        raise ConfigurationError(f"There are several segmentations, and none is named: {', '.join(named)}.")
    if segmentation is not None and segmentation not in named:
        raise ConfigurationError(f"There is no segmentation {segmentation!r}; there are: {', '.join(named) or 'none'}.")
    return rows if segmentation is None else rows.filter(pl.col("segmentation") == segmentation)
