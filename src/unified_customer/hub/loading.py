"""Loading: batches of a source, made ready, written with their checkpoint in one transaction each."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import Final

import polars as pl

from unified_customer.connectors import Batch, BoundSource, Mapped, Mapper, State, collect, replay_batch
from unified_customer.connectors.message_collection import collect_messages
from unified_customer.connectors.messages import MESSAGE
from unified_customer.core.clock import Clock
from unified_customer.core.keys import Keyring
from unified_customer.core.kinds import RECORD
from unified_customer.core.models import Actor
from unified_customer.core.tables import CHECKPOINTS, CONSENTS, QUARANTINE
from unified_customer.core.tables.people import KEY_PATTERN
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.governance.graves import buried_ever
from unified_customer.hub.ahead import one_ahead
from unified_customer.hub.pointing import Naming
from unified_customer.hub.prepared import Prepared
from unified_customer.hub.preparing import prepare_mapped, prepare_messages
from unified_customer.hub.report import LoadReport, sums
from unified_customer.hub.restating import check_source_name
from unified_customer.hub.stated_purposes import check_stated_purposes, unknown_purposes
from unified_customer.hub.writing import HELD, reasons_of, without_contradictions, write_prepared
from unified_customer.policy import Policy
from unified_customer.store import Keys, Store, Where

REPLAYED: Final = "replayed"
HASHED: Final = "collected"
VALUE_KEY: Final = re.compile(KEY_PATTERN)


class Loader:
    """Loads sources into a store."""

    def __init__(self, store: Store, *, policy: Policy, keyring: Keyring, clock: Clock) -> None:
        """Load into `store` what `policy` lets in."""
        self._store = store
        self._policy = policy
        self._keyring = keyring
        self._naming = Naming(keyring, self._known)
        self._clock = clock

    def load(self, source: BoundSource, *, actor: Actor) -> LoadReport:
        """Load what `source` has that was not read before; see `CustomerHub.load`."""
        check_source_name(source.name)
        check_stated_purposes(source, self._policy)
        report = LoadReport(source.name, source.table)
        for prepared, state in self._prepared(source):
            report += self._write(source, prepared, state, actor)
        if report == LoadReport(source.name, source.table):
            self._record_nothing(report, actor, action="load")
        return report

    def replay(self, source: BoundSource, *, actor: Actor) -> LoadReport:
        """Map the quarantined rows of `source` again; see `CustomerHub.replay_quarantine`."""
        check_stated_purposes(source, self._policy)
        where = [Where("source", "==", source.name), Where("target", "==", source.table), Where("status", "==", HELD)]
        held = self._store.read("quarantine", where=where, order_by=["seq"])
        report = LoadReport(source.name, source.table)
        if held.height:
            batch = _held_batch(source, held)
            prepared = self._prepare(source, batch, self._mapper(source), hash_value=self._hash_once)
            return self._write_replayed(source, prepared, held, actor)
        self._record_nothing(report, actor, action="replay")
        return report

    def _prepared(self, source: BoundSource) -> Iterator[tuple[Prepared, State | None]]:
        """Yield each batch made ready, with its state; the next one is made ready while this one is written."""
        mapper = self._mapper(source)
        return one_ahead(self._batches(source), lambda read: (self._prepare(source, read[0], mapper), read[1]))

    def _batches(self, source: BoundSource) -> Iterator[tuple[Batch, State | None]]:
        """Yield each batch with the state that follows it, if any."""
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

    def _prepare(
        self,
        source: BoundSource,
        batch: Batch,
        mapper: Mapper | None,
        *,
        hash_value: Callable[[str], str] | None = None,
    ) -> Prepared:
        actions, hashed = self._policy.collection, hash_value or self._hash_value
        if mapper is None:
            kept, decided = collect_messages(batch, actions=actions, hash_value=hashed)
            prepared = prepare_messages(kept, source=source, naming=self._naming)
        else:
            kept, decided = collect(batch, mapping=source.mapping, actions=actions, hash_value=hashed)
            prepared = self._prepare_mapped(source, mapper.apply(kept))
        left_out = ({each.column: each.values} for each in decided)
        return replace(prepared, left_out=reduce(sums, left_out, prepared.left_out))

    def _prepare_mapped(self, source: BoundSource, mapped: Mapped) -> Prepared:
        if source.table == CONSENTS.name:
            mapped = mapped.reject(unknown_purposes(mapped, self._policy))
        return prepare_mapped(mapped, source=source, naming=self._naming)

    def _known(self, record_ids: pl.Series) -> pl.Series:
        keys = Keys(record_ids.to_frame("record_id"), ("record_id",))
        known = self._store.read("identities", columns=["record_id"], keys=keys)["record_id"]
        # Who was erased and comes back brings along what was deleted.
        return known.filter(~known.is_in(buried_ever(self._store, RECORD, known).implode()))

    def _mapper(self, source: BoundSource) -> Mapper | None:
        return source.mapper(opt_out=self._policy.gpc) if source.shape == "flat" else None

    def _hash_value(self, value: str) -> str:
        return self._keyring.value_key(HASHED, value)

    def _hash_once(self, value: str) -> str:
        """Return the hash of a value from the quarantine, where it was hashed before it was put there."""
        return value if VALUE_KEY.fullmatch(value) else self._hash_value(value)

    def _write(self, source: BoundSource, prepared: Prepared, state: State | None, actor: Actor) -> LoadReport:
        now = self._clock()
        with self._store.transaction(recorded_at=now) as writer:
            report = write_prepared(writer, source, prepared, keyring=self._keyring, at=now)
            if state is not None:
                writer.upsert("checkpoints", _checkpoint_row(source, state, at=now))
            if report != LoadReport(source.name, source.table):
                write_entry(writer, actor, _entry(report, action="load"), at=now)
        return report

    def _write_replayed(self, source: BoundSource, prepared: Prepared, held: pl.DataFrame, actor: Actor) -> LoadReport:
        now = self._clock()
        with self._store.transaction(recorded_at=now) as writer:
            settled = without_contradictions(writer, prepared)
            sound = replace(settled, rejects=settled.rejects.clear(), rows=settled.rows - settled.rejects.height)
            written = write_prepared(writer, source, sound, keyring=self._keyring, at=now)
            writer.upsert("quarantine", _replayed(held, settled.rejects["position"]))
            again = settled.rejects
            report = replace(written, rows=settled.rows, quarantined=again.height, reasons=reasons_of(again))
            write_entry(writer, actor, _entry(report, action="replay"), at=now)
        return report

    def _record_nothing(self, report: LoadReport, actor: Actor, *, action: str) -> None:
        now = self._clock()
        with self._store.transaction(recorded_at=now) as writer:
            write_entry(writer, actor, _entry(report, action=action), at=now)


def _entry(report: LoadReport, *, action: str) -> Entry:
    counts = ("accepted", "duplicates", "quarantined", "erased")
    detail = {"source": report.source, "left_out": dict(report.left_out)}
    detail |= {name: getattr(report, name) for name in counts}
    return Entry(action, table=report.table, rows=report.rows, detail=detail)


def _checkpoint_row(source: BoundSource, state: State, *, at: datetime) -> pl.DataFrame:
    row = {"source": source.name, "stream": source.stream, "state": state.to_json(), "updated_at": at}
    return pl.DataFrame([row], schema=CHECKPOINTS.columns)


def _held_batch(source: BoundSource, held: pl.DataFrame) -> Batch:
    """Return the raw batch that quarantined rows came from; its row numbers are their places in `held`."""
    payloads = held["payload"].to_list()
    if source.shape == "flat":
        return replay_batch(payloads, list(range(1, held.height + 1)))
    return Batch.of(pl.DataFrame({MESSAGE: payloads}, schema={MESSAGE: pl.String}))


def _replayed(held: pl.DataFrame, again: pl.Series) -> pl.DataFrame:
    """Return the rows of the quarantine that came good, without their payload; `again` are the places of the others."""
    places = pl.Series([f"row {number}" for number in range(1, held.height + 1)], dtype=pl.String)
    good = held.filter(~places.is_in(again.implode()))
    return good.select(list(QUARANTINE.columns)).with_columns(
        status=pl.lit(REPLAYED), payload=pl.lit(None, dtype=pl.String)
    )


def _nothing() -> Batch:
    return Batch.of(pl.DataFrame())
