"""Who is in which segment, from a frame or from what was remembered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import narwhals as nw

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Lazy, Native, before, collected, has, opened

MEMBERSHIPS: Final = "memberships"


def native_assignment(assignment: Any) -> Native:
    """Return the frame of an assignment: of a fitted segmentation its `table`, else the frame itself."""
    return getattr(assignment, "table", assignment)


def assigned(assignment: Any, *, name: str = "assignment") -> Lazy:
    """Return `customer_id` and `segment` of an assignment; rows without a customer or a segment are left out.

    Args:
        assignment: A frame of any engine, one row a customer, or a fitted segmentation.
        name: What it is called if a column is missing.

    Raises:
        SchemaError: A column is missing.
    """
    lazy = opened(native_assignment(assignment), columns=["customer_id", "segment"], name=name)
    known = lazy.filter(~nw.col("customer_id").is_null() & ~nw.col("segment").is_null())
    return known.select("customer_id", segment=nw.col("segment").cast(nw.String))


def remembered(memberships: Native, *, segmentation: str, as_of: datetime) -> Lazy:
    """Return `customer_id` and `segment` of who was in which segment just before an instant.

    The segment that was entered last counts; of several entered at once the first by name.

    Args:
        memberships: The table `memberships` on any engine.
        segmentation: The name of the set of segments.
        as_of: Only what was entered strictly before, and not left strictly before.

    Raises:
        SchemaError: A column is missing.
    """
    columns = ["segmentation", "segment", "customer_id", "entered_at"]
    lazy = opened(memberships, columns=columns, name=MEMBERSHIPS)
    own = before(lazy.filter(nw.col("segmentation") == segmentation), "entered_at", as_of=as_of, zone="UTC")
    if has(own, "left_at"):
        own = own.filter(nw.col("left_at").is_null() | (nw.col("left_at") >= nw.lit(as_utc(as_of))))
    last = own.with_columns(last=nw.col("entered_at").max().over("customer_id"))
    entered = last.filter(nw.col("entered_at") == nw.col("last"))
    return entered.group_by("customer_id").agg(segment=nw.col("segment").min())


def placed(tables: Mapping[str, Any], *, segmentation: str, as_of: datetime) -> Lazy:
    """Return `customer_id` and `segment` of the assignment of that name, or else from `memberships`.

    Raises:
        SchemaError: There is neither, or a column is missing.
    """
    return (
        assigned(tables[segmentation], name=segmentation)
        if segmentation in tables
        else remembered(native_placed(tables, segmentation), segmentation=segmentation, as_of=as_of)
    )


def native_placed(tables: Mapping[str, Any], segmentation: str) -> Native:
    """Return the frame that tells of a segmentation.

    Raises:
        SchemaError: There is none.
    """
    found = next((name for name in (segmentation, MEMBERSHIPS) if name in tables), None)
    if found is None:
        there = ", ".join(tables) or "none"
        raise SchemaError(f"Neither {segmentation!r} nor {MEMBERSHIPS!r} is among the tables; there are: {there}.")
    return native_assignment(tables[found])


def check_disjoint(lazy: Lazy, *, name: str) -> None:
    """Make sure that nobody is in two segments.

    Raises:
        SchemaError: Somebody is.
    """
    counted = lazy.group_by("customer_id").agg(rows=nw.len()).filter(nw.col("rows") > 1)
    doubled = collected(counted.select(doubled=nw.len()))["doubled"].sum()
    if doubled:
        message = f"{name!r} has {doubled} customers with several rows; an assignment has one row a customer."
        raise SchemaError(message)
