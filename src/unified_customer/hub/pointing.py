"""Who rows of behaviour are about: the record that a source names, or the tuple of identifiers that a row carries."""

from dataclasses import dataclass

import polars as pl

from unified_customer.core.keys import Keyring
from unified_customer.core.tables import IDENTIFIERS, IDENTITIES
from unified_customer.hub.people import IDENTIFIER_NORMALISERS, ROW
from unified_customer.methods.events import pointers

PERSON = "source_id"


@dataclass(frozen=True)
class Pointed:
    """Rows that point at identities.

    Attributes:
        record_ids: Whose each row is; null where it carries no identifier.
        identities: Rows of `identities`.
        identifiers: Rows of `identifiers`.
    """

    record_ids: pl.Series
    identities: pl.DataFrame
    identifiers: pl.DataFrame


def point_rows(frame: pl.DataFrame, identifiers: pl.DataFrame, *, time: str, source: str, keyring: Keyring) -> Pointed:
    """Say whose each row is.

    A row whose source names the person (`source_id`) is that record's; any other is named by the identifiers that it
    carries, and a row without any is about nobody known.

    Args:
        frame: Rows with `row`, the column `time`, and maybe `source_id`.
        identifiers: `row`, `kind`, raw `value`.
        time: The column with the time of the row.
        source: Name of the source.
        keyring: Names records and identifiers.
    """
    wide, slots = widened(frame.select(ROW), identifiers)
    person = (
        frame[PERSON] if PERSON in frame.columns else pl.Series([None], dtype=pl.String).new_from_index(0, len(frame))
    )
    columns = wide.drop(ROW).with_columns(person.alias(PERSON), frame[time].alias("occurred_at"))
    named = columns.with_columns(pl.coalesce(PERSON, pointers.identity_name(slots)).alias(pointers.NAME))
    record_ids, seen = pointers.point(named, source=source, keyring=keyring)
    carriers = _carriers(columns.with_columns(record_ids), seen)
    found = pointers.identifiers(carriers, slots, source=source, keyring=keyring, normalise=IDENTIFIER_NORMALISERS)
    identities = pointers.identities(seen, source=source)
    return Pointed(record_ids, IDENTITIES.conform(identities), IDENTIFIERS.conform(found))


def _carriers(rows: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """Return what identities carry: a tuple is its identity's only one, a named person may come with several."""
    if rows[PERSON].null_count() == rows.height:
        return seen
    named = (
        rows.filter(pl.col(PERSON).is_not_null())
        .sort("occurred_at")
        .unique(pl.exclude("occurred_at"), keep="first", maintain_order=True)
    )
    return pl.concat([seen.filter(pl.col(PERSON).is_null()), named.select(seen.columns)])


def widened(rows: pl.DataFrame, identifiers: pl.DataFrame) -> tuple[pl.DataFrame, list[tuple[str, str]]]:
    """Return `rows` with a column for each identifier that a row can have, and the kind of each of these columns."""
    numbered = identifiers.with_columns(place=pl.int_range(pl.len()).over(ROW, "kind"))
    slots: list[tuple[str, str]] = []
    wide = rows
    for (kind, place), part in sorted(
        numbered.partition_by("kind", "place", as_dict=True).items(), key=lambda each: each[0]
    ):
        column = f"{kind}#{place}"
        slots.append((str(kind), column))
        values = part.select(ROW, pl.col("value").alias(column))
        wide = wide.join(values, on=ROW, how="left", maintain_order="left")
    return wide, slots
