"""People who were erased are not let in again: rows that name them are left out and counted."""

from collections.abc import Mapping

import polars as pl

from unified_customer.core.kinds import RECORD
from unified_customer.hub.prepared import Prepared
from unified_customer.store import Keys, Reader


def suppress(reader: Reader, prepared: Prepared) -> tuple[Mapping[str, pl.DataFrame], int]:
    """Return the tables without the rows of people who were erased, and how many rows of the target that leaves out.

    A record is out if it was erased itself, or if it carries an identifier that was erased.
    """
    if not reader.count("tombstones"):
        return prepared.tables, 0
    records = _erased_records(reader, prepared)
    subjects = records.select(subject_kind=pl.lit(RECORD), subject_key="record_id")
    kept = {
        name: frame.join(records, on="record_id", how="anti", maintain_order="left")
        if "record_id" in frame.columns
        else frame
        for name, frame in prepared.tables.items()
    }
    if "consents" in kept:
        graves = reader.read("tombstones", columns=["kind", "value_key"])
        gone = pl.concat([subjects, graves.select(subject_kind="kind", subject_key="value_key")]).unique()
        kept["consents"] = kept["consents"].join(gone, on=["subject_kind", "subject_key"], how="anti")
    target = prepared.target
    return kept, prepared.tables[target].height - kept[target].height if target in kept else 0


def _erased_records(reader: Reader, prepared: Prepared) -> pl.DataFrame:
    """Return the records of a batch that were erased or carry an erased identifier: `record_id`."""
    named_in = [frame.select("record_id") for frame in prepared.tables.values() if "record_id" in frame.columns]
    own = pl.concat(named_in).drop_nulls().unique()
    pieces = [own.select(kind=pl.lit(RECORD), value_key="record_id", record_id="record_id")]
    if "identifiers" in prepared.tables:
        pieces.append(prepared.tables["identifiers"].select("kind", "value_key", "record_id"))
    named = pl.concat(pieces)
    keys = Keys(named.select("kind", "value_key").unique(), ("kind", "value_key"))
    graves = reader.read("tombstones", columns=["kind", "value_key"], keys=keys)
    return named.join(graves, on=["kind", "value_key"], how="semi").select("record_id").unique()
