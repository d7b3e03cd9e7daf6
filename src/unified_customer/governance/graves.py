"""Tombstones: keyed hashes of what was erased, and who has come back since."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl

from unified_customer.core.kinds import RECORD
from unified_customer.store import Keys, Reader, Where

NAMED: Final = ("kind", "value_key")
GRAVE: Final = [*NAMED, "erased_at", "erasure_id"]
STATED_IN: Final = ("records", "identifiers", "events", "order_lines", "answers")
"""Tables in which a record that was erased has rows again once it was let in anew."""

ERASED: Final = "erased"
"""Kind of the subject of a statement that is kept as a proof; no identifier is of this kind."""


def buried(reader: Reader, kind: str, keys: Sequence[str] | pl.Series) -> pl.Series:
    """Return those of `keys` that have a tombstone of `kind`; records that have come back are not among them."""
    found = buried_ever(reader, kind, keys)
    return without_returned(reader, found) if kind == RECORD else found


def buried_ever(reader: Reader, kind: str, keys: Sequence[str] | pl.Series) -> pl.Series:
    """Return those of `keys` that have a tombstone of `kind`, be they back or not."""
    asked = pl.DataFrame({"value_key": pl.Series(keys, dtype=pl.String).unique()})
    return reader.read(
        "tombstones", columns=["value_key"], where=[Where("kind", "==", kind)], keys=Keys(asked, ("value_key",))
    )["value_key"]


def gone_records(reader: Reader) -> pl.Series:
    """Return the records that were erased and have not come back."""
    found = reader.read("tombstones", columns=["value_key"], where=[Where("kind", "==", RECORD)])["value_key"]
    return without_returned(reader, found)


def without_returned(reader: Reader, records: pl.Series) -> pl.Series:
    """Return those of some erased records that have no row."""
    left = records.alias("record_id").to_frame()
    for name in STATED_IN:
        if left.is_empty():
            break
        there = reader.read(name, columns=["record_id"], keys=Keys(left, ("record_id",))).unique()
        left = left.join(there, on="record_id", how="anti", maintain_order="left")
    return left["record_id"].alias("value_key")


def erased_since(reader: Reader, records: pl.Series, since: datetime) -> pl.DataFrame:
    """Return which of some records were erased at an instant or later: `record_id`, `erasure_id`."""
    asked = pl.DataFrame({"value_key": records.unique()})
    where = [Where("kind", "==", RECORD), Where("erased_at", ">=", since)]
    found = reader.read(
        "tombstones", columns=["value_key", "erasure_id"], where=where, keys=Keys(asked, ("value_key",))
    )
    return found.rename({"value_key": "record_id"})


def met_graves(reader: Reader, named: pl.DataFrame) -> pl.DataFrame:
    """Return the tombstones that some subjects meet, each with a `person`: those of one erasure are of one.

    Args:
        reader: One state of the store.
        named: `kind`, `value_key`, and columns that are kept.
    """
    keys = Keys(named.select(NAMED).unique(), NAMED)
    graves = reader.read("tombstones", columns=GRAVE, keys=keys)
    # A release that did not number erasures gave all tombstones of one the same instant.
    person = pl.coalesce("erasure_id", pl.col("erased_at").dt.to_string("iso:strict"))
    return named.join(graves.with_columns(person=person), on=NAMED)
