"""Records in normal form, from which some are taken and to which more are added."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from unified_customer.identity.matching.arrays import Ints
from unified_customer.identity.matching.normal_forms import NormalForms
from unified_customer.identity.normalise.distinct import FEW

PARTS: Final = 16
"""So many batches stay apart before they become one, in which rows are found sooner."""

_ID, _SOURCE = "record_id", "source"


class Shelf:
    """Records in normal form; each has a row, in the order in which they came."""

    def __init__(self, records: NormalForms) -> None:
        """Begin with these records."""
        self._form = replace(records, record_ids=records.record_ids.clear(), values=records.values.clear(), unread={})
        self._rows = _frame(records)

    def __len__(self) -> int:
        """Return the number of records."""
        return self._rows.height

    @property
    def record_ids(self) -> pl.Series:
        """The ids of all records."""
        return self._rows[:, 0].alias(_ID)

    def add(self, records: NormalForms) -> None:
        """Add records, which take the next rows."""
        self._rows = _below(self._rows, _frame(records))
        if self._rows.n_chunks() > PARTS:
            self._rows = self._rows.rechunk()

    @property
    def id_type(self) -> pl.DataType:
        """The type of ids."""
        return self._rows.dtypes[0]

    def ids_with(self, more: NormalForms) -> pl.Series:
        """Return the ids of all records, and after them those of some that are not on the shelf."""
        return pl.concat([self.record_ids, more.record_ids])

    def take(self, rows: Ints, more: NormalForms | None = None) -> NormalForms:
        """Return the records at `rows`, and after them some that are not on the shelf."""
        found = self._rows[rows] if more is None else _below(self._rows[rows], _frame(more))
        ids, sources, *values = found.get_columns()
        return replace(
            self._form, record_ids=ids.alias(_ID), sources=sources.alias(_SOURCE), values=pl.DataFrame(values)
        )


def _frame(records: NormalForms) -> pl.DataFrame:
    """Return records as one frame: ids, sources, fields. A field may be called as the first two are elsewhere."""
    names = records.record_ids.alias("\0id"), records.sources.alias("\0source")
    return pl.DataFrame([*names, *records.values.get_columns()])


def _below(upper: pl.DataFrame, lower: pl.DataFrame) -> pl.DataFrame:
    """Put one frame below the other; a field that is text in one of them and a list in the other becomes a list."""
    mixed = [
        name for name, above, below in zip(upper.columns, upper.dtypes, lower.dtypes, strict=True) if above != below
    ]
    return _with_lists(upper, mixed).vstack(_with_lists(lower, mixed))


def _with_lists(frame: pl.DataFrame, fields: Sequence[str]) -> pl.DataFrame:
    text = [name for name in fields if frame[name].dtype == pl.String]
    if frame.height <= FEW:
        return frame.with_columns(_lists(frame[name]) for name in text) if text else frame
    return frame.with_columns(
        pl.when(pl.col(name).is_not_null()).then(pl.concat_list(name)).alias(name) for name in text
    )


def _lists(values: pl.Series) -> pl.Series:
    said = ([value] if value is not None else None for value in values.to_list())
    return pl.Series(values.name, [*said], dtype=pl.List(pl.String))
