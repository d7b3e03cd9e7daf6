"""The store around the state."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import polars as pl

from unified_customer.core.errors import StoreClosedError
from unified_customer.core.tables import SEQ
from unified_customer.store.memory.archive import save
from unified_customer.store.memory.reading import MemoryReader
from unified_customer.store.memory.state import State
from unified_customer.store.memory.writing import MemoryWriter
from unified_customer.store.protocol import CompactionReport
from unified_customer.store.query import aware
from unified_customer.store.turns import Turns


class MemoryStore(MemoryReader):
    """A store that lives as long as the object; see `Store` for what it promises."""

    def __init__(self, url: str, state: State) -> None:
        """Begin with `state`; `open_memory` is the way to get one."""
        super().__init__(self._open_state)
        self._url = url
        self._state: State | None = state
        self._turns = Turns()

    @property
    def path(self) -> Path | None:
        """The file it is kept in; None in memory."""
        return None

    @property
    def url(self) -> str:
        """The URL it was opened with."""
        return self._url

    @contextmanager
    def transaction(self, *, recorded_at: datetime) -> Iterator[MemoryWriter]:
        """Begin a transaction; see `Store.transaction`."""
        aware(recorded_at, name="recorded_at")
        with self._turns.writing():
            writer = MemoryWriter(self._open_state, recorded_at=recorded_at)
            with _ending(writer):
                yield writer
                self._open_state()
                self._state = writer.state

    @contextmanager
    def snapshot(self) -> Iterator[MemoryReader]:
        """Read from one state; see `Store.snapshot`."""
        with self._turns.reading():
            state = self._open_state()
            reader = MemoryReader(lambda: self._open_state() and state)
            with _ending(reader):
                yield reader

    def compact(self, *, keep_changes_since: int = 0) -> CompactionReport:
        """Forget old deletions; see `Store.compact`."""
        with self._turns.alone():
            before = self._open_state()
            expired = max(before.expired, min(keep_changes_since, before.last_seq))
            kept = {name: log.filter(pl.col(SEQ) > expired) for name, log in before.deleted.items()}
            self._state = replace(before, deleted=kept, expired=expired)
            return CompactionReport(_size(before), _size(self._state))

    def backup(self, path: Path) -> None:
        """Write a copy that `open_memory("memory:///...")` starts from; see `Store.backup`."""
        save(self._open_state(), path)

    def close(self) -> None:
        """End all reading and writing."""
        self._state = None

    def _open_state(self) -> State:
        if self._state is None:
            message = "The store is closed. Open it again with open_store()."
            raise StoreClosedError(message)
        return self._state


@contextmanager
def _ending(reader: MemoryReader) -> Iterator[None]:
    try:
        yield
    finally:
        reader.end()


def _size(state: State) -> int:
    return sum(int(frame.estimated_size()) for kind in (state.rows, state.deleted) for frame in kind.values())
