"""Reading from a state."""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import polars as pl

from unified_customer.core.errors import ChangesExpiredError, StoreClosedError
from unified_customer.core.tables import RECORDED_AT, SEQ
from unified_customer.store.memory.state import State
from unified_customer.store.protocol import Keys, Where
from unified_customer.store.query import Query, ask, batch_size
from unified_customer.store.rows import FIRST_SEQ, expired_message

_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], pl.Expr]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class MemoryReader:
    """Reads from the state that `current` returns; `current` raises when there is none any more."""

    def __init__(self, current: Callable[[], State]) -> None:
        """Take the function that returns the state."""
        self._current = current

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
        return answer(self._current(), query)

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
        return answer(self._current(), query).to_dicts()

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
        height = batch_size(size)
        whole = self.read(table, columns=columns, where=where, keys=keys)
        return (part for part in whole.iter_slices(height) if part.height)

    def count(self, table: str, *, where: Sequence[Where] = ()) -> int:
        """Return the number of rows."""
        return answer(self._current(), ask(table, where=where)).height

    def changes(self, table: str, *, since: int = 0, limit: int | None = None) -> pl.DataFrame:
        """Return what happened after `since`; see `Reader.changes`."""
        asked = ask(table, limit=limit)
        state = self._current()
        if 0 < since < state.expired:
            raise ChangesExpiredError(expired_message(table, since=since, expired=state.expired))
        return _changes(state, asked, since)

    def last_seq(self) -> int:
        """Return the position of the last change."""
        return self._current().last_seq

    def end(self) -> None:
        """Refuse all further reading."""
        self._current = _ended


def _ended() -> State:
    message = "The block of this transaction or snapshot has ended. Read from the store, or begin another."
    raise StoreClosedError(message)


def answer(state: State, query: Query) -> pl.DataFrame:
    """Return what `query` asks of `state`."""
    rows = state.rows[query.table.name]
    for where in query.where:
        rows = rows.filter(_condition(where, rows.schema[where.column]).fill_null(value=False))
    if query.known_at is not None:
        rows = rows.filter(pl.col(RECORDED_AT) < query.known_at)
    if query.keys is not None:
        rows = _matching(rows, query.keys)
    if query.order_by:
        rows = rows.sort([*query.order_by, SEQ], descending=query.descending, nulls_last=True)
    return rows.select(list(query.schema)).head(rows.height if query.limit is None else query.limit)


def _condition(where: Where, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(where.column)
    if where.op == "is_null":
        return column.is_null()
    if where.op == "is_not_null":
        return column.is_not_null()
    if where.op == "in":
        return column.is_in(pl.Series(where.value, dtype=dtype).implode())
    return _COMPARISONS[where.op](column, pl.lit(where.value, dtype=dtype))


def _matching(rows: pl.DataFrame, keys: Keys) -> pl.DataFrame:
    matched = rows.join(keys.frame.unique(), on=list(keys.on), how="inner")
    if not keys.keep_null:
        return matched
    without = rows.filter(pl.all_horizontal(pl.col(name).is_null() for name in keys.on))
    return pl.concat([matched, without], how="diagonal")


def _changes(state: State, query: Query, since: int) -> pl.DataFrame:
    stored = list(query.table.stored_columns)
    kind = pl.when(pl.col(FIRST_SEQ) > since).then(pl.lit("insert")).otherwise(pl.lit("update"))
    live = state.rows[query.table.name].filter(pl.col(SEQ) > since).select(*stored, change=kind)
    gone = state.deleted[query.table.name].filter(pl.col(SEQ) > since).sort(SEQ)
    last = gone.unique(list(query.table.key), keep="last").with_columns(change=pl.lit("delete"))
    both = pl.concat([live, last], how="diagonal").sort(SEQ)
    return both.head(both.height if query.limit is None else query.limit)
