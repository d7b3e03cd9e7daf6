"""A Hypothesis machine that does the same to a store and to the in-memory one, and compares what they say."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import polars as pl
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from polars.testing import assert_frame_equal

from unified_customer.core.errors import ChangesExpiredError
from unified_customer.core.tables import SEQ, table
from unified_customer.store import Keys, Reader, Store, Where, Writer, open_store
from unified_customer.testing.table_frames import VALUES, frames, key_frames

APPENDED: Final = "order_lines"
UPSERTED: Final = ("links", "customers", "scores")
TOUCHED: Final = (APPENDED, *UPSERTED)
START: Final = datetime(2026, 1, 1, tzinfo=UTC)

Open = Callable[[Path], Store]


def store_machine(open_at: Open, *, persistent: bool = True) -> type[RuleBasedStateMachine]:
    """Return the machine for one kind of store.

    Args:
        open_at: Opens the store that is kept at a path, making it where there is none.
        persistent: Whether what is committed is still there after `close` and opening again.
    """
    own = {"open_at": staticmethod(open_at), "persistent": persistent}
    return type("StoreMachine", (_StoreMachine,), own)


class _StoreMachine(RuleBasedStateMachine):
    open_at: Open
    persistent: bool

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._backups = 0
        self._clock = 0
        self._polled = {name: (0, table(name).empty()) for name in TOUCHED}

    @initialize()
    def begin(self) -> None:
        self.path = Path(self._folder.name) / "store"
        self.store, self.model = self.open_at(self.path), open_store("memory://")
        self.writing: ExitStack | None = None
        self.writers: tuple[Writer, Writer] | None = None
        self.snapshots: list[tuple[ExitStack, Reader, Reader]] = []

    # ------------------------------------------------------------------------------------------ transactions

    @precondition(lambda self: self.writers is None)
    @rule()
    def begin_transaction(self) -> None:
        self._clock += 1
        at = START + timedelta(seconds=self._clock)
        self.writing = ExitStack()
        self.writers = (
            self.writing.enter_context(self.store.transaction(recorded_at=at)),
            self.writing.enter_context(self.model.transaction(recorded_at=at)),
        )

    @precondition(lambda self: self.writers is not None)
    @rule(frame=frames(APPENDED, keys=2))
    def append(self, frame: pl.DataFrame) -> None:
        self._write(lambda writer: writer.append(APPENDED, frame))

    @precondition(lambda self: self.writers is not None)
    @rule(row=frames(APPENDED, keys=2).filter(len).map(lambda frame: frame.row(0, named=True)))
    def append_row(self, row: dict[str, Any]) -> None:
        self._write(lambda writer: writer.append_row(APPENDED, row))

    @precondition(lambda self: self.writers is not None)
    @rule(data=st.data(), name=st.sampled_from(UPSERTED))
    def upsert(self, data: st.DataObject, name: str) -> None:
        frame = data.draw(frames(name, unique=True))
        self._write(lambda writer: writer.upsert(name, frame))

    @precondition(lambda self: self.writers is not None)
    @rule(data=st.data(), name=st.sampled_from(TOUCHED))
    def delete(self, data: st.DataObject, name: str) -> None:
        columns = data.draw(st.lists(st.sampled_from(table(name).key), min_size=1, unique=True))
        keys = data.draw(key_frames(name, columns))
        self._write(lambda writer: writer.delete(name, keys))

    @precondition(lambda self: self.writers is not None)
    @rule()
    def commit(self) -> None:
        self._block().close()
        self.writing = self.writers = None

    @precondition(lambda self: self.writers is not None)
    @rule()
    def fail(self) -> None:
        with suppress(_PlannedError), self._block():
            raise _PlannedError
        self.writing = self.writers = None

    # ----------------------------------------------------------------------------------------------- reading

    @rule()
    def take_snapshot(self) -> None:
        block = ExitStack()
        pair = block.enter_context(self.store.snapshot()), block.enter_context(self.model.snapshot())
        self.snapshots.append((block, *pair))

    @precondition(lambda self: self.snapshots)
    @rule()
    def end_snapshot(self) -> None:
        block, reader, model = self.snapshots.pop(0)
        _same_rows(reader, model)
        block.close()

    @rule(data=st.data(), name=st.sampled_from(TOUCHED))
    def ask(self, data: st.DataObject, name: str) -> None:
        asked = data.draw(_questions(name))
        _same_answers(self.store.read(name, **asked), self.model.read(name, **asked), ordered=bool(asked["order_by"]))
        _equal(self.store.count(name, where=asked["where"]), self.model.count(name, where=asked["where"]))

    @rule(data=st.data(), name=st.sampled_from(TOUCHED), limit=st.none() | st.integers(0, 3))
    def look_up(self, data: st.DataObject, name: str, limit: int | None) -> None:
        asked = {each: part for each, part in data.draw(_questions(name)).items() if each != "keys"}
        asked["columns"] = [*{*(asked["columns"] or table(name).columns), SEQ}]
        asked["limit"] = limit if asked["order_by"] else None
        for reader, model in [(self.store, self.model), *((each[1], each[2]) for each in self.snapshots)]:
            found, expected = reader.rows(name, **asked), model.read(name, **asked).to_dicts()
            if not asked["order_by"]:
                found, expected = (sorted(rows, key=itemgetter(SEQ)) for rows in (found, expected))
            _equal(found, expected)

    @rule(data=st.data(), name=st.sampled_from(TOUCHED))
    def ask_in_parts(self, data: st.DataObject, name: str) -> None:
        asked = {each: part for each, part in data.draw(_questions(name)).items() if each in {"where", "keys"}}
        readers = [self.store, *(self.writers or ())[:1], *(each[1] for each in self.snapshots)]
        for reader in readers:
            parts = list(reader.batches(name, **asked, size=2))
            whole = reader.read(name, **asked)
            _equal([part.height for part in parts if not 1 <= part.height <= 2], [])
            _same_answers(pl.concat([whole.clear(), *parts]), whole)

    @rule(name=st.sampled_from(TOUCHED), since=st.integers(0, 30), limit=st.none() | st.integers(0, 5))
    def changes(self, name: str, since: int, limit: int | None) -> None:
        try:
            expected = self.model.changes(name, since=since, limit=limit)
        except ChangesExpiredError:
            _raises(ChangesExpiredError, lambda: self.store.changes(name, since=since, limit=limit))
        else:
            assert_frame_equal(self.store.changes(name, since=since, limit=limit), expected)

    @rule(name=st.sampled_from(TOUCHED), limit=st.none() | st.integers(1, 5))
    def poll(self, name: str, limit: int | None) -> None:
        since, copy = self._polled[name]
        try:
            changes = self.store.changes(name, since=since, limit=limit)
        except ChangesExpiredError:
            since, copy = 0, table(name).empty()
            changes = self.store.changes(name, limit=limit)
        copy = apply_changes(name, copy, changes)
        caught_up = limit is None or changes.height < limit
        self._polled[name] = (self.store.last_seq() if caught_up else int(changes[SEQ][-1]), copy)
        if caught_up:
            now = self.store.read(name, columns=list(table(name).columns))
            assert_frame_equal(copy, now, check_row_order=False)

    # ------------------------------------------------------------------------------------------- the whole

    @precondition(lambda self: self.writers is None and not self.snapshots)
    @rule(since=st.integers(0, 40))
    def compact(self, since: int) -> None:
        self.store.compact(keep_changes_since=since)
        self.model.compact(keep_changes_since=since)

    @precondition(lambda self: self.persistent and self.writers is None and not self.snapshots)
    @rule()
    def open_again(self) -> None:
        self.store.close()
        self.store = self.open_at(self.path)

    @rule()
    def back_up(self) -> None:
        self._backups += 1
        path = Path(self._folder.name) / f"backup{self._backups}"
        self.store.backup(path)
        copy = self.open_at(path)
        try:
            _same_rows(copy, self.model)
        finally:
            copy.close()

    @invariant()
    def they_hold_the_same(self) -> None:
        if hasattr(self, "store"):
            _same_rows(self.store, self.model)
            if self.writers is not None:
                _same_rows(*self.writers)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            for block in (self.writing, *(each[0] for each in self.snapshots)):
                if block is not None:
                    block.close()
            self.store.close()
        self._folder.cleanup()

    def _write(self, write: Callable[[Writer], object]) -> None:
        found, expected = (write(writer) for writer in self.writers or ())
        _equal(found, expected)

    def _block(self) -> ExitStack:
        return self.writing or ExitStack()


class _PlannedError(Exception):
    pass


def apply_changes(name: str, copy: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """Return `copy`, a frame of the columns of a table, after what `Reader.changes` delivered."""
    target = table(name)
    for row in changes.iter_slices(1):
        rest = copy.join(row, on=list(target.key), how="anti", nulls_equal=True)
        gone = row["change"].item() == "delete"
        copy = rest if gone else rest.vstack(row.select(list(target.columns)))
    return copy


def _questions(name: str) -> st.SearchStrategy[dict[str, Any]]:
    columns = list(table(name).stored_columns)
    return st.fixed_dictionaries(
        {
            "columns": st.none() | st.lists(st.sampled_from(columns), min_size=1, max_size=4, unique=True),
            "where": st.lists(_conditions(name), max_size=2),
            "keys": st.none() | _keys(name),
            "order_by": st.just(()) | st.lists(st.sampled_from(_sortable(name)), max_size=2, unique=True),
            "descending": st.booleans(),
        }
    )


def _sortable(name: str) -> list[str]:
    return [column for column, dtype in table(name).stored_columns.items() if not isinstance(dtype, pl.List)]


def _conditions(name: str) -> st.SearchStrategy[Where]:
    def of(column: str) -> st.SearchStrategy[Where]:
        value = st.sampled_from(VALUES[type(table(name).stored_columns[column])])
        return st.one_of(
            st.builds(Where, st.just(column), st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), value),
            st.builds(Where, st.just(column), st.just("in"), st.lists(value, max_size=3)),
            st.builds(Where, st.just(column), st.sampled_from(["is_null", "is_not_null"])),
        )

    return st.sampled_from(_sortable(name)).flatmap(of)


def _keys(name: str) -> st.SearchStrategy[Keys]:
    on = st.lists(st.sampled_from(table(name).key), min_size=1, unique=True)

    def of(columns: list[str]) -> st.SearchStrategy[Keys]:
        keys = key_frames(name, columns)
        attached = st.one_of(keys, keys.map(lambda frame: frame.with_row_index("number")))
        return st.builds(Keys, attached, st.just(tuple(columns)), keep_null=st.booleans())

    return on.flatmap(of)


def _same_rows(reader: Reader, model: Reader) -> None:
    for name in TOUCHED:
        _same_answers(reader.read(name), model.read(name))
    _equal(reader.last_seq(), model.last_seq())


def _same_answers(found: pl.DataFrame, expected: pl.DataFrame, *, ordered: bool = False) -> None:
    assert_frame_equal(found, expected, check_row_order=ordered, check_column_order=True)


def _equal(found: object, expected: object) -> None:
    if found != expected:
        message = f"{found!r} was found where {expected!r} was expected"
        raise AssertionError(message)


def _raises(kind: type[Exception], act: Callable[[], object]) -> None:
    try:
        act()
    except kind:
        return
    message = f"{kind.__name__} was expected"
    raise AssertionError(message)
