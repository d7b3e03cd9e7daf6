"""What reading a column gives: typed values, and which of them could not be read and why."""

from dataclasses import dataclass, replace
from typing import Self

import polars as pl


@dataclass(frozen=True, eq=False)
class Parsed:
    """A typed column and its faults.

    Attributes:
        values: The values; null where missing or faulty.
        faults: Codes, each with the rows that it is about. Only codes that some row has.
    """

    values: pl.Series
    faults: tuple[tuple[str, pl.Series], ...] = ()

    def with_fault(self, code: str, rows: pl.Series) -> Self:
        """Return this with a further fault, if any of `rows` is true."""
        found = rows.fill_null(value=False)
        return replace(self, faults=(*self.faults, (code, found))) if found.any() else self

    @classmethod
    def nothing(cls, values: pl.Series, dtype: pl.DataType, code: str) -> Self:
        """Return a column of `dtype` in which every value of `values` is faulty."""
        return cls(pl.Series(values.name, [None], dtype=dtype).new_from_index(0, len(values))).with_fault(
            code, values.is_not_null()
        )
