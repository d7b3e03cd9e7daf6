"""Compaction: a new file from the live rows takes the place of the old one.

Deleted bytes stay in a DuckDB file until it is written anew. The order of the steps is what makes it safe: the new
file is whole and on the disk before the old one is given up; the old log is gone before the new file has the old
name, since a log beside a file that it does not belong to destroys it; and no connection is open meanwhile, since
DuckDB writes to the name, not to the file.
"""

from collections.abc import Callable
from pathlib import Path

from unified_customer.core.tables import SEQ, TABLES
from unified_customer.store.duckdb.copying import copy_live
from unified_customer.store.duckdb.database import Database
from unified_customer.store.duckdb.files import beside, logs, remove_strays, sync
from unified_customer.store.duckdb.layout import MAIN, META, deletions, located, quoted

Step = Callable[[str], None]


def rewrite(database: Database, path: Path, *, expired: int, step: Step) -> None:
    """Put a file with nothing but the live rows in the place of the one at `path`.

    Nobody else may use the database meanwhile. Killed at any point, it leaves the old file or the new one.
    """
    new = beside(path, "new")
    remove_strays(path)
    try:
        with database.session() as session:
            copy_live(session, new, expired=expired, step=step)
            session.run(f"CHECKPOINT {quoted(MAIN)}")
        step("compact:copied")
        _swap(database, path, new, step=step)
    finally:
        remove_strays(path)


def _swap(database: Database, path: Path, new: Path, *, step: Step) -> None:
    database.disconnect()
    try:
        _replace(path, new, step=step)
    finally:
        database.connect()


def forget(database: Database, *, expired: int) -> None:
    """Drop old deletions from a database in memory, where no file holds deleted bytes."""
    with database.session() as session:
        session.run("BEGIN TRANSACTION")
        session.run(f"UPDATE {located(META)} SET value = greatest(value, ?) WHERE name = 'expired'", [expired])
        for table in TABLES.values():
            session.run(f"DELETE FROM {located(deletions(table))} WHERE {SEQ} <= ?", [expired])
        session.run("COMMIT")
        session.run(f"CHECKPOINT {quoted(MAIN)}")


def _replace(path: Path, new: Path, *, step: Step) -> None:
    step("compact:closed")
    for log in logs(path):
        log.unlink(missing_ok=True)
    sync(path.parent)
    step("compact:unlogged")
    new.replace(path)
    step("compact:renamed")
    sync(path.parent)
    step("compact:synced")
