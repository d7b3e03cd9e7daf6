"""Plain DuckDB files: tables for other programs to read, which are no store."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl

from unified_customer.core.errors import StoreError
from unified_customer.store.duckdb.database import Settings
from unified_customer.store.duckdb.files import beside
from unified_customer.store.duckdb.layout import quoted
from unified_customer.store.duckdb.session import translated

MADE = quoted("made")
FORMER = quoted("former")


@dataclass(frozen=True)
class Comments:
    """What a file says of itself.

    Attributes:
        tables: By table.
        columns: By table and column.
    """

    tables: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[tuple[str, str], str] = field(default_factory=dict)


def write_database(
    path: Path,
    tables: Mapping[str, pl.DataFrame],
    *,
    comments: Comments,
    kept: Sequence[str] = (),
    source: Path | None = None,
) -> None:
    """Write tables into a new DuckDB file.

    Args:
        path: The file; what lies there is removed first.
        tables: Rows by table.
        comments: What is said of tables and columns.
        kept: Tables that are taken over from `source`.
        source: Another DuckDB file.

    Raises:
        StoreError: DuckDB could not write it.
    """
    for each in (path, beside(path, "wal")):
        each.unlink(missing_ok=True)
    with _connected() as connection:
        connection.execute(f"ATTACH {_literal(str(path))} AS {MADE}")
        for name, frame in tables.items():
            connection.register("_rows", frame.to_arrow())
            connection.execute(f"CREATE TABLE {MADE}.{quoted(name)} AS SELECT * FROM _rows")
            connection.unregister("_rows")
        if kept:
            _take_over(connection, source, kept)
        _comment(connection, comments)
        connection.execute(f"CHECKPOINT {MADE}")
        connection.execute(f"DETACH {MADE}")


def read_text(path: Path, table: str, column: str) -> str | None:
    """Return the text in a column of the one row of a table; None where the file is no DuckDB file or has none.

    Raises:
        StoreError: Another process is writing to it.
    """
    try:
        with _reading(path) as connection:
            found = connection.execute(f"SELECT {quoted(column)} FROM {FORMER}.{quoted(table)}").fetchall()
    except StoreError as error:
        if "lock" in str(error):
            raise
        return None
    return str(found[0][0]) if len(found) == 1 else None


@contextmanager
def _connected() -> Iterator[duckdb.DuckDBPyConnection]:
    with translated():
        connection = duckdb.connect(":memory:", config=Settings().config())
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def _reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with _connected() as connection:
        connection.execute(f"ATTACH {_literal(str(path))} AS {FORMER} (READ_ONLY)")
        yield connection


def _take_over(connection: duckdb.DuckDBPyConnection, source: Path | None, names: Sequence[str]) -> None:
    connection.execute(f"ATTACH {_literal(str(source))} AS {FORMER} (READ_ONLY)")
    for name in names:
        connection.execute(f"CREATE TABLE {MADE}.{quoted(name)} AS SELECT * FROM {FORMER}.{quoted(name)}")
    connection.execute(f"DETACH {FORMER}")


def _comment(connection: duckdb.DuckDBPyConnection, comments: Comments) -> None:
    for table, text in comments.tables.items():
        connection.execute(f"COMMENT ON TABLE {MADE}.{quoted(table)} IS {_literal(text)}")
    for (table, column), text in comments.columns.items():
        connection.execute(f"COMMENT ON COLUMN {MADE}.{quoted(table)}.{quoted(column)} IS {_literal(text)}")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
