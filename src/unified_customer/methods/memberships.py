"""Memberships brought up to date: who stays in a segment, who leaves it, who enters it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.tables import MEMBERSHIPS

MEMBER: Final = ("segmentation", "segment", "customer_id")
"""What is in a segment, whenever."""
INSTANT: Final = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Advance:
    """What has to be written so that memberships say who is in which segment as of an instant.

    Attributes:
        upsert: Rows to add, or to write in the place of those with the same key.
        delete: Keys of rows to take out: they said of that same instant what is not said any more.
    """

    upsert: pl.DataFrame
    delete: pl.DataFrame


def advance(current: pl.DataFrame, assigned: pl.DataFrame, *, as_of: datetime) -> Advance:
    """Bring memberships up to date with an assignment: open rows of who is not in it are closed, others are opened.

    Who was in a segment just before `as_of` and still is keeps the instant of entering; the row takes over the
    probability and the fit of the assignment. Who is not assigned to a segment has left it, for whatever reason:
    another segment, none, or not seen any more. What an earlier run said of the same instant is replaced, so that
    running twice is running once.

    Args:
        current: Rows of `memberships` of the segmentations in question: all that are open, or were left at `as_of`
            or later.
        assigned: Rows of `memberships` that begin at `as_of`: all members of these segmentations, each once.
        as_of: The instant of the assignment.

    Returns:
        What to write.

    Raises:
        ConfigurationError: Something is known already of a later instant.

    Examples:
        >>> from datetime import UTC
        >>> def row(who, entered, left=None):
        ...     days = [None if day is None else datetime(2026, 1, day, tzinfo=UTC) for day in (entered, left)]
        ...     told = {"segmentation": "rfm", "segment": "Loyal", "customer_id": who}
        ...     return told | {"entered_at": days[0], "left_at": days[1]}
        >>> def rows(*told):
        ...     return MEMBERSHIPS.conform(
        ...         pl.DataFrame(told, schema_overrides={"left_at": INSTANT, "entered_at": INSTANT})
        ...     )
        >>> before, now = rows(row("a", 1), row("b", 1)), rows(row("b", 9), row("c", 9))
        >>> moved = advance(before, now, as_of=datetime(2026, 1, 9, tzinfo=UTC))
        >>> for who, entered, left in moved.upsert.select("customer_id", "entered_at", "left_at").rows():
        ...     print(who, entered.day, left and left.day)
        a 1 9
        b 1 None
        c 9 None
    """
    at = pl.lit(as_utc(as_of), dtype=INSTANT)
    known, now = MEMBERSHIPS.conform(current), MEMBERSHIPS.conform(assigned)
    _refuse_older(known, as_utc(as_of))
    before = known.filter(pl.col("entered_at") < at, pl.col("left_at").is_null() | (pl.col("left_at") == at))
    said = known.filter(pl.col("entered_at") == at)
    left = before.join(now, on=MEMBER, how="anti").with_columns(left_at=at)
    fresh = now.select(*MEMBER, "probability", "artifact_id")
    stayed = before.drop("probability", "artifact_id").join(fresh, on=MEMBER, how="inner")
    stayed = stayed.with_columns(left_at=pl.lit(None, dtype=INSTANT)).select(before.columns)
    entered = now.join(before, on=MEMBER, how="anti").with_columns(entered_at=at, left_at=pl.lit(None, dtype=INSTANT))
    written = pl.concat([left, stayed, entered]).sort(*MEMBER, "entered_at")
    return Advance(written, said.join(entered, on=MEMBER, how="anti").select(MEMBERSHIPS.key))


def _refuse_older(known: pl.DataFrame, as_of: datetime) -> None:
    told = known.select(pl.max_horizontal(pl.col("entered_at").max(), pl.col("left_at").max())).item()
    if told is None or told <= as_of:
        return
    names = ", ".join(map(repr, known["segmentation"].unique().sort()))
    raise ConfigurationError(
        f"The memberships of {names} are known as of {told.isoformat()}; they cannot be saved as of {as_of.isoformat()},"
        " which is before that. Fit as of a later instant."
    )
