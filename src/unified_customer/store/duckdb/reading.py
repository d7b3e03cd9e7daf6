"""Reading through one session."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from unified_customer.core.errors import ChangesExpiredError
from unified_customer.core.tables import SEQ
from unified_customer.store.duckdb.layout import META, deletions, located, names
from unified_customer.store.duckdb.questions import (
    KEYS,
    ROW,
    Question,
    Sql,
    counting,
    instant,
    matches,
    picked,
    plain,
    question,
)
from unified_customer.store.duckdb.session import Session
from unified_customer.store.protocol import Keys, Where
from unified_customer.store.query import Query, ask, batch_size
from unified_customer.store.rows import FIRST_SEQ, expired_message

EPOCH: Final = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))
MICROSECOND: Final = timedelta(microseconds=1)

Sessions = Callable[[], AbstractContextManager[Session]]


class DuckReader:
    """Reads what its session sees: a snapshot, a transaction, or what is committed."""

    def __init__(self, using: Sessions, *, steady: Sessions | None = None) -> None:
        """Take what opens a session for each call.

        Args:
            using: Opens a session for one statement.
            steady: Opens a session for several, which see one state; None: `using` does.
        """
        self._using = using
        self._steady = steady or using

    def read(
        self,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        where: Sequence[Where] = (),
        keys: Keys | None = None,
        known_at: datetime | None = None,
        order_by: Sequence[str] = (),
        descending: bool = False,
        limit: int | None = None,
    ) -> pl.DataFrame:
        """Return rows of `table`; see `Reader.read`."""
        query = ask(
            table, columns=columns, where=where, keys=keys, known_at=known_at,
            order_by=order_by, descending=descending, limit=limit,
        )  # fmt: skip
        with self._using() as session:
            return answer(session, question(query))

    def rows(
        self,
        table: str,
        *,
        columns: Sequence[str],
        where: Sequence[Where] = (),
        order_by: Sequence[str] = (),
        descending: bool = False,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """Return a few rows of `table` as plain values; see `Reader.rows`."""
        query = ask(table, columns=columns, where=where, order_by=order_by, descending=descending, limit=limit)
        with self._using() as session:
            return _named(session, query)

    def batches(
        self,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        where: Sequence[Where] = (),
        keys: Keys | None = None,
        size: int = 250_000,
    ) -> Iterator[pl.DataFrame]:
        """Yield what `read` returns in parts; see `Reader.batches`."""
        query = ask(table, columns=columns, where=where, keys=keys)
        return self._parts(query, size=batch_size(size))

    def count(self, table: str, *, where: Sequence[Where] = ()) -> int:
        """Return the number of rows."""
        sql = counting(ask(table, where=where))
        with self._using() as session:
            return int(session.value(sql.text, sql.parameters))

    def changes(self, table: str, *, since: int = 0, limit: int | None = None) -> pl.DataFrame:
        """Return what happened after `since`; see `Reader.changes`."""
        query = ask(table, limit=limit)
        with self._steady() as session:
            expired = position(session, "expired")
            if 0 < since < expired:
                raise ChangesExpiredError(expired_message(table, since=since, expired=expired))
            sql = _changes(query, since)
            return session.frame(sql.text, sql.parameters)

    def last_seq(self) -> int:
        """Return the position of the last change."""
        with self._using() as session:
            return position(session, "last_seq")

    def _parts(self, query: Query, *, size: int) -> Iterator[pl.DataFrame]:
        with self._steady() as session:
            yield from windows(session, query, size=size)


def position(session: Session, name: str) -> int:
    """Return one of the positions of the store: `last_seq` or `expired`."""
    return int(session.value(f"SELECT value FROM {located(META)} WHERE name = ?", [name]))


def answer(session: Session, asked: Question) -> pl.DataFrame:
    """Return the answer to a question."""
    with nullcontext() if asked.keys is None else session.holding(KEYS, asked.keys):
        return _shaped(session.frame(asked.sql.text, asked.sql.parameters), asked)


def _named(session: Session, query: Query) -> list[dict[str, Any]]:
    sql = plain(query)
    found = [dict(zip(query.columns, row, strict=True)) for row in session.rows(sql.text, sql.parameters)]
    for name in query.columns:
        if instant(query.table.stored_columns[name]):
            for row in found:
                row[name] = None if row[name] is None else EPOCH + row[name] * MICROSECOND
    return found


def windows(session: Session, query: Query, *, size: int) -> Iterator[pl.DataFrame]:
    """Yield the answer in parts of neighbouring rows; between them the session is free for other statements.

    The session must see one state throughout.
    """
    parts = _by_position(session, query, size) if question(query).keys is None else _by_match(session, query, size)
    return (part for part in parts if part.height)


def _by_position(session: Session, query: Query, size: int) -> Iterator[pl.DataFrame]:
    end = session.value(f"SELECT coalesce(max(rowid) + 1, 0) FROM {located(query.table.name)}")
    for start in range(0, end, size):
        yield answer(session, question(query, window=(start, start + size)))


def _by_match(session: Session, query: Query, size: int) -> Iterator[pl.DataFrame]:
    # Many keys are joined once, for the numbers of their rows, and not again for each part.
    for rows in answer(session, matches(query)).sort(ROW).iter_slices(size):
        yield answer(session, picked(query, rows))


def _shaped(frame: pl.DataFrame, asked: Question) -> pl.DataFrame:
    ordered = frame[list(asked.schema)]
    # A column of keys can have a type that DuckDB gives back as another, such as a category.
    return ordered if ordered.schema == asked.schema else ordered.cast(dict(asked.schema))  # type: ignore[arg-type]  # a schema is a mapping of types


def _changes(query: Query, since: int) -> Sql:
    table = query.table
    sql = Sql(f"SELECT {names(query.columns)}, ")
    sql.add(f"CASE WHEN {FIRST_SEQ} > ? THEN 'insert' ELSE 'update' END AS change", since)
    sql.add(f" FROM {located(table.name)} WHERE {SEQ} > ? UNION ALL BY NAME", since)
    sql.add(f" SELECT {names(table.key)}, max({SEQ}) AS {SEQ}, 'delete' AS change FROM {located(deletions(table))}")
    sql.add(f" WHERE {SEQ} > ? GROUP BY {names(table.key)} ORDER BY {SEQ}", since)
    return sql if query.limit is None else sql.add(" LIMIT ?", query.limit)
