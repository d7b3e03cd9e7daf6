"""Incidents with rows: whose rows lie in some tables, from a source, of some time."""

from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.tables import IDENTIFIERS, RECORDED_AT, TABLES, Table
from unified_customer.governance.concerned import Concerned, naming_columns
from unified_customer.governance.incidents.found import Found, kinds_in, personal_columns
from unified_customer.governance.incidents.scope import IncidentScope
from unified_customer.store import Reader, Where

QUARANTINED: Final = (
    "{count:,} rows in quarantine name nobody whom the hub knows: look at them, they may be about further people."
)


def in_rows(reader: Reader, scope: IncidentScope) -> Found:
    """Return whose rows are in `scope`, and what they hold.

    A row counts by its own time; one that has none counts by when it was recorded. Only columns that hold a value in
    some of the rows are told.

    Raises:
        ConfigurationError: The source is not known here, so that a slip would find nobody.
    """
    _refuse_unknown_source(reader, scope)
    concerned, columns, notes = Concerned(), set[tuple[str, str]](), list[str]()
    rows = nobody = 0
    for name in scope.looked_through:
        unnamed = 0
        for batch in _batches(reader, TABLES[name], scope):
            rows += batch.height
            unnamed += concerned.add(TABLES[name], batch)
            columns |= _filled(name, batch)
        nobody += unnamed
        notes += [QUARANTINED.format(count=unnamed)] if name == "quarantine" and unnamed else []
    return Found(concerned.people(reader), rows, frozenset(columns), nobody, notes=tuple(notes))


def _batches(reader: Reader, table: Table, scope: IncidentScope) -> Iterator[pl.DataFrame]:
    kind = ["kind"] if table is IDENTIFIERS else []
    columns = dict.fromkeys([*naming_columns(table), *personal_columns(table.name), *kind])
    of_source = [] if scope.source is None else [Where("source", "==", scope.source)]
    for when in _periods(table, scope):
        yield from reader.batches(table.name, columns=list(columns), where=[*of_source, *when])


def _periods(table: Table, scope: IncidentScope) -> list[list[Where]]:
    """Return under which conditions a row is of the time; any of them is enough, and no row meets two."""
    if scope.since is None and scope.until is None:
        return [[]]
    if table.time is None:
        return [within(RECORDED_AT, scope)]
    if not table.schema.columns()[table.time].nullable:
        return [within(table.time, scope)]
    return [within(table.time, scope), [Where(table.time, "is_null"), *within(RECORDED_AT, scope)]]


def within(column: str, scope: IncidentScope) -> list[Where]:
    """Return the conditions that an instant lies in the period of `scope`: from `since` on, and before `until`."""
    begun = [] if scope.since is None else [Where(column, ">=", scope.since)]
    return begun if scope.until is None else [*begun, Where(column, "<", scope.until)]


def _filled(name: str, batch: pl.DataFrame) -> set[tuple[str, str]]:
    """Return the personal columns that hold a value in some row."""
    holding = [each for each in personal_columns(name) if batch[each].null_count() < batch.height]
    kinds: Sequence[str] = batch["kind"].unique().to_list() if name == IDENTIFIERS.name else ()
    return {(name, each) for each in holding} | kinds_in(name, kinds)


def _refuse_unknown_source(reader: Reader, scope: IncidentScope) -> None:
    if scope.source is None:
        return
    where = [Where("source", "==", scope.source)]
    if any(reader.count(name, where=where) for name, each in TABLES.items() if "source" in each.columns):
        return
    known = sorted(reader.read("identities", columns=["source"])["source"].unique())
    message = (
        f"No row came from a source {scope.source!r}. The sources of people are: {', '.join(known) or 'none yet'}."
    )
    raise ConfigurationError(message)
