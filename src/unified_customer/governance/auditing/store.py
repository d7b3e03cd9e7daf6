"""A store that seals each entry of its audit: whoever writes one, it gets its place in the chain."""

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from unified_customer.core.errors import StoreClosedError, StoreError
from unified_customer.core.models import Actor
from unified_customer.core.tables import AUDIT, RECORDED_AT, SEQ
from unified_customer.governance.auditing.entries import Entry, canonical_frame, canonical_row, entry_row
from unified_customer.governance.auditing.heads import HeadFile, KeptHead, TreeHead, head_path, heads_of
from unified_customer.governance.auditing.sealing import NOTHING, Seals
from unified_customer.methods.transparency_log import Frontier
from unified_customer.store import CompactionReport, Counts, Reader, Store, Where, Writer

KEPT_AT: Final = frozenset({"begin", "load", "resolve", "erase", "rotate_key"})
"""Actions after which the head is kept at once."""

KEPT_EVERY: Final = 1_000
"""Entries after which it is kept in any case."""

KEPT_WITHIN: Final = timedelta(minutes=1)
"""Time after which it is kept with the next entry."""

NUMBERED: Final = Where("number", "is_not_null")
UNNUMBERED: Final = Where("number", "is_null")
BEGINNER: Final = Actor(id="unified_customer")


@dataclass(frozen=True)
class Tail:
    """Where the chain ends.

    Attributes:
        last_seq: The position of the store at which it ended there.
        size: Number of entries.
        leaf: The last leaf.
        at: When the last entry was recorded; None where there is none.
    """

    last_seq: int
    size: int = 0
    leaf: bytes = NOTHING
    at: datetime | None = None


def tail_of(reader: Reader) -> Tail:
    """Return where the chain in a store ends."""
    columns = ["number", "leaf_hash", RECORDED_AT]
    last = reader.rows("audit", columns=columns, where=[NUMBERED], order_by=["number"], descending=True, limit=1)
    if not last:
        return Tail(reader.last_seq())
    number, leaf, at = (last[0][name] for name in columns)
    return Tail(reader.last_seq(), number + 1, bytes.fromhex(leaf or ""), at)


class PassingReader:
    """Hands each question on to another reader."""

    def __init__(self, reader: Reader) -> None:
        """Ask `reader`."""
        self._reader = reader

    def read(self, table: str, **asked: Any) -> pl.DataFrame:
        """Return rows; see `Reader.read`."""
        return self._reader.read(table, **asked)

    def rows(self, table: str, **asked: Any) -> list[dict[str, Any]]:
        """Return a few rows; see `Reader.rows`."""
        return self._reader.rows(table, **asked)

    def batches(self, table: str, **asked: Any) -> Iterator[pl.DataFrame]:
        """Yield rows; see `Reader.batches`."""
        return self._reader.batches(table, **asked)

    def count(self, table: str, **asked: Any) -> int:
        """Return the number of rows; see `Reader.count`."""
        return self._reader.count(table, **asked)

    def changes(self, table: str, **asked: Any) -> pl.DataFrame:
        """Return what happened; see `Reader.changes`."""
        return self._reader.changes(table, **asked)

    def last_seq(self) -> int:
        """Return the position; see `Reader.last_seq`."""
        return self._reader.last_seq()


class SealedWriter(PassingReader):
    """Writes in a transaction of another writer, and seals the entries of the audit among it."""

    def __init__(self, writer: Writer, *, tail: Tail | None, seals: Seals, recorded_at: datetime) -> None:
        """Write through `writer`; `tail` is where the chain ended when it was last known."""
        super().__init__(writer)
        self._writer = writer
        self._seals = seals
        self._recorded_at = recorded_at
        self._tail = tail if tail is not None and tail.last_seq == writer.last_seq() else None
        self.actions: set[str] = set()

    @property
    def tail(self) -> Tail | None:
        """Where the chain ends after the transaction; None where it wrote no entry and nobody asked."""
        tail = self._tail
        return None if tail is None else Tail(self._writer.last_seq(), tail.size, tail.leaf, tail.at)

    def append(self, table: str, frame: pl.DataFrame) -> Counts:
        """Add rows; see `Writer.append`."""
        if table != AUDIT.name:
            return self._writer.append(table, frame)
        return sum((self.append_row(table, row) for row in AUDIT.conform(frame).iter_rows(named=True)), Counts())

    def append_row(self, table: str, row: Mapping[str, Any], *, fresh: bool = False) -> Counts:
        """Add a row; see `Writer.append_row`."""
        if table != AUDIT.name:
            return self._writer.append_row(table, row, fresh=fresh)
        if self._tail is None:
            self._tail = tail_of(self._writer)
        if self._tail.size == 0 and (before := self._before()):
            self._enter(before, fresh=True)
            # Its id was made of the position that the first entry of the chain has now.
            row = {**row, "audit_id": str(self._writer.last_seq() + 1)} if fresh else row
        return self._enter(row, fresh=fresh)

    def upsert(self, table: str, frame: pl.DataFrame) -> Counts:
        """Add or replace rows; see `Writer.upsert`."""
        return self._writer.upsert(table, frame)

    def delete(self, table: str, keys: pl.DataFrame) -> int:
        """Delete rows; see `Writer.delete`.

        Raises:
            StoreError: They are entries of the audit.
        """
        if table == AUDIT.name:
            message = "Entries of the audit are never deleted: they hold names of people by keyed hashes alone."
            raise StoreError(message)
        return self._writer.delete(table, keys)

    def restore(self, table: str, frame: pl.DataFrame) -> int:
        """Add rows as they were; see `Writer.restore`."""
        self._tail = None if table == AUDIT.name else self._tail
        return self._writer.restore(table, frame)

    def _enter(self, row: Mapping[str, Any], *, fresh: bool) -> Counts:
        tail = self._tail or tail_of(self._writer)
        numbered = {**row, "number": tail.size, RECORDED_AT: self._recorded_at, SEQ: self._writer.last_seq() + 1}
        seal, leaf = self._seals.sealed(tail.size, tail.leaf, canonical_row(numbered))
        own = {"number": tail.size, "seal": seal.hex(), "leaf_hash": leaf.hex()}
        counts = self._writer.append_row(AUDIT.name, {**row, **own}, fresh=fresh)
        if counts.inserted:
            self._tail = Tail(tail.last_seq, tail.size + 1, leaf, self._recorded_at)
            self.actions.add(row["action"])
        return counts

    def _before(self) -> dict[str, Any] | None:
        """Return the first entry of a chain that begins after others: they can no longer be changed from then on."""
        frame = self._writer.read(AUDIT.name, where=[UNNUMBERED], order_by=[SEQ])
        if frame.is_empty():
            return None
        detail = {"entries": frame.height, "seal": self._seals.seal_of_all(canonical_frame(frame))}
        entry = Entry("begin", table=AUDIT.name, rows=frame.height, detail=detail)
        return entry_row(BEGINNER, entry, at=self._recorded_at, seq=self._writer.last_seq() + 1)


class SealedStore(PassingReader):
    """A store whose audit is sealed, with the heads that are kept outside of it.

    It may be shared by threads as the store may, and other stores of this kind may lie over the same one.
    """

    def __init__(self, store: Store, seals: Seals) -> None:
        """Lie over `store`, which is closed with it."""
        super().__init__(store)
        self._store = store
        self.seals = seals
        self.heads = heads_of(store)
        self._tail: Tail | None = None
        self._frontier: Frontier | None = None
        self._kept: Tail | None = None

    @property
    def url(self) -> str:
        """The URL it was opened with."""
        return self._store.url

    @property
    def path(self) -> Path | None:
        """The file it is kept in."""
        return self._store.path

    @property
    def tail(self) -> Tail | None:
        """Where the chain ended when this object last wrote to it; None where it did not yet."""
        return self._tail

    @contextlib.contextmanager
    def transaction(self, *, recorded_at: datetime) -> Iterator[SealedWriter]:
        """Begin a transaction; see `Store.transaction`."""
        with self._store.transaction(recorded_at=recorded_at) as writer:
            sealed = SealedWriter(writer, tail=self._tail, seals=self.seals, recorded_at=recorded_at)
            yield sealed
            tail = sealed.tail
        # Only what is committed is remembered: after anything else the chain is looked up again.
        self._tail = tail or self._tail
        if sealed.actions:
            self._keep_if_due(sealed.actions)

    def snapshot(self) -> AbstractContextManager[Reader]:
        """Read from one state; see `Store.snapshot`."""
        return self._store.snapshot()

    def compact(self, *, keep_changes_since: int = 0) -> CompactionReport:
        """Rewrite the store from its live rows; see `Store.compact`."""
        return self._store.compact(keep_changes_since=keep_changes_since)

    def backup(self, path: Path) -> None:
        """Write a copy, with the heads beside it; see `Store.backup`."""
        self.keep_head()
        # Read before the copy is made, so that none is of a later state than the copy.
        heads = self.heads.text() if isinstance(self.heads, HeadFile) else None
        self._store.backup(path)
        if heads is not None:
            head_path(path).write_text(heads, encoding="utf-8")

    def close(self) -> None:
        """End all reading and writing, after the head was kept."""
        try:
            with contextlib.suppress(StoreClosedError):
                self.keep_head()
        finally:
            self._store.close()

    def head(self, *, at: datetime) -> TreeHead:
        """Return the head of the audit as it is committed now."""
        with self._store.snapshot() as reader:
            frontier = self._frontier = self._grown(reader)
        return TreeHead.sealed(frontier, at=at, seals=self.seals)

    def keep_head(self) -> None:
        """Keep the head outside the store, if there are entries since the last one."""
        tail = self._tail
        if tail is None or tail.at is None or (self._kept is not None and tail.size <= self._kept.size):
            return
        with self._store.snapshot() as reader:
            frontier = self._frontier = self._grown(reader)
            last = tail_of(reader)
        if last.size == frontier.size:
            head = TreeHead.sealed(frontier, at=last.at or tail.at, seals=self.seals)
            self.heads.add(KeptHead(head, frontier.peaks, last.leaf))
        self._kept = tail

    def _keep_if_due(self, actions: set[str]) -> None:
        tail = self._tail
        if tail is None or tail.at is None:
            return
        self._kept = kept = self._kept or Tail(0, max(tail.size - 1, 0), at=tail.at)
        waited = kept.at is not None and tail.at - kept.at >= KEPT_WITHIN
        if waited or tail.size - kept.size >= KEPT_EVERY or actions & KEPT_AT:
            # What was done is committed: that the head could not be written beside it is no reason to say it was not.
            with contextlib.suppress(OSError, StoreClosedError):
                self.keep_head()

    def _grown(self, reader: Reader) -> Frontier:
        """Return the tree over all entries, grown from what is known of it."""
        known = self._frontier or self._kept_frontier(reader)
        where = [Where("number", ">=", known.size)]
        new = reader.read("audit", columns=["number", "leaf_hash"], where=where, order_by=["number"])
        # Where entries are missing the tree ends before them; `verify` tells.
        in_place = (new["number"] == pl.int_range(known.size, known.size + new.height, eager=True)).cum_sum()
        whole = new.head(int((in_place == pl.int_range(1, new.height + 1, eager=True)).sum()))
        return known.extended(bytes.fromhex(leaf) for leaf in whole["leaf_hash"])

    def _kept_frontier(self, reader: Reader) -> Frontier:
        """Return the tree at the last head that is a part of this history; an empty one where there is none."""
        size = tail_of(reader).size
        for kept in self.heads.newest_first():
            if kept is not None and kept.head.size <= size and kept.head.made_with(self.seals):
                where = [Where("number", "==", kept.head.size - 1)]
                leaves = reader.rows("audit", columns=["leaf_hash"], where=where)
                if [row["leaf_hash"] for row in leaves] == [kept.leaf.hex()]:
                    return kept.frontier() or Frontier()
        return Frontier()
