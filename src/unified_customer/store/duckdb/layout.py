"""How the tables lie in DuckDB: a table of rows and a log of deletions for each, and one table of positions.

No table has a primary key: DuckDB checks one row by row, which makes an insert ten times slower than the anti-join
that a store does anyway. Rows lie sorted instead, so that the bounds of the row groups lead a read to its rows; row
groups are a quarter of DuckDB's usual size, since a read of one customer scans whole ones. Columns of keyed hashes
are not compressed: random digits hardly shrink, and packing and unpacking them is what reads and writes would mostly
do.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from unified_customer.core.errors import StoreError
from unified_customer.core.tables import SEQ, Table
from unified_customer.store.rows import FIRST_SEQ

MAIN: Final = "store"
"""Name of the database that holds the store; DuckDB's own default database stays empty."""

ROW_GROUP: Final = 30_720
"""Rows of a row group; DuckDB does not keep this in the file, so each attachment says it."""

META: Final = "_meta"
"""Names and whole numbers: `schema_version`, `last_seq`, and `expired` (deletions up to it are forgotten)."""

HASHED: Final = frozenset({"record_id", "customer_id", "subject_key", "value_key"})
"""Columns of keyed hashes."""

INDEXES: Final = {
    "identifiers": ("record_id",),
    "events": ("record_id",),
    "links": ("customer_id",),
    "customers": ("customer_id",),
    "consents": ("subject_key",),
}
"""Columns that one customer is looked up by.

Rows lie sorted only within what one transaction wrote, so that without an index a look-up costs more with each load.
"""

_SQL_TYPES: Final[Mapping[type[pl.DataType], str]] = {
    pl.String: "VARCHAR",
    pl.Int64: "BIGINT",
    pl.Float64: "DOUBLE",
    pl.Boolean: "BOOLEAN",
    pl.Date: "DATE",
    pl.Datetime: "TIMESTAMP WITH TIME ZONE",
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
    """Return the DuckDB type that holds `dtype`, by the name that DuckDB itself gives it.

    Raises:
        StoreError: There is none.
    """
    if isinstance(dtype, pl.Decimal):
        return f"DECIMAL({dtype.precision},{dtype.scale})"
    if isinstance(dtype, pl.List):
        return f"{sql_type(dtype.inner)}[]"  # type: ignore[arg-type]  # only lists have an inner type
    if type(dtype) not in _SQL_TYPES:
        message = f"No DuckDB type holds {dtype}. Give the column another type."
        raise StoreError(message)
    return _SQL_TYPES[type(dtype)]


def typed(dtype: pl.DataType) -> bool:
    """Return whether a plain DuckDB type holds `dtype`."""
    return isinstance(dtype, pl.Decimal) or type(dtype) in _SQL_TYPES


def row_columns(table: Table) -> dict[str, pl.DataType]:
    """Return the columns of a stored row, with the hidden one at the end."""
    return {**table.stored_columns, FIRST_SEQ: pl.Int64()}


def deletion_columns(table: Table) -> dict[str, pl.DataType]:
    """Return the columns of a deletion: nothing of the row but its key."""
    return {name: table.stored_columns[name] for name in (*table.key, SEQ)}


def relations(table: Table) -> dict[str, dict[str, pl.DataType]]:
    """Return both relations of `table` with their columns."""
    return {table.name: row_columns(table), deletions(table): deletion_columns(table)}


def located(name: str, database: str = MAIN) -> str:
    """Return the relation `name` of a database in SQL.

    Examples:
        >>> print(located("events"))
        "store".main."events"
    """
    return f"{quoted(database)}.main.{quoted(name)}"


def create(name: str, columns: Mapping[str, pl.DataType], database: str = MAIN) -> str:
    """Return the statement that makes the relation `name`."""
    inside = ", ".join(column_definition(column, dtype) for column, dtype in columns.items())
    return f"CREATE TABLE {located(name, database)} ({inside})"


def column_definition(name: str, dtype: pl.DataType) -> str:
    """Return how a column is made."""
    packed = " USING COMPRESSION uncompressed" if name in HASHED else ""
    return f"{quoted(name)} {sql_type(dtype)}{packed}"


def index(table: Table, database: str = MAIN) -> dict[str, str]:
    """Return the names of the indexes of `table`, each with the statement that makes it."""
    return {
        f"{table.name}_{column}": f"CREATE INDEX IF NOT EXISTS {quoted(f'{table.name}_{column}')} "
        f"ON {located(table.name, database)} ({quoted(column)})"
        for column in INDEXES.get(table.name, ())
    }


def attach(path: str, database: str) -> str:
    """Return the statement that opens the file at `path` under a name."""
    literal = path.replace("'", "''")
    return f"ATTACH '{literal}' AS {quoted(database)} (ROW_GROUP_SIZE {ROW_GROUP})"


def sort_order(table: Table) -> tuple[str, ...]:
    """Return the columns that rows lie sorted by."""
    clustered = table.cluster_by or (() if table.append_only else table.key)
    last = (table.time,) if table.cluster_by and table.time else ()
    return (*clustered, *last, SEQ)
