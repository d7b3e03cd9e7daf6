"""Incremental reading by a cursor column: rows that an earlier run has read are passed over, and counted.

A row is old if its cursor value is below the greatest of the last complete run, or equal to it and the row is one of
those that were seen with that value. A row without a cursor value, or with one that cannot be read, is never old.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl

from unified_customer.connectors.field_maps import FieldMap
from unified_customer.connectors.naming import listed
from unified_customer.connectors.parsing import parse
from unified_customer.connectors.protocol import Batch, State
from unified_customer.connectors.rejects import payload_texts
from unified_customer.core.errors import MappingError
from unified_customer.core.spec import content_hash

MOST_HASHES: Final = 10_000
"""With more rows at the greatest value, all of them are read again; loading a row twice changes nothing."""


@dataclass(frozen=True)
class Reached:
    """A cursor value in microseconds or units, and hashes of the rows that have it."""

    value: int | None = None
    rows: tuple[str, ...] = ()

    def further(self, values: pl.Series, batch: Batch) -> "Reached":
        """Return the greatest value after `batch`, of which `values` are the cursor values."""
        greatest = values.max()
        if not isinstance(greatest, int) or (self.value is not None and greatest < self.value):
            return self
        at = batch.take((values == greatest).fill_null(value=False))
        hashes = {content_hash(text) for text in payload_texts(at.frame, literals=at.literals)} if len(at) else set()
        known = set(self.rows) if greatest == self.value else set()
        return Reached(greatest, tuple(sorted(hashes | known))[: MOST_HASHES + 1])

    def covers(self, values: pl.Series, batch: Batch) -> pl.Series:
        """Return which rows of `batch` are old."""
        if self.value is None:
            return pl.repeat(value=False, n=len(values), dtype=pl.Boolean, eager=True)
        old = (values < self.value).fill_null(value=False)
        same = (values == self.value).fill_null(value=False)
        if len(self.rows) > MOST_HASHES or not same.any():
            return old
        texts = payload_texts(batch.frame.filter(same), literals={k: m.filter(same) for k, m in batch.literals.items()})
        seen = [content_hash(text) in self.rows for text in texts]
        return old.scatter(same.arg_true(), pl.Series(seen, dtype=pl.Boolean) | old.filter(same))

    def dumped(self) -> dict[str, Any]:
        """Return this as JSON values."""
        return {"value": self.value, "rows": list(self.rows)}

    @classmethod
    def loaded(cls, data: Mapping[str, Any]) -> "Reached":
        """Return what `dumped` wrote."""
        return cls(data["value"], tuple(data["rows"]))


def cursor_values(batch: Batch, how: FieldMap) -> pl.Series:
    """Return the cursor column as whole numbers; null where it cannot be read.

    Raises:
        MappingError: The batch has no such column.
    """
    if how.column not in batch.frame.columns:
        if batch.sparse:
            return pl.Series([None], dtype=pl.Int64).new_from_index(0, batch.frame.height)
        message = f"The cursor column {how.column!r} is not in the source, which has: {listed(batch.frame.columns)}."
        raise MappingError(message)
    values = batch.frame[how.column]
    whole = parse(values, pl.Int64(), FieldMap(column=how.column))
    if not whole.faults:
        return whole.values
    return parse(values, pl.Datetime("us", "UTC"), how).values.cast(pl.Int64)


@dataclass
class Cursored:
    """Batches without their old rows, and states with the cursor's part; the last state begins a new run.

    Attributes:
        items: What the source yields.
        how: The cursor column, and how it is read.
        since: How far the last complete run came.
        reached: How far the present run came, also before it was interrupted.
    """

    items: Iterator[Batch | State]
    how: FieldMap
    since: Reached
    reached: Reached

    def __iter__(self) -> Iterator[tuple[Batch | State, dict[str, Any] | None]]:
        """Yield each batch with None, and each state with the cursor's part of it."""
        held: State | None = None
        for item in self.items:
            if held is not None:
                yield held, self._part(self.since)
            held = item if isinstance(item, State) else None
            if isinstance(item, Batch):
                yield self._new_rows(item), None
        if held is not None:
            yield held, self._part(self.reached)

    def _part(self, since: Reached) -> dict[str, Any]:
        return {"since": since.dumped(), "reached": self.reached.dumped()}

    def _new_rows(self, batch: Batch) -> Batch:
        values = cursor_values(batch, self.how)
        old = self.since.covers(values, batch)
        self.reached = self.reached.further(values, batch)
        return replace(batch.take(~old), skipped=batch.skipped + int(old.sum())) if old.any() else batch


def start(data: Mapping[str, Any] | None) -> Sequence[Reached]:
    """Return since and reached of a stored state."""
    if not data:
        return Reached(), Reached()
    return Reached.loaded(data["since"]), Reached.loaded(data["reached"])
