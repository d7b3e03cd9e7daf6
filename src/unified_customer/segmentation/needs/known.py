"""The people of whom research knows the segment."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import narwhals as nw
import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Native, before, collected, has, opened
from unified_customer.segmentation.grouped import TOO_LITTLE
from unified_customer.segmentation.needs.answers import native_table

MEMBERSHIPS: Final = "memberships"
RESEARCH: Final = "research"


def known_segments(tables: Mapping[str, Native], *, segmentation: str, as_of: datetime) -> pl.DataFrame:
    """Return `customer_id` and `segment` of those of whom it is known, without those of whom there is too little to say.

    Args:
        tables: `research` (`customer_id`, `segment`), or else `memberships`, of which those of `segmentation` that had
            begun and had not ended count; of several it is the latest, and of equally late ones the last by name.
        segmentation: The name of the set of segments.
        as_of: Only what began strictly before.

    Raises:
        SchemaError: There is neither table, a column is missing, or `research` has two segments for one customer.
    """
    known = _of_research(tables) if RESEARCH in tables else _of_memberships(tables, segmentation, as_utc(as_of))
    return known.drop_nulls().filter(pl.col("segment") != TOO_LITTLE).sort("customer_id")


def _of_research(tables: Mapping[str, Native]) -> pl.DataFrame:
    lazy = opened(tables[RESEARCH], columns=["customer_id", "segment"], name=RESEARCH)
    told = collected(lazy.select("customer_id", "segment")).unique().drop_nulls()
    doubled = int(told["customer_id"].is_duplicated().sum())
    if doubled:
        raise SchemaError(
            f"{RESEARCH!r} has {doubled} rows of customers with several segments. Give each customer one."
        )
    return told.with_columns(pl.col("segment").cast(pl.String))


def _of_memberships(tables: Mapping[str, Native], segmentation: str, as_of: datetime) -> pl.DataFrame:
    columns = ["customer_id", "segmentation", "segment", "entered_at"]
    lazy = opened(native_table(tables, MEMBERSHIPS), columns=columns, name=MEMBERSHIPS)
    begun = before(lazy, "entered_at", as_of=as_of, zone="UTC").filter(nw.col("segmentation") == segmentation)
    if has(begun, "left_at"):
        begun = begun.filter(nw.col("left_at").is_null() | (nw.col("left_at") >= nw.lit(as_of)))
    told = collected(begun.select("customer_id", "segment", "entered_at")).sort("entered_at", "segment")
    return told.group_by("customer_id", maintain_order=True).last().select("customer_id", "segment")
