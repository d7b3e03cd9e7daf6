"""What a store is: a Protocol of reading, writing in transactions, changes, compaction and backup.

Rows are Polars frames with the columns of their `Table`. A store assigns `recorded_at` (one instant per transaction)
and `seq` (a whole number that grows by commit order over all tables, one per row). Reads outside a snapshot see what
is committed at that moment; a snapshot sees one moment throughout; a writer also sees its own writes.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, Protocol, runtime_checkable

import polars as pl

SCHEMA_VERSION: Final = 2

Operator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "is_null", "is_not_null"]
Change = Literal["insert", "update", "delete"]


@dataclass(frozen=True)
class Where:
    """One condition on one column; several together must all hold. A null fulfils only `is_null`.

    Attributes:
        column: A stored column of the table.
        op: The comparison.
        value: What to compare with; a sequence for `in`; None for `is_null` and `is_not_null`.
    """

    column: str
    op: Operator
    value: Any = None


@dataclass(frozen=True)
class Keys:
    """A frame of keys to semi-join with, inside the store's own query.

    Attributes:
        frame: One row per key; its columns beside `on` are attached to the rows that match.
        on: Columns of the table and of `frame`; the rows of `frame` are unique in them. Nulls match nothing.
        keep_null: Also keep rows whose `on` columns are all null, with nulls in the attached columns.
    """

    frame: pl.DataFrame
    on: tuple[str, ...]
    keep_null: bool = False


@dataclass(frozen=True)
class Counts:
    """What a write did: rows new, rows changed, rows that were there already in the same form."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        """Return the sums."""
        return Counts(self.inserted + other.inserted, self.updated + other.updated, self.unchanged + other.unchanged)


@dataclass(frozen=True)
class CompactionReport:
    """What a compaction did.

    Attributes:
        bytes_before: Size of the store before.
        bytes_after: Size of it after.
    """

    bytes_before: int
    bytes_after: int


class Reader(Protocol):
    """Reads from one state of the store."""

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
        """Return rows of `table`.

        Args:
            table: Name of the table.
            columns: Stored columns to return, in that order; None: all, `recorded_at` and `seq` last. Columns that
                `keys` attaches come after them.
            where: Conditions that must all hold.
            keys: Keys to semi-join with.
            known_at: Only what was recorded strictly before; append-only tables only.
            order_by: Columns to sort by, nulls last and ties by `seq`; without it rows come in any order.
            descending: Sort the other way, ties too, nulls still last.
            limit: At most so many rows.

        Raises:
            UnknownTableError: There is no such table.
            SchemaError: There is no such column, a value or key is not of its type, or `known_at` is given for a table
                that is not append-only.
            ConfigurationError: An operator, a limit or an instant without a time zone cannot be meant.
            StoreClosedError: The store is closed.
        """
        ...

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
        """Return a few rows of `table` as plain values by column: what `read` returns, without the cost of a frame.

        It is meant for looking up what is known of one person: a store answers `==` and `in` with a few values fast on
        the columns that a person is looked up by.

        Args:
            table: Name of the table.
            columns: Stored columns to return, in that order.
            where: Conditions that must all hold.
            order_by: Columns to sort by, nulls last and ties by `seq`; without it rows come in any order.
            descending: Sort the other way, ties too, nulls still last.
            limit: At most so many rows.

        Returns:
            A dict for each row: the Python values of Polars' types, instants in UTC.

        Raises:
            UnknownTableError: There is no such table.
            SchemaError: There is no such column, or a value is not of its type.
            ConfigurationError: An operator or a limit cannot be meant.
            StoreClosedError: The store is closed.
        """
        ...

    def batches(
        self,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        where: Sequence[Where] = (),
        keys: Keys | None = None,
        size: int = 250_000,
    ) -> Iterator[pl.DataFrame]:
        """Yield what `read` returns in frames of at most `size` rows, so that memory stays flat.

        All of them show one state, and the same reader can be used for other things in between. A writer that has
        written to the table holds the whole answer in memory.
        """
        ...

    def count(self, table: str, *, where: Sequence[Where] = ()) -> int:
        """Return the number of rows."""
        ...

    def changes(self, table: str, *, since: int = 0, limit: int | None = None) -> pl.DataFrame:
        """Return what happened to `table` after the position `since`, in commit order.

        Each change comes once: polling with the last `seq` seen (or with `last_seq()` where nothing came) never
        repeats or loses one. A row that changed several times in between comes once, in its last form; a row that
        came and went in between comes as a delete; a key that was deleted and came again comes as both.

        Args:
            table: Name of the table.
            since: The position after which changes are told; 0 is the empty copy, so it never expires.
            limit: At most so many changes, the first ones.

        Returns:
            The stored columns, and `change`: `insert` where the row was not there at `since`, `update` where it was
            (both are written to a copy by key), and `delete`. A delete has its key columns and the `seq` of the
            deletion, which each deleted row has for itself, and nulls elsewhere.

        Raises:
            ChangesExpiredError: Deletions since that position are no longer kept.
        """
        ...

    def last_seq(self) -> int:
        """Return the position of the last committed change; 0 in a new store."""
        ...


class Writer(Reader, Protocol):
    """Reads and writes inside one transaction: all of it, or nothing."""

    def append(self, table: str, frame: pl.DataFrame) -> Counts:
        """Add the rows of `frame` whose key is not there yet; of rows with one key the first of the frame.

        Rows get their `seq` in the order of the frame. For tables that are append-only.

        Raises:
            SchemaError: The frame does not fit the table, or the table is not append-only.
        """
        ...

    def append_row(self, table: str, row: Mapping[str, Any], *, fresh: bool = False) -> Counts:
        """Add one row of plain values by column: what `append` does with a frame of it, without the cost of a frame.

        Args:
            table: An append-only table.
            row: Values by column.
            fresh: The key is made of `last_seq()`, so that no row can have it, and none is looked for.

        Raises:
            SchemaError: A column is unknown or required and missing, a value is not of its type, or the table is not
                append-only.
        """
        ...

    def upsert(self, table: str, frame: pl.DataFrame) -> Counts:
        """Add rows, or replace the row with the same key; a row that is already there in the same form is left alone.

        Raises:
            SchemaError: The frame does not fit the table, two of its rows have one key, or the table is append-only.
        """
        ...

    def delete(self, table: str, keys: pl.DataFrame) -> int:
        """Delete the rows that match `keys`, a frame of some stored columns of the table; return how many.

        A null matches nothing. This is how erasure and retention work, so it is allowed on append-only tables too. The
        bytes are gone only after `compact()`.
        """
        ...

    def restore(self, table: str, frame: pl.DataFrame) -> int:
        """Add rows with the `recorded_at` and `seq` that they bring: for import and for stores rebuilt from a backup.

        What was deleted between them is not known, so `changes` since a position before the last of them raises.

        Returns:
            The number of rows added.

        Raises:
            SchemaError: The frame does not fit the stored columns, or a key or `seq` is already there.
        """
        ...


@runtime_checkable
class Store(Reader, Protocol):
    """A store: the administrator's door to all rows, ungated. Entry-point group `unified_customer.stores`."""

    @property
    def url(self) -> str:
        """The URL it was opened with, without secrets."""
        ...

    @property
    def path(self) -> Path | None:
        """The file it is kept in; None where it is in memory or on a server."""
        ...

    def transaction(self, *, recorded_at: datetime) -> AbstractContextManager[Writer]:
        """Begin a transaction; it commits when the block ends, and is rolled back when the block raises.

        One transaction runs at a time; another thread waits. Not reentrant in one thread: StoreError. Readers are
        never waited for, and none sees a part of it.

        Raises:
            StoreError: This thread has a transaction open already.
            ConfigurationError: `recorded_at` has no time zone.
        """
        ...

    def snapshot(self) -> AbstractContextManager[Reader]:
        """Read from one state of the store while others write."""
        ...

    def compact(self, *, keep_changes_since: int = 0) -> CompactionReport:
        """Rewrite the store from its live rows, so that no deleted byte is left.

        It waits until every snapshot, transaction and run of batches has ended, and they for it.

        Args:
            keep_changes_since: Deletions up to this position are forgotten; `changes` from before it raises.

        Raises:
            StoreError: This thread has a snapshot, a transaction or batches open itself.
        """
        ...

    def backup(self, path: Path) -> None:
        """Write a copy that opens as a store of its own, while this one runs.

        Raises:
            StoreError: There is already something at `path`.
        """
        ...

    def close(self) -> None:
        """End all reading and writing, open transactions without a commit; calling it twice is allowed."""
        ...
