"""Writing a prepared batch: what is new goes in, what contradicts the store goes to quarantine."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import polars as pl

from unified_customer.connectors import BoundSource
from unified_customer.core.keys import Keyring
from unified_customer.core.spec import content_hash
from unified_customer.core.tables import QUARANTINE, TABLES, Table
from unified_customer.hub.prepared import Prepared
from unified_customer.hub.rejected import about, without_erased
from unified_customer.hub.report import LoadReport
from unified_customer.hub.suppression import suppress
from unified_customer.methods.validity import Checked, checked
from unified_customer.store import Keys, Reader, Writer

HELD: Final = "held"
CONTRADICTS: Final = "row: contradicts_stored"

ARRIVAL: Final = ("received_at", "held_at")
"""Columns in which two deliveries of one thing may differ."""


SPLIT_OFF: Final = ("honorific", "middle_name")
"""Columns of `records` that are read from the whole name where there is one."""

EARLIEST: Final = pl.datetime(1, 1, 1, time_unit="us", time_zone="UTC")


def write_prepared(
    writer: Writer, source: BoundSource, prepared: Prepared, *, keyring: Keyring, at: datetime
) -> LoadReport:
    """Write a prepared batch; rows of people who were erased are not let in again, not into quarantine either."""
    living, erased = suppress(writer, prepared)
    accepted = _write_table(writer, prepared.target, living[prepared.target])
    sound = prepared
    if accepted < living[prepared.target].height:
        sound = without_contradictions(writer, prepared)
        living, _ = suppress(writer, sound)
    written = {name: _write_table(writer, name, frame) for name, frame in living.items() if name != prepared.target}
    rejects = without_erased(writer, sound.rejects, about(sound.rejects, source, keyring))
    _write_quarantine(writer, quarantine_rows(rejects, source=source, at=at))
    return LoadReport(
        source.name,
        source.table,
        rows=prepared.rows,
        accepted=accepted,
        duplicates=prepared.rows - accepted - sound.rejects.height - erased,
        quarantined=rejects.height,
        erased=erased + sound.rejects.height - rejects.height,
        skipped=prepared.skipped,
        reasons=reasons_of(rejects),
        derived={name: count for name, count in written.items() if count},
        left_out=prepared.left_out,
        unreadable=sound.unreadable,
        quality=judged(living, at=at),
        warnings=sound.notes,
    )


def judged(tables: Mapping[str, pl.DataFrame], *, at: datetime) -> dict[str, Checked]:
    """Judge the values of rows by what the field dictionary expects; the fields are named with their tables."""
    return {
        f"{name}.{field}": found
        for name, frame in tables.items()
        for field, found in checked(frame, TABLES[name], as_of=at).items()
    }


def without_contradictions(reader: Reader, prepared: Prepared) -> Prepared:
    """Return the batch without rows of its target that contradict the row stored under their key."""
    target = TABLES[prepared.target]
    if not target.append_only:
        return prepared
    frame = suppress(reader, prepared)[0][target.name]
    keys = _keys_of(target, frame)
    stored = reader.read(target.name, columns=list(target.columns), keys=keys)
    bad = contradicting(frame, stored, target)
    return prepared if bad.is_empty() else prepared.refuse(bad, CONTRADICTS)


def contradicting(frame: pl.DataFrame, stored: pl.DataFrame, target: Table) -> pl.DataFrame:
    """Return the rows of `frame` whose key is stored with another content.

    Where the value as the source wrote it is kept, that is compared: the same text, normalised better than it was when
    it was stored, contradicts nothing.
    """
    told = [name for name in target.columns if name not in target.key and name not in ARRIVAL]
    read = {name for name in told if f"{name}_raw" in target.columns}
    pairs = frame.join(stored, on=list(target.key), suffix="_stored", maintain_order="left")
    differs = pl.any_horizontal(_differs(name, target) for name in told if name not in read)
    return pairs.filter(differs).select(frame.columns)


def _differs(name: str, target: Table) -> pl.Expr:
    differs = pl.col(name).ne_missing(pl.col(f"{name}_stored"))
    if target.name == "records" and name in SPLIT_OFF:
        return differs & pl.col("full_name_raw").is_null()
    return differs


def _write_table(writer: Writer, name: str, frame: pl.DataFrame) -> int:
    target = TABLES[name]
    if frame.is_empty():
        return 0
    if target.append_only:
        return writer.append(name, frame).inserted
    counts = writer.upsert(name, _newer(writer, target, frame))
    return counts.inserted + counts.updated


def _newer(reader: Reader, target: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that do not lie before what is stored under their key: late arrivals change nothing."""
    if "observed_at" not in target.columns:
        return frame
    stored = reader.read(target.name, columns=[*target.key, "observed_at"], keys=_keys_of(target, frame))
    known = frame.join(stored, on=list(target.key), how="left", suffix="_stored", maintain_order="left")
    late = pl.col("observed_at").fill_null(EARLIEST) < pl.col("observed_at_stored").fill_null(EARLIEST)
    return known.filter(~late).select(frame.columns)


def _keys_of(target: Table, frame: pl.DataFrame) -> Keys:
    return Keys(frame.select(target.key).unique(), target.key)


def quarantine_rows(rejects: pl.DataFrame, *, source: BoundSource, at: datetime) -> pl.DataFrame:
    """Return rejects as rows of `quarantine`; the same row of a source has the same id, whatever its reason."""
    ids = [
        content_hash(source.name, source.table, position, payload or "")
        for position, payload in rejects.select("position", "payload").iter_rows()
    ]
    rows = rejects.select("position", "reason", "payload", "record_id").with_columns(
        quarantine_id=pl.Series(ids, dtype=pl.String),
        source=pl.lit(source.name),
        target=pl.lit(source.table),
        status=pl.lit(HELD),
        held_at=pl.lit(at).cast(QUARANTINE.columns["held_at"]),
    )
    return QUARANTINE.conform(rows.unique("quarantine_id", maintain_order=True))


def _write_quarantine(writer: Writer, rows: pl.DataFrame) -> None:
    """Write what is not held yet: a row that comes again stays as it was when it came first."""
    if rows.is_empty():
        return
    held = writer.read(
        "quarantine", columns=["quarantine_id"], keys=Keys(rows.select("quarantine_id"), ("quarantine_id",))
    )
    writer.upsert("quarantine", rows.join(held, on="quarantine_id", how="anti", maintain_order="left"))


def reasons_of(rejects: pl.DataFrame) -> dict[str, int]:
    """Return the number of rejects by reason."""
    counted = rejects.group_by("reason").len().rows()
    return {str(reason): int(count) for reason, count in counted}
