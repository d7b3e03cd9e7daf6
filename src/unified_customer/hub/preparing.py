"""From a batch of a source to rows of tables: one way for each kind of table."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import polars as pl

from unified_customer.connectors import Batch, BoundSource, Mapped
from unified_customer.connectors.answer_rules import answer_rules
from unified_customer.connectors.versions import conflicting_versions
from unified_customer.core.errors import MappingError
from unified_customer.core.kinds import RECORD, is_kind
from unified_customer.core.spec import canonical_json, content_hash
from unified_customer.core.tables import CONSENTS, TABLES
from unified_customer.hub.people import (
    IDENTIFIER_NORMALISERS,
    ROW,
    normalise_identifier,
    people_rows,
)
from unified_customer.hub.pointing import Naming, point_rows, widened
from unified_customer.hub.prepared import Prepared
from unified_customer.methods.events import flat_events, unpack
from unified_customer.methods.events.derive import UNKNOWN

IDENTITY_TABLES: Final = ("identities", "identifiers")
NO_IDENTIFIERS: Final = pl.DataFrame(schema={ROW: pl.Int64, "kind": pl.String, "value": pl.String})


def prepare_mapped(mapped: Mapped, *, source: BoundSource, naming: Naming) -> Prepared:
    """Return what a mapped batch becomes."""
    prepare = _PREPARERS.get(source.table, _plain)
    return prepare(mapped, source, naming)


def prepare_messages(batch: Batch, *, source: BoundSource, naming: Naming) -> Prepared:
    """Return what a batch of messages of the Segment shape becomes."""
    unpacked = unpack(
        batch.frame,
        source=source.name,
        keyring=naming.keyring,
        normalise=IDENTIFIER_NORMALISERS,
        known=naming.known,
        **message_options(source),
    )
    said = unpacked.records.with_row_index(ROW).with_columns(pl.col(ROW).cast(pl.Int64), deleted=pl.lit(value=False))
    people = people_rows(_observed(said), NO_IDENTIFIERS, source=source.name, keyring=naming.keyring)
    tables = {**unpacked.tables(), "records": people.records}
    tables["identities"] = pl.concat([unpacked.identities, people.identities]).unique("record_id", maintain_order=True)
    tables["identifiers"] = pl.concat([unpacked.identifiers, people.identifiers])
    rejects = unpacked.rejects.with_columns(position=batch.positions().gather(unpacked.rejects["position"]))
    read = batch.rejects.select("position", "reason", "payload")
    prepared = Prepared(
        rows=unpacked.events.height + unpacked.duplicates + rejects.height + read.height,
        target=source.table,
        tables=tables,
        rejects=pl.concat([read, rejects.select(read.columns)]),
        refuse=lambda bad, reason: _refused_messages(prepared, bad, reason, batch=batch, origins=unpacked.origins),
        skipped=batch.skipped,
        unreadable=people.unreadable,
        notes=_findings(unpacked.reports),
    )
    return prepared


def message_options(source: BoundSource) -> dict[str, Any]:
    """Return what a source says of its messages: the zone and currency of those that name none, and what is consent."""
    told = {name: source.options[name] for name in ("zone", "currency", "purposes") if name in source.options}
    return {**told, "consents": answer_rules(source.options)}


def _refused_messages(
    prepared: Prepared, bad: pl.DataFrame, reason: str, *, batch: Batch, origins: pl.DataFrame
) -> Prepared:
    """Return the batch with some messages rejected; what they derived stays, since it stands under the same keys."""
    places = bad.select("event_id").join(origins, on="event_id", maintain_order="left")["position"]
    rows = {
        "position": batch.positions().gather(places),
        "reason": pl.repeat(reason, len(places), dtype=pl.String, eager=True),
        "payload": batch.frame.to_series().gather(places),
    }
    events = prepared.tables[prepared.target].join(bad, on="event_id", how="anti", maintain_order="left")
    return replace(
        prepared,
        rejects=pl.concat([prepared.rejects, pl.DataFrame(rows)]),
        tables={**prepared.tables, prepared.target: events},
    )


def _observed(said: pl.DataFrame) -> pl.DataFrame:
    return said.drop("source") if "source" in said.columns else said


def _findings(reports: pl.DataFrame) -> tuple[str, ...]:
    """Say what was found; names that a client made up are only counted, since they may name somebody."""
    made_up = reports.filter(finding=UNKNOWN)
    lines = reports.filter(pl.col("finding") != UNKNOWN).select("finding", "field", "events").iter_rows()
    told = [f"{events:,} events: {finding} ({field})" for finding, field, events in lines]
    if made_up.height:
        told.append(f"{made_up['events'].sum():,} events: {UNKNOWN} ({made_up.height:,} names)")
    return tuple(told)


def _records(mapped: Mapped, source: BoundSource, naming: Naming) -> Prepared:
    first = people_rows(mapped.frame, mapped.identifiers, source=source.name, keyring=naming.keyring)
    sound = mapped.reject(pl.concat([first.rejects, _contradictions(mapped, source.table, "observed_at")]))
    same = sound.frame.height == mapped.frame.height
    people = first if same else people_rows(sound.frame, sound.identifiers, source=source.name, keyring=naming.keyring)
    tables = {
        "identities": people.identities,
        "records": people.records,
        "identifiers": people.identifiers,
        "consents": _statements(sound, source, naming),
    }
    return _prepared(sound, source, naming, tables, unreadable=people.unreadable)


def _contradictions(mapped: Mapped, table: str, *time: str) -> pl.DataFrame:
    """Return `row` and `reason` of rows that say different things of one key at one time; all of them are refused.

    Where a record has no time, its content is its version, and nothing contradicts; nor do partial ones.
    """
    keys = [name for name in TABLES[table].key if name in mapped.frame.columns]
    names = ["source_id"] if table == "records" else keys
    if not set(time) <= set(mapped.frame.columns):
        return mapped.rejects.clear().select(ROW, "reason")
    timed = mapped.frame.drop_nulls(list(time))
    timed = timed.filter(~pl.col("partial").fill_null(value=False)) if "partial" in timed.columns else timed
    key = [*names, *time]
    # Keys with different hashes are different; the hashes are quicker to compare.
    alike = timed.filter(timed.select(key).hash_rows().is_duplicated())
    return conflicting_versions(alike, key=key).conflicts


def _events(mapped: Mapped, source: BoundSource, naming: Naming) -> Prepared:
    sound = mapped.reject(pl.concat([_contradictions(mapped, source.table), _about_nobody(mapped, source, naming)]))
    wide, kinds = _with_identifiers(sound, source)
    batch = flat_events(
        wide.drop(ROW),
        source=source.name,
        keyring=naming.keyring,
        identifiers=kinds,
        normalise=IDENTIFIER_NORMALISERS,
        known=naming.known,
        objects=True,
    )
    positions = sound.frame[ROW].gather(batch.rejects["position"])
    final = sound.reject(pl.DataFrame({ROW: positions, "reason": batch.rejects["reason"]}))
    tables = {**batch.tables(), "consents": _statements(final, source, naming)}
    return _prepared(final, source, naming, tables)


def _with_identifiers(mapped: Mapped, source: BoundSource) -> tuple[pl.DataFrame, list[str]]:
    """Return the frame with a column for each kind of identifier, called like the kind."""
    wide, slots = widened(mapped.frame, mapped.identifiers)
    kinds = [kind for kind, _ in slots]
    doubled = sorted({kind for kind in kinds if kinds.count(kind) > 1})
    if doubled:
        message = f"{source!r} maps several columns to {', '.join(doubled)}; an event has one identifier of a kind."
        raise MappingError(message)
    return wide.rename({column: kind for kind, column in slots}), kinds


def _behaviour(mapped: Mapped, source: BoundSource, naming: Naming) -> Prepared:
    table = TABLES[source.table]
    sound = mapped.reject(pl.concat([_contradictions(mapped, source.table), _about_nobody(mapped, source, naming)]))
    pointed = point_rows(sound.frame, sound.identifiers, time=str(table.time), source=source.name, naming=naming)
    rows = sound.frame.with_columns(pointed.record_ids.alias("record_id"), source=pl.lit(source.name))
    tables = {
        "identities": pointed.identities,
        "identifiers": pointed.identifiers,
        table.name: _fitting(rows, source),
        "consents": _statements(sound, source, naming),
    }
    return _prepared(sound, source, naming, tables)


def _plain(mapped: Mapped, source: BoundSource, naming: Naming) -> Prepared:
    table = TABLES[source.table]
    time = [name for name in ("observed_at",) if name in mapped.frame.columns]
    key = [*(name for name in table.key if name in mapped.frame.columns), *time]
    sound = mapped.reject(conflicting_versions(mapped.frame, key=key).conflicts)
    rows = _fitting(sound.frame.with_columns(source=pl.lit(source.name)), source)
    latest = rows.sort(time, nulls_last=False, maintain_order=True) if time else rows
    once = latest.unique(list(table.key), keep="last", maintain_order=True)
    return _prepared(sound, source, naming, {source.table: once})


def _consents(mapped: Mapped, source: BoundSource, naming: Naming) -> Prepared:
    said = mapped.frame
    spelt = {kind: is_kind(kind) for kind in said["subject_kind"].unique()}
    misspelt = said.filter(~pl.col("subject_kind").replace_strict(spelt, return_dtype=pl.Boolean))
    keyed = _keyed_subjects(said.join(misspelt, on=ROW, how="anti", maintain_order="left"), source, naming)
    unknown = keyed.filter(pl.col("subject_key").is_null()).select(ROW, reason=pl.lit("subject_value: unreadable"))
    sound = mapped.reject(pl.concat([misspelt.select(ROW, reason=pl.lit("subject_kind: unknown_value")), unknown]))
    rows = _with_ids(keyed.filter(pl.col("subject_key").is_not_null()), source)
    return _prepared(sound, source, naming, {"consents": rows})


def _statements(mapped: Mapped, source: BoundSource, naming: Naming) -> pl.DataFrame:
    """Return the statements of a batch; where the identifier cannot be read, they are about the record."""
    if mapped.statements.is_empty():
        return CONSENTS.empty()
    keyed = _keyed_subjects(mapped.statements, source, naming)
    lost = keyed.filter(pl.col("subject_key").is_null())
    if lost.height and "source_id" in mapped.frame.columns:
        own = lost.drop("subject_value", "subject_key").join(
            mapped.frame.select(ROW, subject_value="source_id"), on=ROW
        )
        again = _keyed_subjects(own.with_columns(subject_kind=pl.lit(RECORD)), source, naming)
        keyed = pl.concat([keyed, again.select(keyed.columns)])
    return _with_ids(keyed.filter(pl.col("subject_key").is_not_null()), source)


def _about_nobody(mapped: Mapped, source: BoundSource, naming: Naming) -> pl.DataFrame:
    """Return `row` and `reason` of rows that state something of an identifier that cannot be read, and of no record."""
    if mapped.statements.is_empty() or "source_id" in mapped.frame.columns:
        return mapped.rejects.clear().select(ROW, "reason")
    keyed = _keyed_subjects(mapped.statements, source, naming)
    lost = keyed.filter(pl.col("subject_key").is_null())
    return lost.select(ROW, reason=pl.format("{}: unreadable_subject", "subject_kind"))


def _keyed_subjects(said: pl.DataFrame, source: BoundSource, naming: Naming) -> pl.DataFrame:
    """Add `subject_key`: the value key of an identifier, or the id of a record of this source or of the one named."""
    named = said.with_columns(_record_source(said, source).alias("named_source"))
    parts = [
        part.with_columns(_subject_key(kind, record_source, part["subject_value"], naming).alias("subject_key"))
        for (kind, record_source), part in _alike(named)
    ]
    keyed = pl.concat(parts) if parts else named.with_columns(subject_key=pl.lit(None, dtype=pl.String))
    return keyed.drop("named_source")


def _alike(named: pl.DataFrame) -> Iterator[tuple[Any, pl.DataFrame]]:
    yield from named.partition_by("subject_kind", "named_source", as_dict=True, maintain_order=True).items()


def _record_source(said: pl.DataFrame, source: BoundSource) -> pl.Series:
    """Return which source calls a record as the statement does; null where the statement is about an identifier."""
    own = pl.lit(source.name)
    named = pl.coalesce("subject_source", own) if "subject_source" in said.columns else own
    return said.select(pl.when(pl.col("subject_kind") == RECORD).then(named)).to_series()


def _subject_key(kind: str, record_source: str | None, values: pl.Series, naming: Naming) -> pl.Series:
    if record_source is not None:
        return naming.keyring.record_id_series(record_source, values)
    return naming.keyring.value_key_series(kind, normalise_identifier(kind, values))


def _with_ids(said: pl.DataFrame, source: BoundSource) -> pl.DataFrame:
    rows = said.with_columns(source=pl.lit(source.name))
    defaults = {"verified": False, "legal_basis": "consent"}
    filled = rows.with_columns(
        pl.lit(value).alias(name) for name, value in defaults.items() if name not in rows.columns
    )
    known = filled.select(name for name in filled.columns if name in CONSENTS.columns and name != "statement_id")
    texts = known.with_columns(pl.col("stated_at").dt.to_string("iso:strict")).iter_rows(named=True)
    ids = [
        content_hash(canonical_json({key: _text(value) for key, value in row.items() if value is not None}))
        for row in texts
    ]
    return CONSENTS.conform(known.with_columns(statement_id=pl.Series(ids, dtype=pl.String)))


def _text(value: object) -> object:
    return value if isinstance(value, (str, bool)) else str(value)


def _fitting(rows: pl.DataFrame, source: BoundSource) -> pl.DataFrame:
    table = TABLES[source.table]
    return table.conform(rows.select(name for name in rows.columns if name in table.columns))


def _prepared(
    mapped: Mapped,
    source: BoundSource,
    naming: Naming,
    tables: dict[str, pl.DataFrame],
    *,
    unreadable: Mapping[str, int] | None = None,
) -> Prepared:
    rejects = mapped.rejects.select("position", "reason", "payload")

    def refuse(bad: pl.DataFrame, reason: str) -> Prepared:
        rows = _rows_of(mapped, source.table, bad).with_columns(reason=pl.lit(reason))
        return prepare_mapped(mapped.reject(rows), source=source, naming=naming)

    return Prepared(
        rows=mapped.frame.height + rejects.height,
        target=source.table,
        tables=tables,
        rejects=rejects,
        refuse=refuse,
        skipped=mapped.batch.skipped,
        left_out=mapped.left_out,
        unreadable=unreadable or {},
    )


ROW_KEYS: Final = {"records": ("source_id", "observed_at")}
"""Mapped columns that name a row, where they are not those of the table's key."""


def _rows_of(mapped: Mapped, table: str, target_rows: pl.DataFrame) -> pl.DataFrame:
    """Return `row` of the mapped rows that rows of the target table came from."""
    keys = [name for name in ROW_KEYS.get(table, TABLES[table].key) if name in mapped.frame.columns]
    return mapped.frame.join(target_rows.select(keys).unique(), on=keys, how="semi", nulls_equal=True).select(ROW)


_PREPARERS: Final[dict[str, Callable[[Mapped, BoundSource, Naming], Prepared]]] = {
    "records": _records,
    "events": _events,
    "order_lines": _behaviour,
    "answers": _behaviour,
    "consents": _consents,
}
