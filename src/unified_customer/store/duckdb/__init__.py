"""The embedded default: a store in one DuckDB file."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from unified_customer.core.errors import ConfigurationError
from unified_customer.store.duckdb.database import Database, Settings
from unified_customer.store.duckdb.files import Claim, remove_strays
from unified_customer.store.duckdb.migration import prepare
from unified_customer.store.duckdb.store import DuckStore

__all__ = ["DuckStore", "open_duckdb"]

PREFIX: Final = "duckdb://"


def open_duckdb(
    url: str = PREFIX,
    *,
    memory_limit: str | None = None,
    threads: int | None = None,
    compression: str | None = None,
    on_step: Callable[[str], None] | None = None,
) -> DuckStore:
    """Open a DuckDB store.

    Args:
        url: `duckdb:///shop.duckdb` is relative to the working directory, `duckdb:////srv/shop.duckdb` absolute, and
            `duckdb://` in memory.
        memory_limit: Most memory that DuckDB takes, such as `"4GB"`.
        threads: Most threads that it uses.
        compression: A method to force; `"uncompressed"` is for tests that look for bytes in the file.
        on_step: Called with the name of each step of writing, compaction and migration, for tests of crashes; what it
            raises ends the step's work.

    Returns:
        The store.

    Raises:
        ConfigurationError: The URL cannot be meant.
        StoreLockedError: Another process has the file open.
        SchemaVersionError: A newer release wrote it.
        StoreError: It is open in this process already, or is no store.

    Examples:
        >>> store = open_duckdb()
        >>> store.last_seq()
        0
        >>> store.close()
    """
    path = _path(url)
    claim = None if path is None else Claim(path)
    database = Database(path, Settings(memory_limit, threads, compression))
    step = on_step or _ignore
    try:
        if path is not None:
            remove_strays(path)
        database.connect()
        with database.session() as session:
            prepare(session, step=step)
    except BaseException:
        database.disconnect()
        if claim is not None:
            claim.release()
        raise
    return DuckStore(url, database, claim=claim, step=step)


def _path(url: str) -> Path | None:
    rest = url.removeprefix(PREFIX)
    if not rest:
        return None
    if not rest.startswith("/") or rest == "/":
        message = f"{url!r} names no file. Did you mean 'duckdb:///{rest.strip('/') or 'shop.duckdb'}'?"
        raise ConfigurationError(message)
    return Path(rest[1:]).resolve()


def _ignore(_: str) -> None:
    pass
