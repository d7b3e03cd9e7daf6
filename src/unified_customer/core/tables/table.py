"""One table: its columns, its key, and how a frame is checked against it."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

import dataframely as dy
import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.core.fields import FieldSpec
from unified_customer.core.tables.columns import field_of

RECORDED_AT: Final = "recorded_at"
SEQ: Final = "seq"

Subject = Literal["record", "customer", "none"]


@dataclass(frozen=True)
class Split:
    """A frame split by a table's rules.

    Attributes:
        good: The rows that keep every rule, in the table's columns and order.
        bad: The other rows, with a last column `reason` that names the broken rules (never the values).
    """

    good: pl.DataFrame
    bad: pl.DataFrame


@dataclass(frozen=True)
class Table:
    """A named table of the library.

    Attributes:
        name: Its name in every store.
        schema: The dataframely schema, each column with a `FieldSpec`.
        key: The columns whose values name a row.
        subject: Whose data a row is: a `record` (`record_id`), a `customer` (`customer_id`) or nobody's.
        append_only: Rows are added and erased, never changed; reads take `known_at`.
        time: The column that `as_of` is compared with, where the table has one.
        doc: What one row is.
    """

    name: str
    schema: type[dy.Schema]
    key: tuple[str, ...]
    subject: Subject
    append_only: bool
    time: str | None
    doc: str
    cluster_by: tuple[str, ...] = field(default=())

    @cached_property
    def columns(self) -> dict[str, pl.DataType]:
        """The columns that a writer gives, with their Polars types."""
        return {name: column.dtype for name, column in self.schema.columns().items()}

    @cached_property
    def stored_columns(self) -> dict[str, pl.DataType]:
        """The columns that a store holds: `columns`, then `recorded_at` and `seq`, which it assigns."""
        return {**self.columns, RECORDED_AT: pl.Datetime("us", "UTC"), SEQ: pl.Int64()}

    @cached_property
    def fields(self) -> dict[str, FieldSpec]:
        """The dictionary entry of every column."""
        return {name: field_of(column) for name, column in self.schema.columns().items()}

    @property
    def subject_column(self) -> str | None:
        """The column that says whose row it is, or None."""
        return None if self.subject == "none" else f"{self.subject}_id"

    def empty(self) -> pl.DataFrame:
        """Return a frame with this table's columns and no row."""
        return pl.DataFrame(schema=self.columns)

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return `frame` with every column of the table, missing nullable ones as nulls, in the table's order.

        Raises:
            SchemaError: A column is unknown, has another type, or is required and missing.
        """
        if frame.schema == self.columns:
            return frame
        self._refuse(frame)
        missing = {name: dtype for name, dtype in self.columns.items() if name not in frame.columns}
        filled = frame.with_columns(pl.lit(None, dtype=dtype).alias(name) for name, dtype in missing.items())
        return filled.select(pl.col(name).cast(dtype) for name, dtype in self.columns.items())

    def split(self, frame: pl.DataFrame) -> Split:
        """Split `frame` into the rows that keep every rule of the table and those that do not, with the reason.

        Row order is kept. Several rows with one key are no fault here: a store keeps the first of them.

        Raises:
            SchemaError: A column is unknown, has another type, or is required and missing.
        """
        conformed = self.conform(frame)
        good, failure = self.schema.filter(conformed)
        if len(failure) == 0:
            return Split(conformed, self.empty().with_columns(reason=pl.lit(None, dtype=pl.String)))
        return Split(good, _reasons(failure, list(self.columns)))

    def _refuse(self, frame: pl.DataFrame) -> None:
        for name, dtype in frame.schema.items():
            if name not in self.columns:
                self._raise(f"has a column {name!r} that the table has not")
            if not _fits(dtype, self.columns[name]):
                self._raise(f"has {dtype} in column {name!r} where the table has {self.columns[name]}")
        for name, column in self.schema.columns().items():
            if name not in frame.columns and not column.nullable:
                self._raise(f"has no column {name!r}, which the table requires")

    def _raise(self, found: str) -> None:
        message = f"A frame for table {self.name!r} {found}. Its columns are: {', '.join(self.columns)}."
        raise SchemaError(message)


def _fits(given: pl.DataType, wanted: pl.DataType) -> bool:
    return given == wanted or given == pl.Null() or (isinstance(given, pl.Decimal) and isinstance(wanted, pl.Decimal))


RULES: Final = {
    "nullability": "missing",
    "check__known_value": "unknown_value",
    "regex": "wrong_form",
    "min": "too_small",
    "max": "too_large",
    "nan": "not_a_number",
    "inf": "not_finite",
    "inner_nullability": "missing_element",
}
"""What each rule of a column is called in a reason."""


def _reasons(failure: dy.FailureInfo, columns: list[str]) -> pl.DataFrame:
    details = failure.details()
    rules = [name for name in details.columns if name not in columns]
    broken = [pl.when(pl.col(rule) == "invalid").then(pl.lit(_spoken(rule))) for rule in rules]
    return details.select(*columns, reason=pl.concat_str(broken, separator="; ", ignore_nulls=True))


def _spoken(rule: str) -> str:
    column, _, name = rule.rpartition("|")
    return f"{column}: {RULES.get(name, name)}"
