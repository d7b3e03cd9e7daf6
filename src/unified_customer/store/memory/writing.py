"""Writing: from one state to the next."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.core.tables import RECORDED_AT, SEQ, Table
from unified_customer.store.memory.reading import MemoryReader
from unified_customer.store.memory.state import State, deleted_schema, row_schema
from unified_customer.store.protocol import Counts
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

_OLD: Final = "_old"


class MemoryWriter(MemoryReader):
    """Reads and writes a state of its own, which its store takes over at commit."""

    def __init__(self, committed: Callable[[], State], *, recorded_at: datetime) -> None:
        """Begin from the state that is committed; `committed` raises when the store is closed."""
        super().__init__(self._open_state)
        self.state = committed()
        self._committed = committed
        self._recorded_at = recorded_at

    def append(self, table: str, frame: pl.DataFrame) -> Counts:
        """Add the rows whose key is not there yet; see `Writer.append`."""
        target, given = appendable(table, frame)
        there = self._current().rows[table].select(target.key)
        new = first_of_each(target, given).join(
            there, on=list(target.key), how="anti", nulls_equal=True, maintain_order="left"
        )
        self._add(target, self._stamped(new).with_columns(pl.col(SEQ).alias(FIRST_SEQ)))
        return Counts(inserted=new.height, unchanged=given.height - new.height)

    # It looks for the key in any case.
    def append_row(self, table: str, row: Mapping[str, Any], *, fresh: bool = False) -> Counts:  # noqa: ARG002 (the protocol has it)
        """Add one row of plain values; see `Writer.append_row`. Being in memory, it looks for the key all the same."""
        target, given = appendable_row(table, row)
        return self.append(table, pl.DataFrame([given], schema=target.columns))

    def upsert(self, table: str, frame: pl.DataFrame) -> Counts:
        """Add or replace rows; see `Writer.upsert`."""
        target, given = upsertable(table, frame)
        key, rows = list(target.key), self._current().rows[table]
        changed = given.filter(_differs(target, given, rows))
        firsts = rows.select(*key, FIRST_SEQ)
        known = self._stamped(changed).join(firsts, on=key, how="left", nulls_equal=True, maintain_order="left")
        kept = rows.join(changed, on=key, how="anti", nulls_equal=True, maintain_order="left")
        self.state = self.state.with_rows(table, kept)
        self._add(target, known.with_columns(pl.col(FIRST_SEQ).fill_null(pl.col(SEQ))))
        updated = known[FIRST_SEQ].count()
        return Counts(inserted=changed.height - updated, updated=updated, unchanged=given.height - changed.height)

    def delete(self, table: str, keys: pl.DataFrame) -> int:
        """Delete the rows that match; see `Writer.delete`."""
        target, wanted = deletable(table, keys)
        rows = self._current().rows[table].sort(SEQ)
        gone = rows.join(wanted, on=wanted.columns, how="semi", maintain_order="left")
        kept = rows.join(wanted, on=wanted.columns, how="anti", maintain_order="left")
        log = sequenced(gone.select(target.key), after=self.state.last_seq).select(list(deleted_schema(target)))
        self.state = self.state.with_rows(table, kept).with_deleted(table, self.state.deleted[table].vstack(log))
        return gone.height

    def restore(self, table: str, frame: pl.DataFrame) -> int:
        """Add rows with the `recorded_at` and `seq` that they bring; see `Writer.restore`."""
        target, given = restorable(table, frame)
        taken = [each[SEQ] for kind in (self._current().rows, self.state.deleted) for each in kind.values()]
        there = given.join(self._current().rows[table], on=list(target.key), how="semi", nulls_equal=True)
        if there.height or given[SEQ].is_in(pl.concat(taken).implode()).any():
            raise SchemaError(already_there(table))
        self._add(target, given.with_columns(pl.col(SEQ).alias(FIRST_SEQ)))
        self.state = self.state.restored(up_to=greatest_seq(given))
        return given.height

    def _open_state(self) -> State:
        self._committed()
        return self.state

    def _stamped(self, frame: pl.DataFrame) -> pl.DataFrame:
        instant = pl.lit(self._recorded_at, dtype=pl.Datetime("us", "UTC"))
        return sequenced(frame, after=self.state.last_seq).with_columns(instant.alias(RECORDED_AT))

    def _add(self, target: Table, rows: pl.DataFrame) -> None:
        whole = self._current().rows[target.name].vstack(rows.select(list(row_schema(target))))
        self.state = self.state.with_rows(target.name, whole)


def _differs(target: Table, given: pl.DataFrame, rows: pl.DataFrame) -> pl.Series:
    there = rows.select(*target.columns, _there=True)
    paired = given.join(there, on=list(target.key), how="left", nulls_equal=True, suffix=_OLD, maintain_order="left")
    same = [pl.col(name).eq_missing(pl.col(name + _OLD)) for name in target.columns if name not in target.key]
    return paired.select(pl.col("_there").is_null() | ~pl.all_horizontal(True, *same)).to_series()
