"""Segments of a fit, written so that it stays known who was in which from when to when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Fitted
from unified_customer.core.tables import MEMBERSHIPS
from unified_customer.methods.memberships import advance
from unified_customer.store import Keys, Reader, Where, Writer


@dataclass(frozen=True)
class Assignment:
    """Who is in which segment as of an instant, by one fit.

    Attributes:
        rows: Rows of `memberships`.
        segmentations: The sets of segments of which these are all members.
        as_of: The instant.
        spec: What was fitted, as JSON.
    """

    rows: pl.DataFrame
    segmentations: Sequence[str]
    as_of: datetime
    spec: str


def assignment(fitted: Fitted, rows: pl.DataFrame, *, as_of: datetime, artifact_id: str) -> Assignment:
    """Return what a fit says of segments.

    It says everything of the segmentations that its rows name, and of those that it names as `segmentations`: so a
    segment that nobody is in any more is emptied.
    """
    told = MEMBERSHIPS.conform(rows.with_columns(artifact_id=pl.lit(artifact_id)))
    named = [*getattr(fitted, "segmentations", ()), *told["segmentation"].unique().sort()]
    return Assignment(told, tuple(dict.fromkeys(named)), as_of, fitted.spec.to_json())


def write_memberships(writer: Writer, said: Assignment) -> int:
    """Bring the table up to date with an assignment; return how many rows came, changed or went.

    Raises:
        ConfigurationError: The assignment is as of an instant before one that is known.
    """
    if not said.segmentations:
        return 0
    if not _as_of_one_instant(said):
        counts = writer.upsert(MEMBERSHIPS.name, said.rows)
        return counts.inserted + counts.updated
    current = _open_or_later(writer, said)
    _refuse_older(writer, said, current)
    moves = advance(current, said.rows, as_of=said.as_of)
    gone = writer.delete(MEMBERSHIPS.name, moves.delete) if moves.delete.height else 0
    counts = writer.upsert(MEMBERSHIPS.name, moves.upsert)
    return counts.inserted + counts.updated + gone


def _open_or_later(reader: Reader, said: Assignment) -> pl.DataFrame:
    """Return the memberships that an assignment can change, or contradict."""
    of = Where("segmentation", "in", list(said.segmentations))
    ends = (Where("left_at", "is_null"), Where("left_at", ">=", said.as_of))
    parts = [reader.read(MEMBERSHIPS.name, columns=list(MEMBERSHIPS.columns), where=[of, end]) for end in ends]
    return pl.concat(parts)


def _as_of_one_instant(said: Assignment) -> bool:
    """Return whether rows say who is in at the instant of the fit, and not who was in when."""
    now = pl.lit(said.as_of, dtype=pl.Datetime("us", "UTC"))
    return bool(said.rows.select((pl.col("entered_at") == now).all() & pl.col("left_at").is_null().all()).item())


def _refuse_older(reader: Reader, said: Assignment, known: pl.DataFrame) -> None:
    """Refuse what a later fit knows better, even if nobody moved since."""
    made = Keys(known.select("artifact_id").drop_nulls().unique(), ("artifact_id",))
    by_rows = reader.read("artifacts", columns=["as_of"], where=[Where("as_of", ">", said.as_of)], keys=made)
    same = [Where("spec", "==", said.spec), Where("as_of", ">", said.as_of), Where("kind", "==", "fit")]
    later = pl.concat([by_rows, reader.read("artifacts", columns=["as_of"], where=same)])["as_of"].max()
    if isinstance(later, datetime):
        names = ", ".join(map(repr, said.segmentations))
        raise ConfigurationError(
            f"The memberships of {names} are known as of {later.isoformat()}; they cannot be saved as of"
            f" {said.as_of.isoformat()}, which is before that. Fit as of a later instant."
        )
