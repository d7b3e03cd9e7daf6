"""Who rows of behaviour are about: the record that a source names, or the tuple of identifiers that a row carries."""

from dataclasses import dataclass

import polars as pl

from unified_customer.core.keys import Keyring
from unified_customer.core.tables import IDENTIFIERS, IDENTITIES
from unified_customer.hub.people import IDENTIFIER_NORMALISERS, ROW
from unified_customer.methods.events import pointers


@dataclass(frozen=True)
class Naming:
    """How rows get their names.

    Attributes:
        keyring: Names records and identifiers.
        known: Tells which identities are stored already.
    """

    keyring: Keyring
    known: pointers.Known | None = None


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


def point_rows(frame: pl.DataFrame, identifiers: pl.DataFrame, *, time: str, source: str, naming: Naming) -> Pointed:
    """Say whose each row is.

    A row whose source names the person (`source_id`) is that record's; any other is named by the identifiers that it
    carries, and a row without any is about nobody known.

    Args:
        frame: Rows with `row`, the column `time`, and maybe `source_id`.
        identifiers: `row`, `kind`, raw `value`.
        time: The column with the time of the row.
        source: Name of the source.
        naming: Names records and identifiers.
    """
    person = [pointers.PERSON] if pointers.PERSON in frame.columns else []
    wide, slots = widened(frame.select(ROW, *person, occurred_at=time), identifiers)
    named = wide.drop(ROW).with_columns(pointers.identity_name(slots))
    record_ids, seen = pointers.point(named, source=source, keyring=naming.keyring)
    if not person:
        seen = pointers.unknown(seen, naming.known)
    found = pointers.identifiers(seen, slots, source=source, keyring=naming.keyring, normalise=IDENTIFIER_NORMALISERS)
    return Pointed(record_ids, IDENTITIES.conform(pointers.identities(seen, source=source)), IDENTIFIERS.conform(found))


def widened(rows: pl.DataFrame, identifiers: pl.DataFrame) -> tuple[pl.DataFrame, list[tuple[str, str]]]:
    """Return `rows` with a column for each identifier that a row can have, and the kind of each of these columns."""
    slots: list[tuple[str, str]] = []
    wide = rows
    for kind, place, part in _places(identifiers):
        column = f"{kind}#{place}"
        slots.append((kind, column))
        wide = wide.join(part.select(ROW, pl.col("value").alias(column)), on=ROW, how="left", maintain_order="left")
    return wide, slots


def _places(identifiers: pl.DataFrame) -> list[tuple[str, int, pl.DataFrame]]:
    """Return the first identifier of each kind of each row, then the second ones, and so on."""
    found = []
    for (kind,), part in sorted(identifiers.partition_by("kind", as_dict=True).items()):
        place = 0
        rest = part
        while rest.height:
            if rest[ROW].n_unique() == rest.height:
                found.append((str(kind), place, rest))
                break
            first = rest.unique(ROW, keep="first", maintain_order=True)
            found.append((str(kind), place, first))
            rest = rest.join(first, on=[ROW, "value"], how="anti", maintain_order="left")
            place += 1
    return found
