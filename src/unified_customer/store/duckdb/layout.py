"""How the tables lie in DuckDB: a table of rows and a log of deletions for each, and one table of positions.

No table has a primary key: DuckDB checks one row by row, which makes an insert ten times slower than the anti-join
that a store does anyway.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from unified_customer.core.errors import StoreError
from unified_customer.core.tables import SEQ, Table
from unified_customer.store.rows import FIRST_SEQ

META: Final = "_meta"
"""Names and whole numbers: `schema_version`, `last_seq`, and `expired` (deletions up to it are forgotten)."""

_SQL_TYPES: Final[Mapping[type[pl.DataType], str]] = {
    pl.String: "VARCHAR",
    pl.Int64: "BIGINT",
    pl.Float64: "DOUBLE",
    pl.Boolean: "BOOLEAN",
    pl.Date: "DATE",
    pl.Datetime: "TIMESTAMPTZ",
}


def quoted(name: str) -> str:
    """Return `name` as an SQL identifier.

    Examples:
        >>> print(quoted("at"))
        "at"
    """
    return '"' + name.replace('"', '""') + '"'


def names(columns: Iterator[str] | tuple[str, ...] | list[str] | Mapping[str, object], *, of: str = "") -> str:
    """Return a list of columns in SQL, each of the relation `of`.

    Examples:
        >>> print(names(("kind", "at"), of="t"))
        t."kind", t."at"
    """
    return ", ".join(f"{of}.{quoted(name)}" if of else quoted(name) for name in columns)


def deletions(table: Table) -> str:
    """Return the name of the log of deletions of `table`."""
    return f"_deleted_{table.name}"


def sql_type(dtype: pl.DataType) -> str:
    """Return the DuckDB type that holds `dtype`.

    Raises:
        StoreError: There is none.
    """
    if isinstance(dtype, pl.Decimal):
        return f"DECIMAL({dtype.precision}, {dtype.scale})"
    if isinstance(dtype, pl.List):
        return f"{sql_type(dtype.inner)}[]"  # type: ignore[arg-type]
    if type(dtype) not in _SQL_TYPES:
        message = f"No DuckDB type holds {dtype}. Give the column another type."
        raise StoreError(message)
    return _SQL_TYPES[type(dtype)]


def row_columns(table: Table) -> dict[str, pl.DataType]:
    """Return the columns of a stored row, with the hidden one at the end."""
    return {**table.stored_columns, FIRST_SEQ: pl.Int64()}


def deletion_columns(table: Table) -> dict[str, pl.DataType]:
    """Return the columns of a deletion: nothing of the row but its key."""
    return {name: table.stored_columns[name] for name in (*table.key, SEQ)}


def relations(table: Table) -> dict[str, dict[str, pl.DataType]]:
    """Return both relations of `table` with their columns."""
    return {table.name: row_columns(table), deletions(table): deletion_columns(table)}


def create(name: str, columns: Mapping[str, pl.DataType], *, database: str = "") -> str:
    """Return the statement that makes the relation `name`."""
    inside = ", ".join(f"{quoted(column)} {sql_type(dtype)}" for column, dtype in columns.items())
    return f"CREATE TABLE {located(name, database)} ({inside})"


def located(name: str, database: str = "") -> str:
    """Return the relation `name` of an attached database in SQL; of the main one where `database` is empty."""
    return f"{quoted(database)}.main.{quoted(name)}" if database else quoted(name)


def sort_order(table: Table) -> tuple[str, ...]:
    """Return the columns that rows lie sorted by, so that a read by them touches few blocks."""
    if not table.cluster_by:
        return (SEQ,)
    return (*table.cluster_by, *([table.time] if table.time else []), SEQ)
