"""Loading: batches of a source, made ready, written with their checkpoint in one transaction each."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import polars as pl

from unified_customer.connectors import Batch, BoundSource, Mapper, State, replay_batch
from unified_customer.core.clock import Clock
from unified_customer.core.keys import Keyring
from unified_customer.core.models import Actor
from unified_customer.core.spec import content_hash
from unified_customer.core.tables import CHECKPOINTS, QUARANTINE, TABLES
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.hub.prepared import Prepared
from unified_customer.hub.preparing import prepare_mapped, prepare_messages
from unified_customer.hub.report import LoadReport
from unified_customer.hub.suppression import suppress
from unified_customer.policy import Policy
from unified_customer.store import Store, Where, Writer

HELD: Final = "held"
REPLAYED: Final = "replayed"


class Loader:
    """Loads sources into a store."""

    def __init__(self, store: Store, *, policy: Policy, keyring: Keyring, clock: Clock) -> None:
        """Load into `store` what `policy` lets in."""
        self._store = store
        self._policy = policy
        self._keyring = keyring
        self._clock = clock

    def load(self, source: BoundSource, *, actor: Actor) -> LoadReport:
        """Load what `source` has that was not read before; see `CustomerHub.load`."""
        batches = self._batches(source)
        report = LoadReport(source.name, source.table)
        for batch, state in batches:
            report += self._write(source, self._prepare(source, batch), state)
        self._record(source, report, actor, action="load")
        return report

    def replay(self, source: BoundSource, *, actor: Actor) -> LoadReport:
        """Map the quarantined rows of `source` again; see `CustomerHub.replay_quarantine`."""
        where = [Where("source", "==", source.name), Where("target", "==", source.table), Where("status", "==", HELD)]
        held = self._store.read("quarantine", where=where, order_by=["seq"])
        report = LoadReport(source.name, source.table)
        if held.height:
            batch = replay_batch(held["payload"].to_list(), list(range(1, held.height + 1)))
            prepared = self._prepare(source, batch)
            report += self._write_replayed(source, prepared, held)
        self._record(source, report, actor, action="replay")
        return report

    def _batches(self, source: BoundSource) -> Iterator[tuple[Batch, State | None]]:
        """Yield each batch with the state that follows it, if any."""
        self._mapper = source.mapper() if source.shape == "flat" else None
        pending: Batch | None = None
        for item in source.read(self._checkpoint(source)):
            if isinstance(item, State):
                yield (pending or _nothing()), item
                pending = None
            else:
                if pending is not None:
                    yield pending, None
                pending = item
        if pending is not None:
            yield pending, None

    def _checkpoint(self, source: BoundSource) -> State | None:
        where = [Where("source", "==", source.name), Where("stream", "==", source.stream)]
        found = self._store.read("checkpoints", columns=["state"], where=where)
        return State.from_json(found["state"].item()) if found.height else None

    def _prepare(self, source: BoundSource, batch: Batch) -> Prepared:
        if source.shape != "flat":
            return prepare_messages(batch, source=source, keyring=self._keyring)
        mapper = self._mapper if isinstance(self._mapper, Mapper) else source.mapper()
        return prepare_mapped(mapper.apply(batch), source=source, keyring=self._keyring)

    def _write(self, source: BoundSource, prepared: Prepared, state: State | None) -> LoadReport:
        now = self._clock()
        with self._store.transaction(recorded_at=now) as writer:
            report = write_prepared(writer, source, prepared, at=now)
            if state is not None:
                writer.upsert("checkpoints", _checkpoint_row(source, state, at=now))
        return report

    def _write_replayed(self, source: BoundSource, prepared: Prepared, held: pl.DataFrame) -> LoadReport:
        now = self._clock()
        with self._store.transaction(recorded_at=now) as writer:
            report = write_prepared(writer, source, prepared, at=now)
            again = set(prepared.rejects["payload"])
            done = held.filter(~pl.col("payload").is_in(list(again))).select(list(QUARANTINE.columns))
            writer.upsert(
                "quarantine", done.with_columns(status=pl.lit(REPLAYED), payload=pl.lit(None, dtype=pl.String))
            )
        return report

    def _record(self, source: BoundSource, report: LoadReport, actor: Actor, *, action: str) -> None:
        now = self._clock()
        detail = {"source": source.name, "accepted": report.accepted, "duplicates": report.duplicates}
        detail |= {"quarantined": report.quarantined, "erased": report.erased, "left_out": dict(report.left_out)}
        with self._store.transaction(recorded_at=now) as writer:
            entry = Entry(action, table=source.table, rows=report.rows, detail=detail)
            write_entry(writer, actor, entry, at=now)


def write_prepared(writer: Writer, source: BoundSource, prepared: Prepared, *, at: datetime) -> LoadReport:
    """Write a prepared batch; rows of people who were erased are not let in again."""
    living, erased = suppress(writer, prepared)
    written = {name: _write_table(writer, name, frame) for name, frame in living.items() if frame.height}
    quarantine = quarantine_rows(prepared.rejects, source=source, at=at)
    writer.upsert("quarantine", quarantine)
    accepted = written.pop(prepared.target, 0)
    return LoadReport(
        source.name,
        source.table,
        rows=prepared.rows,
        accepted=accepted,
        duplicates=prepared.rows - accepted - prepared.rejects.height - erased,
        quarantined=prepared.rejects.height,
        erased=erased,
        skipped=prepared.skipped,
        reasons=_reasons(prepared.rejects),
        derived=written,
        left_out=prepared.left_out,
        unreadable=prepared.unreadable,
        warnings=prepared.notes,
    )


def _write_table(writer: Writer, name: str, frame: pl.DataFrame) -> int:
    counts = writer.append(name, frame) if TABLES[name].append_only else writer.upsert(name, frame)
    return counts.inserted + counts.updated


def quarantine_rows(rejects: pl.DataFrame, *, source: BoundSource, at: datetime) -> pl.DataFrame:
    """Return rejects as rows of `quarantine`; the same row of a source has the same id, whatever its reason."""
    ids = [
        content_hash(source.name, source.table, position, payload or "")
        for position, payload in rejects.select("position", "payload").iter_rows()
    ]
    rows = rejects.select("position", "reason", "payload").with_columns(
        quarantine_id=pl.Series(ids, dtype=pl.String),
        source=pl.lit(source.name),
        target=pl.lit(source.table),
        status=pl.lit(HELD),
        held_at=pl.lit(at).cast(QUARANTINE.columns["held_at"]),
    )
    return QUARANTINE.conform(rows.unique("quarantine_id", maintain_order=True))


def _reasons(rejects: pl.DataFrame) -> dict[str, int]:
    counted = rejects.group_by("reason").len().rows()
    return {str(reason): int(count) for reason, count in counted}


def _checkpoint_row(source: BoundSource, state: State, *, at: datetime) -> pl.DataFrame:
    row = {"source": source.name, "stream": source.stream, "state": state.to_json(), "updated_at": at}
    return pl.DataFrame([row], schema=CHECKPOINTS.columns)


def _nothing() -> Batch:
    return Batch.of(pl.DataFrame())
