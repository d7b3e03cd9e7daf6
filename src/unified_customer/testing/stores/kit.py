"""What the tests of stores share: a store for each test, and short ways to write and read rows."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Final

import polars as pl
import pytest

from unified_customer.core.tables import SEQ, table
from unified_customer.store import Counts, Reader, Store
from unified_customer.testing.table_frames import frame_of

START: Final = datetime(2026, 1, 1, tzinfo=UTC)


class Stores:
    """A store for each test of the class."""

    persistent: ClassVar[bool] = True
    """Whether what is committed is there again after `close` and opening anew."""

    def open(self, path: Path) -> Store:
        """Open the store that is kept at `path`, making it where there is none; each kind of store overrides this."""
        raise NotImplementedError

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        """Where the store of a test is kept."""
        return tmp_path / "store"

    @pytest.fixture
    def store(self, path: Path) -> Iterator[Store]:
        """The store of a test."""
        store = self.open(path)
        yield store
        store.close()


def at(seconds: int) -> datetime:
    """Return an instant."""
    return START + timedelta(seconds=seconds)


def identities(*ids: str, source: str = "crm") -> pl.DataFrame:
    """Return rows of an append-only table, one for each id."""
    return frame_of(table("identities"), [{"record_id": each, "source": source, "origin": "record"} for each in ids])


def answers(**values: float | None) -> pl.DataFrame:
    """Return rows of an append-only table with a number that may be null, by answer id."""
    fixed = {"source": "survey", "instrument": "nps", "question": "?", "answered_at": START}
    return frame_of(table("answers"), [{"answer_id": each, "value": value, **fixed} for each, value in values.items()])


def scores(**values: float | None) -> pl.DataFrame:
    """Return rows of a table that is changed in place, by customer id."""
    fixed = {"name": "clv", "as_of": START}
    return frame_of(table("scores"), [{"customer_id": each, "value": value, **fixed} for each, value in values.items()])


def events(**occurred: datetime | None) -> pl.DataFrame:
    """Return rows of a table that people are looked up in, by record id."""
    rows = [
        {"event_id": f"e{n}", "source": "web", "type": "track", "record_id": each, "occurred_at": when}
        for n, (each, when) in enumerate(occurred.items())
    ]
    return frame_of(table("events"), rows)


def keys(column: str, *values: str | None) -> pl.DataFrame:
    """Return a frame of one column."""
    return pl.DataFrame({column: values}, schema={column: pl.String})


def append(store: Store, name: str, frame: pl.DataFrame, *, seconds: int = 0) -> Counts:
    """Append in a transaction of its own."""
    with store.transaction(recorded_at=at(seconds)) as writer:
        return writer.append(name, frame)


def upsert(store: Store, name: str, frame: pl.DataFrame, *, seconds: int = 0) -> Counts:
    """Upsert in a transaction of its own."""
    with store.transaction(recorded_at=at(seconds)) as writer:
        return writer.upsert(name, frame)


def delete(store: Store, name: str, frame: pl.DataFrame) -> int:
    """Delete in a transaction of its own."""
    with store.transaction(recorded_at=at(0)) as writer:
        return writer.delete(name, frame)


def column(reader: Reader, name: str, wanted: str, **asked: Any) -> list[Any]:
    """Return one column of a table, in the order of arrival unless another is asked for."""
    return reader.read(name, **{"order_by": [SEQ], **asked})[wanted].to_list()


def ids(reader: Reader, **asked: Any) -> list[str]:
    """Return the ids of `identities`."""
    return column(reader, "identities", "record_id", **asked)


def answer_ids(reader: Reader, **asked: Any) -> list[str]:
    """Return the ids of `answers`."""
    return column(reader, "answers", "answer_id", **asked)
