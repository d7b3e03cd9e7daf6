"""Writing through one session, inside one transaction."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any, Final

import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.core.tables import RECORDED_AT, SEQ, TABLES, Table
from unified_customer.store.duckdb.layout import (
    META,
    deletions,
    located,
    names,
    quoted,
    row_columns,
    sort_order,
    sql_type,
)
from unified_customer.store.duckdb.questions import question, same
from unified_customer.store.duckdb.reading import DuckReader, Sessions, answer, position, windows
from unified_customer.store.duckdb.session import Session
from unified_customer.store.duckdb.single import insert, is_there
from unified_customer.store.protocol import Counts
from unified_customer.store.query import Query
from unified_customer.store.rows import (
    FIRST_SEQ,
    already_there,
    appendable,
    appendable_row,
    deletable,
    first_of_each,
    greatest_seq,
    restorable,
    sequenced,
    upsertable,
)

Step = Callable[[str], None]

GIVEN: Final = "_given"
PLACE: Final = "_place"
"""Row number in a given frame, by which it is told which of its rows are new."""


def placeholder(target: Table, name: str) -> str:
    """Return a parameter of a statement with the type of a stored column."""
    return f"CAST(? AS {sql_type(row_columns(target)[name])})"


class DuckWriter(DuckReader):
    """Reads and writes in the transaction of its session."""

    def __init__(
        self, session: Session, *, committed: Sessions, recorded_at: datetime, step: Step, last_seq: int | None = None
    ) -> None:
        """Begin the transaction.

        Args:
            session: The session that it runs in.
            committed: Opens a session that sees what is committed, for reading in parts.
            recorded_at: The instant that its rows get.
            step: Called after each step, with its name.
            last_seq: The position of the last change that is committed; None: it is read.
        """
        super().__init__(lambda: nullcontext(session))
        session.run("BEGIN TRANSACTION")
        self._session = session
        self._committed = committed
        self._touched: set[str] = set()
        self._recorded_at = recorded_at
        self._step = step
        self._began = self._last = position(session, "last_seq") if last_seq is None else last_seq
        step("transaction:begun")

    def append(self, table: str, frame: pl.DataFrame) -> Counts:
        """Add the rows whose key is not there yet; see `Writer.append`."""
        target, given = appendable(table, frame)
        new = self._unknown(target, given if _all_different(target, given) else first_of_each(target, given))
        self._insert(target, self._stamped(new).with_columns(pl.col(SEQ).alias(FIRST_SEQ)))
        return Counts(inserted=new.height, unchanged=given.height - new.height)

    def append_row(self, table: str, row: Mapping[str, Any], *, fresh: bool = False) -> Counts:
        """Add one row of plain values; see `Writer.append_row`."""
        target, given = appendable_row(table, row)
        if not fresh and is_there(self._session, target, given):
            return Counts(unchanged=1)
        self._last += 1
        stamps = {RECORDED_AT: self._recorded_at, SEQ: self._last, FIRST_SEQ: self._last}
        insert(self._session, target, {**given, **stamps})
        self._wrote(target, "inserted")
        return Counts(inserted=1)

    def upsert(self, table: str, frame: pl.DataFrame) -> Counts:
        """Add or replace rows; see `Writer.upsert`."""
        target, given = upsertable(table, frame)
        changed = self._changed(target, given)
        replaced = changed.filter(pl.col(FIRST_SEQ).is_not_null())
        self._remove(target, replaced)
        self._insert(target, self._stamped(changed).with_columns(pl.col(FIRST_SEQ).fill_null(pl.col(SEQ))))
        return Counts(
            inserted=changed.height - replaced.height,
            updated=replaced.height,
            unchanged=given.height - changed.height,
        )

    def delete(self, table: str, keys: pl.DataFrame) -> int:
        """Delete the rows that match; see `Writer.delete`."""
        target, wanted = deletable(table, keys)
        on = same(wanted.columns, "t", "k")
        with self._session.holding(GIVEN, wanted):
            gone = int(self._session.value(f"SELECT count(*) FROM {located(table)} t SEMI JOIN {GIVEN} k ON {on}"))
            self._session.run(
                f"INSERT INTO {located(deletions(target))} ({names(target.key)}, {SEQ}) "
                f"SELECT {names(target.key, of='t')}, ? + row_number() OVER (ORDER BY t.{SEQ}) "
                f"FROM {located(table)} t SEMI JOIN {GIVEN} k ON {on}",
                [self._last],
            )
            self._wrote(target, "logged")
            self._session.run(f"DELETE FROM {located(table)} t USING {GIVEN} k WHERE {on}")
        self._last += gone
        self._wrote(target, "deleted")
        return gone

    def restore(self, table: str, frame: pl.DataFrame) -> int:
        """Add rows with the `recorded_at` and `seq` that they bring; see `Writer.restore`."""
        target, given = restorable(table, frame)
        if not given.height:
            return 0
        if self._unknown(target, given).height < given.height or self._taken(given.select(SEQ)):
            raise SchemaError(already_there(table))
        self._insert(target, given.with_columns(pl.col(SEQ).alias(FIRST_SEQ)))
        self._last = max(self._last, greatest_seq(given))
        self._put("expired", max(position(self._session, "expired"), greatest_seq(given)))
        return given.height

    def last_seq(self) -> int:
        """Return the position of the last change, those of this transaction included."""
        self._session.require_open()
        return self._last

    def commit(self) -> None:
        """Make all of it visible and durable."""
        if self._last != self._began:
            self._put("last_seq", self._last)
            self._step("transaction:counted")
        self._session.run("COMMIT")
        self._step("transaction:committed")

    def _parts(self, query: Query, *, size: int) -> Iterator[pl.DataFrame]:
        self._session.require_open()
        if query.table.name in self._touched:
            whole = answer(self._session, question(query))
            return (part for part in whole.iter_slices(size) if part.height)
        return self._committed_parts(query, size=size)

    def _committed_parts(self, query: Query, *, size: int) -> Iterator[pl.DataFrame]:
        # Rows that are written meanwhile move, so the parts come from a session that does not see them.
        with self._committed() as session:
            yield from windows(session, query, size=size)

    def _unknown(self, target: Table, given: pl.DataFrame) -> pl.DataFrame:
        if given.height == 1 and None not in given.select(target.key).row(0):
            return given.clear() if self._is_there(target, given.row(0, named=True)) else given
        keys = given.select(target.key).with_row_index(PLACE)
        null_safe = any(keys[name].null_count() for name in target.key)
        with self._session.holding(GIVEN, keys):
            places = self._session.frame(
                f"SELECT {PLACE} FROM {GIVEN} k ANTI JOIN {located(target.name)} t "
                f"ON {same(target.key, 't', 'k', null_safe=null_safe)}"
            )
        return given if places.height == given.height else given[places[PLACE].sort()]

    def _is_there(self, target: Table, row: Mapping[str, Any]) -> bool:
        on = " AND ".join(f"t.{quoted(name)} = {placeholder(target, name)}" for name in target.key)
        sql = f"SELECT EXISTS (FROM {located(target.name)} t WHERE {on})"
        return bool(self._session.value(sql, [row[name] for name in target.key]))

    def _changed(self, target: Table, given: pl.DataFrame) -> pl.DataFrame:
        """Return the rows that are new or differ from what is stored, with the hidden `seq` of what they replace."""
        new = self._unknown(target, given)
        if new.height == given.height:
            return given.with_columns(pl.lit(None, dtype=pl.Int64).alias(FIRST_SEQ))
        found = self._found(target, given)
        return given[found[PLACE]].with_columns(found[FIRST_SEQ])

    def _found(self, target: Table, given: pl.DataFrame) -> pl.DataFrame:
        rest = [name for name in target.columns if name not in target.key]
        differs = " OR ".join(f"t.{quoted(name)} IS DISTINCT FROM k.{quoted(name)}" for name in rest) or "FALSE"
        with self._session.holding(GIVEN, given.with_row_index(PLACE)):
            return self._session.frame(
                f"SELECT k.{PLACE}, t.{FIRST_SEQ} FROM {GIVEN} k LEFT JOIN {located(target.name)} t "
                f"ON {same(target.key, 't', 'k', null_safe=True)} "
                f"WHERE t.{FIRST_SEQ} IS NULL OR {differs}"
            ).sort(PLACE)

    def _remove(self, target: Table, replaced: pl.DataFrame) -> None:
        if not replaced.height:
            return
        on = same(target.key, "t", "k", null_safe=True)
        with self._session.holding(GIVEN, replaced.select(target.key)):
            self._session.run(f"DELETE FROM {located(target.name)} t USING {GIVEN} k WHERE {on}")
        self._wrote(target, "removed")

    def _insert(self, target: Table, rows: pl.DataFrame) -> None:
        if not rows.height:
            return
        columns = list(row_columns(target))
        if rows.height == 1:
            # One row, such as an entry of the audit: values in the statement cost less than a frame beside it.
            values = ", ".join(placeholder(target, name) for name in columns)
            self._session.run(
                f"INSERT INTO {located(target.name)} ({names(columns)}) VALUES ({values})", rows.select(columns).row(0)
            )
            self._wrote(target, "inserted")
            return
        with self._session.holding(GIVEN, _in_order(rows.select(columns), sort_order(target))):
            self._session.run(f"INSERT INTO {located(target.name)} ({names(columns)}) SELECT * FROM {GIVEN}")
        self._wrote(target, "inserted")

    def _taken(self, seqs: pl.DataFrame) -> bool:
        relations = [name for each in TABLES.values() for name in (each.name, deletions(each))]
        each = [
            f"(SELECT count(*) FROM {located(name)} t SEMI JOIN {GIVEN} k ON t.{SEQ} = k.{SEQ})" for name in relations
        ]
        with self._session.holding(GIVEN, seqs):
            return int(self._session.value(f"SELECT {' + '.join(each)}")) > 0

    def _stamped(self, frame: pl.DataFrame) -> pl.DataFrame:
        instant = pl.lit(self._recorded_at, dtype=pl.Datetime("us", "UTC"))
        stamped = sequenced(frame, after=self._last).with_columns(instant.alias(RECORDED_AT))
        self._last += stamped.height
        return stamped

    def _wrote(self, target: Table, what: str) -> None:
        self._touched.add(target.name)
        self._step(f"{target.name}:{what}")

    def _put(self, name: str, value: int) -> None:
        self._session.run(f"UPDATE {located(META)} SET value = ? WHERE name = ?", [value, name])


def _all_different(target: Table, rows: pl.DataFrame) -> bool:
    """Tell whether no two rows have one key; False where it takes a closer look."""
    # Keys with different hashes are different; the hashes are quicker to compare.
    return rows.select(target.key).hash_rows().n_unique() == rows.height


def _in_order(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    # Rows that come in order are not copied.
    if rows[columns[0]].is_sorted() and rows.select(pl.arg_sort_by(list(columns))).to_series().is_sorted():
        return rows
    return rows.sort(columns)
