"""One cursor of DuckDB, for one piece of work: statements in, Polars frames out, errors in our own tree."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

import duckdb
import polars as pl

from unified_customer.core.errors import StoreClosedError, StoreError

Parameters = Sequence[Any]

_TELLING: Final = (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.TransactionException)
"""Errors whose text is about files, memory and locks, and so holds no value of a row."""


class Lent:
    """A frame that DuckDB may read until it is taken back.

    What is registered in a transaction stays referred to until the transaction ends: without this, all frames of a
    long one would stay in memory together. DuckDB also reads the frame as it is, where a registered `pl.DataFrame` is
    first copied into an Arrow table.
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        """Lend `frame`."""
        self._frame: pl.DataFrame | None = frame

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return the frame as a stream; see the Arrow PyCapsule interface."""
        if self._frame is None:
            message = "The frame was taken back."
            raise StoreClosedError(message)
        return self._frame.__arrow_c_stream__(requested_schema)

    def take_back(self) -> None:
        """Let go of the frame."""
        self._frame = None


class Statements:
    """The statements that were run last, parsed: for a small question parsing is a third of the work.

    A parsed statement holds no value of a row, and belongs to no cursor and no transaction.
    """

    def __init__(self, size: int = 256) -> None:
        """Remember at most `size` statements."""
        self._size = size
        self._parsed: OrderedDict[str, duckdb.Statement] = OrderedDict()
        self._lock = threading.Lock()

    def parsed(self, cursor: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
        """Return the one statement in `sql`."""
        with self._lock:
            if (known := self._parsed.get(sql)) is not None:
                self._parsed.move_to_end(sql)
                return known
        (statement,) = cursor.extract_statements(sql)
        with self._lock:
            self._parsed[sql] = statement
            if len(self._parsed) > self._size:
                self._parsed.popitem(last=False)
        return statement


class Session:
    """A cursor that one thread uses at a time; another thread that ends it waits for the statement that runs."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, statements: Statements) -> None:
        """Take over `cursor`; `statements` is shared by all sessions of a database."""
        self._cursor = cursor
        self._statements = statements
        self._lock = threading.RLock()
        self._open = True

    def run(self, sql: str, parameters: Parameters = ()) -> None:
        """Run a statement whose result nobody wants."""
        with self._using():
            self._executed(sql, parameters).fetchall()  # an unread result blocks the next statement

    def rows(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """Return a small result as tuples."""
        with self._using():
            return self._executed(sql, parameters).fetchall()

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """Return the one value of a result."""
        return self.rows(sql, parameters)[0][0]

    def frame(self, sql: str, parameters: Parameters = ()) -> pl.DataFrame:
        """Return a result as a Polars frame, by way of Arrow."""
        with self._using():
            table = self._cursor.sql(sql, params=list(parameters)).to_arrow_table()
            frame: pl.DataFrame = pl.from_arrow(table)  # type: ignore[assignment]  # of a table it is a frame
            return frame

    @contextmanager
    def holding(self, name: str, frame: pl.DataFrame) -> Iterator[None]:
        """Let statements of this session read `frame` under `name`."""
        lent = Lent(frame)
        with self._using():
            self._cursor.register(name, lent)
        try:
            yield
        finally:
            lent.take_back()
            with suppress(StoreClosedError), self._using():
                self._cursor.unregister(name)

    def require_open(self) -> None:
        """Raise if the session has ended.

        Raises:
            StoreClosedError: It has.
        """
        if not self._open:
            message = "The store, or the block of this reader, has been closed. Open it, or begin another."
            raise StoreClosedError(message)

    def end(self) -> None:
        """Give the cursor back; a transaction that is open is rolled back."""
        with self._lock:
            self._open = False
            self._cursor.close()

    def _executed(self, sql: str, parameters: Parameters) -> duckdb.DuckDBPyConnection:
        return self._cursor.execute(self._statements.parsed(self._cursor, sql), list(parameters))

    @contextmanager
    def _using(self) -> Iterator[None]:
        with self._lock:
            self.require_open()
            with translated():
                yield


@contextmanager
def translated() -> Iterator[None]:
    """Turn errors of DuckDB into ours; what could hold a value of a row is left out.

    Raises:
        StoreError: DuckDB could not do it.
    """
    try:
        yield
    except _TELLING as error:
        message = f"DuckDB could not do this: {error}"
        raise StoreError(message) from error
    except duckdb.Error as error:
        message = f"DuckDB could not do this: {type(error).__name__}. Its own text is left out: it may hold values."
        raise StoreError(message) from None
