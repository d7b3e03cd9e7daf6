"""The database behind a store: its connection and the sessions on it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final
from weakref import WeakSet

import duckdb

from unified_customer.core.errors import StoreClosedError, StoreError, StoreLockedError
from unified_customer.store.duckdb.files import beside, locked
from unified_customer.store.duckdb.layout import MAIN, META, attach, located
from unified_customer.store.duckdb.session import Session, Statements, translated

MEMORY: Final = ":memory:"


@dataclass(frozen=True)
class Settings:
    """How DuckDB runs.

    Attributes:
        memory_limit: Most memory that it takes, such as `"4GB"`; None: 80 % of the machine's.
        threads: Most threads that it uses; None: one for each core.
        compression: `"uncompressed"` keeps values readable in the file, for tests of erasure; None: it chooses.
    """

    memory_limit: str | None = None
    threads: int | None = None
    compression: str | None = None

    def config(self) -> dict[str, str | bool | int | float | list[str]]:
        """Return the settings in DuckDB's names."""
        given = {
            "memory_limit": self.memory_limit,
            "threads": self.threads,
            "force_compression": self.compression,
        }
        # Nothing is fetched from the network, and no Python variable is taken for a table.
        own = {"autoinstall_known_extensions": False, "python_enable_replacements": False}
        return {name: value for name, value in {**given, **own}.items() if value is not None}


class Database:
    """A connection to one file, or to memory, and all sessions on it."""

    def __init__(self, path: Path | None, settings: Settings) -> None:
        """Name the file; `connect` opens it."""
        self.path = path
        self._settings = settings
        self._process = os.getpid()
        self._guard = Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._sessions: WeakSet[Session] = WeakSet()
        self._statements = Statements()

    def connect(self) -> None:
        """Open the file, which is made where there is none.

        Raises:
            StoreError: It cannot be opened, or is no DuckDB file.
        """
        with translated():
            connection = duckdb.connect(MEMORY, config=self._config())
            try:
                connection.execute("SET GLOBAL TimeZone = 'UTC'")
                self._attach(connection)
            except BaseException:
                connection.close()
                raise
        with self._guard:
            self._connection = connection

    def disconnect(self) -> None:
        """End all sessions, each after the statement that it runs, and close the file."""
        with self._guard:
            connection, self._connection = self._connection, None
            sessions = list(self._sessions)
        for session in sessions:
            session.end()
        if connection is not None:
            connection.close()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open a session, and end it with the block.

        Raises:
            StoreClosedError: The database is not open.
            StoreError: This is a child of the process that opened it.
        """
        session = self._begin()
        try:
            yield session
        finally:
            session.end()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a session that sees one state, and end it with the block; what it writes is rolled back."""
        with self.session() as session:
            session.run("BEGIN TRANSACTION")
            session.run(f"SELECT name FROM {located(META)} LIMIT 0")  # a transaction sees the state of its first read
            yield session

    def _attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        if self.path is None:
            connection.execute(attach(MEMORY, MAIN))
            return
        try:
            connection.execute(attach(str(self.path), MAIN))
        except duckdb.IOException as error:
            # Another program than this library has it: DuckDB's own words name the process and its user.
            if "lock" in str(error):
                raise StoreLockedError(locked(self.path)) from None
            raise

    def _config(self) -> dict[str, str | bool | int | float | list[str]]:
        spill = "" if self.path is None else str(beside(self.path, "tmp"))
        return {**self._settings.config(), "temp_directory": spill}

    def _begin(self) -> Session:
        if os.getpid() != self._process:
            message = "The store was opened by the parent of this process. Open it in the process that uses it."
            raise StoreError(message)
        with self._guard:
            if self._connection is None:
                message = "The store is closed. Open it again with open_store()."
                raise StoreClosedError(message)
            session = Session(self._connection.cursor(), self._statements)
            self._sessions.add(session)
            return session
