"""The DuckDB store."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from threading import Lock

from unified_customer.core.errors import StoreError
from unified_customer.store.duckdb.compaction import forget, rewrite
from unified_customer.store.duckdb.copying import copy_live
from unified_customer.store.duckdb.database import Database
from unified_customer.store.duckdb.files import Claim, beside, publish, size
from unified_customer.store.duckdb.reading import DuckReader
from unified_customer.store.duckdb.session import Session
from unified_customer.store.duckdb.writing import DuckWriter
from unified_customer.store.protocol import CompactionReport
from unified_customer.store.query import aware
from unified_customer.store.turns import Turns

Step = Callable[[str], None]


class DuckStore(DuckReader):
    """A store in one DuckDB file, or in memory; see `Store` for what it promises.

    Threads may share it: each call has a cursor of its own, and one thread writes at a time.
    """

    def __init__(self, url: str, database: Database, *, claim: Claim | None, step: Step) -> None:
        """Take over an open database; `open_duckdb` is the way to get a store."""
        super().__init__(self._reading, steady=self._steady_reading)
        self._url = url
        self._database = database
        self._claim = claim
        self._step = step
        self._turns = Turns()
        self._position: int | None = None  # known from the last commit; nobody else writes to the file
        self._life = Lock()  # a store is not closed while a compaction has closed its files for a moment

    @property
    def path(self) -> Path | None:
        """The file it is kept in; None in memory."""
        return self._database.path

    @property
    def url(self) -> str:
        """The URL it was opened with."""
        return self._url

    @contextmanager
    def transaction(self, *, recorded_at: datetime) -> Iterator[DuckWriter]:
        """Begin a transaction; see `Store.transaction`."""
        aware(recorded_at, name="recorded_at")
        with self._turns.writing(), self._database.session() as session:
            committed = self._database.transaction
            known, self._position = self._position, None
            writer = DuckWriter(session, committed=committed, recorded_at=recorded_at, step=self._step, last_seq=known)
            yield writer
            writer.commit()
            self._position = writer.last_seq()

    @contextmanager
    def snapshot(self) -> Iterator[DuckReader]:
        """Read from one state; see `Store.snapshot`."""
        with self._steady_reading() as session:
            yield DuckReader(lambda: nullcontext(session))

    def compact(self, *, keep_changes_since: int = 0) -> CompactionReport:
        """Rewrite the store from its live rows; see `Store.compact`."""
        with self._turns.alone(), self._life:
            before = self._size()
            expired = min(keep_changes_since, self.last_seq())
            if self._database.path is None:
                forget(self._database, expired=expired)
            else:
                rewrite(self._database, self._database.path, expired=expired, step=self._step)
            return CompactionReport(before, self._size())

    def backup(self, path: Path) -> None:
        """Write a copy that opens as a store of its own; see `Store.backup`."""
        draft = beside(path, "draft")
        if path.exists() or draft.exists():
            message = f"There is already something at {path.name!r} or {draft.name!r}. Give the backup a new name."
            raise StoreError(message)
        with self._reading() as session:
            try:
                copy_live(session, draft, expired=0, step=self._step)
                publish(draft, path)
            finally:
                draft.unlink(missing_ok=True)

    def close(self) -> None:
        """End all reading and writing."""
        with self._life:
            self._database.disconnect()
            if self._claim is not None:
                self._claim.release()

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with self._turns.reading(), self._database.session() as session:
            yield session

    @contextmanager
    def _steady_reading(self) -> Iterator[Session]:
        with self._turns.reading(), self._database.transaction() as session:
            yield session

    def _size(self) -> int:
        if self._database.path is not None:
            return size(self._database.path)
        with self._database.session() as session:
            return int(session.value("SELECT sum(used_blocks * block_size) FROM pragma_database_size()"))
