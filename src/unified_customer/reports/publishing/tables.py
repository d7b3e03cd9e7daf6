"""The star schema: which tables there are, and which of them a purpose may see."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from unified_customer.core.errors import ConfigurationError
from unified_customer.reports.publishing.dimensions import CUSTOMER, DIMENSIONS
from unified_customer.reports.publishing.facts import FACTS
from unified_customer.reports.publishing.schema import Schema, StarColumn, StarTable, seen

STAR: Final[Mapping[str, StarTable]] = {table.name: table for table in (*DIMENSIONS, *FACTS)}
"""Every table of the star schema by name: dimensions, then bridges and facts."""

OF_THE_PAST: Final = ("records", "identifiers")
"""Tables that the customers of the past are built from when they are read."""


def chosen_tables(names: Iterable[str] | None) -> tuple[str, ...]:
    """Return which tables a publication is to hold: those that were asked for, and those whose keys they hold.

    Args:
        names: Names of tables; None: all.

    Raises:
        ConfigurationError: There is no such table, or none was asked for.

    Examples:
        >>> chosen_tables(["fact_spend"])
        ('dim_date', 'dim_channel', 'dim_campaign', 'fact_spend')
    """
    if names is None:
        return tuple(STAR)
    asked = list(names)
    unknown = sorted(set(asked) - set(STAR))
    if unknown or not asked:
        message = f"There is no table {', '.join(map(repr, unknown)) or 'at all'} to publish. Name some of: {', '.join(STAR)}."
        raise ConfigurationError(message)
    wanted = _with_referred(asked)
    return tuple(name for name in STAR if name in wanted)


def _with_referred(names: Sequence[str]) -> set[str]:
    found, left = set(names), list(names)
    while left:
        referred = {str(column.refers_to) for column in STAR[left.pop()].references} - found
        found |= referred
        left += referred
    return found


def schema_for(names: Sequence[str], visible: Mapping[str, frozenset[str]], *, past: bool = False) -> Schema:
    """Return what a publication of some tables holds.

    Args:
        names: Its tables, as `chosen_tables` returns them.
        visible: The columns that its purpose may see, by table that is read.
        past: It is as of an instant, so that customers are those of whom something was known then.
    """
    tables = [STAR[name] for name in names]
    there = [table for table in tables if seen(table.needs, visible)]
    kept = [replace(table, columns=tuple(_kept(table, there, visible))) for table in there]
    withheld = {own.name: tuple(name for name in STAR[own.name].names if name not in own.names) for own in kept}
    return Schema(
        tuple(replace(table, sources=_sources(table, kept, past=past)) for table in kept),
        {name: columns for name, columns in withheld.items() if columns},
        tuple(table.name for table in tables if table not in there),
    )


def _kept(table: StarTable, there: Sequence[StarTable], visible: Mapping[str, frozenset[str]]) -> Iterable[StarColumn]:
    named = {None, *(each.name for each in there)}
    return (column for column in table.columns if seen(column.needs, visible) and column.refers_to in named)


def _sources(table: StarTable, kept: Sequence[StarTable], *, past: bool) -> tuple[str, ...]:
    """Return where rows of a table come from: a dimension has the keys that the tables beside it hold."""
    columns = [column for each in kept for column in each.columns if column.refers_to == table.name]
    own = {need.partition(".")[0] for column in columns for need in column.needs}
    then = (
        {*OF_THE_PAST, *(name for each in kept for name in each.reads)} if past and table.name == CUSTOMER.name else ()
    )
    return tuple(sorted({*table.sources, *own, *then}))
