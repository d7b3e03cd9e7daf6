"""Copying all live rows into a new database, sorted: what a compaction and a backup have in common."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from unified_customer.core.errors import StoreError
from unified_customer.core.tables import SEQ, TABLES, Table
from unified_customer.store.duckdb.files import logs, sync
from unified_customer.store.duckdb.layout import (
    META,
    attach,
    create,
    deletion_columns,
    deletions,
    index,
    located,
    names,
    quoted,
    row_columns,
    sort_order,
)
from unified_customer.store.duckdb.session import Session

_NUMBERS = count(1)


def copy_live(session: Session, path: Path, *, expired: int, step: Callable[[str], None]) -> None:
    """Write the rows and positions that `session` sees to a new database file, in one transaction.

    Args:
        session: A session without a transaction.
        path: The new file; it is on the disk when this returns.
        expired: Deletions up to this position are left out.
        step: Called after each step, with its name.

    Raises:
        StoreError: DuckDB could not write the copy; nothing of the transaction is kept.
    """
    with _attached(session, path) as copy:
        session.run("BEGIN TRANSACTION")
        try:
            _copy_positions(session, copy, expired)
            for table in TABLES.values():
                _copy_table(session, copy, table, expired)
                step(f"copy:{table.name}")
            session.run("COMMIT")
        except BaseException:
            session.run("ROLLBACK")
            raise
        step("copy:committed")
        session.run(f"CHECKPOINT {quoted(copy)}")
    if any(log.exists() for log in logs(path)):
        message = f"DuckDB left a log beside the new file {path.name!r}, so it is not whole. Try again."
        raise StoreError(message)
    sync(path)
    step("copy:synced")


@contextmanager
def _attached(session: Session, path: Path) -> Iterator[str]:
    name = f"_copy_{next(_NUMBERS)}"
    session.run(attach(str(path), name))
    try:
        yield name
    finally:
        session.run(f"DETACH {quoted(name)}")


def _copy_positions(session: Session, copy: str, expired: int) -> None:
    target = located(META, copy)
    session.run(f"CREATE TABLE {target} AS SELECT * FROM {located(META)}")
    session.run(f"UPDATE {target} SET value = greatest(value, ?) WHERE name = 'expired'", [expired])


def _copy_table(session: Session, copy: str, table: Table, expired: int) -> None:
    rows, gone = row_columns(table), deletion_columns(table)
    session.run(create(table.name, rows, copy))
    session.run(create(deletions(table), gone, copy))
    session.run(
        f"INSERT INTO {located(table.name, copy)} SELECT {names(rows)} FROM {located(table.name)} "
        f"ORDER BY {names(sort_order(table))}"
    )
    session.run(
        f"INSERT INTO {located(deletions(table), copy)} SELECT {names(gone)} FROM {located(deletions(table))} "
        f"WHERE {SEQ} > ? ORDER BY {SEQ}",
        [expired],
    )
    for statement in index(table, copy).values():
        session.run(statement)
