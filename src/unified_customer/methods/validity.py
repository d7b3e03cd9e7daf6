"""Whether values are what the field dictionary expects: one rule for what is loaded and for what is analysed."""

from collections.abc import Mapping
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any, Final, NamedTuple

import narwhals as nw
import polars as pl

from unified_customer.core.expectation import Expectation
from unified_customer.core.fields import FieldSpec
from unified_customer.core.tables import Table

SPOKEN: Final = r"[^ \t\r\n]"
"""What a text that says something has in it."""
LINE_BREAK: Final = r"[\n\r\x85" + "\u2028\u2029]"
"""In Java the end of a pattern is before a last line break too, and a dot is none of these."""

Schema = Mapping[str, Any]


class Checked(NamedTuple):
    """How many values were judged, and how many of them are not what is expected.

    Examples:
        >>> Checked(10, 1) + Checked(5, 0)
        Checked(rows=15, failed=1)
        >>> Checked(10, 1).passed
        False
    """

    rows: int
    failed: int

    @property
    def passed(self) -> bool:
        """Whether all are as expected."""
        return not self.failed

    def __add__(self, other: tuple[Any, ...]) -> "Checked":
        """Return the sums of two parts."""
        return Checked(self.rows + other[0], self.failed + other[1])


def expected_fields(fields: Mapping[str, FieldSpec], schema: Schema) -> dict[str, Expectation]:
    """Return what is expected of those of the columns of which anything is; a column of another type is not judged."""
    known = ((name, fields[name].quality) for name in schema if name in fields)
    return {name: quality for name, quality in known if quality is not None and _fits(quality, schema[name])}


def _fits(expectation: Expectation, dtype: Any) -> bool:
    if expectation.not_after is not None:
        return bool(dtype.is_temporal())
    numeric = expectation.least is not None or expectation.most is not None
    return bool(dtype.is_numeric() if numeric else dtype == nw.String)


def told(name: str, schema: Schema) -> nw.Expr:
    """Return whether a column holds a value; a blank text is none."""
    there = ~nw.col(name).is_null()
    # Null is neither, and a condition that is null does not hold.
    return there & nw.col(name).str.contains(SPOKEN) if schema[name] == nw.String else there


def stated(name: str, schema: Schema) -> nw.Expr:
    """Return whether a row says anything of a field: a value, or a text in `<name>_raw` that has no normal form."""
    raw = f"{name}_raw"
    value = ~nw.col(name).is_null()
    return value | told(raw, schema) if raw in schema else value


def fulfilled(name: str, expectation: Expectation, schema: Schema, *, as_of: datetime) -> nw.Expr:
    """Return whether a value is what is expected; null where there is none.

    Args:
        name: The column.
        expectation: What is expected.
        schema: The columns of the frame with their types. Instants are in UTC: with a zone, or as its civil times.
        as_of: The instant of judging, in UTC.
    """
    column, parts = nw.col(name), list[nw.Expr]()
    if expectation.pattern is not None:
        parts += [column.str.contains(expectation.pattern), ~column.str.contains(LINE_BREAK)]
    if expectation.longest is not None:
        parts.append(column.str.len_chars() <= expectation.longest)
    if expectation.values:
        parts.append(column.is_in(expectation.values))
    if expectation.least is not None:
        parts.append(column >= expectation.least)
    if expectation.most is not None:
        parts.append(column <= expectation.most)
    if expectation.not_after is not None:
        beside = (each for each in (expectation.not_after, f"{name}_{expectation.not_after}") if each in schema)
        parts += _in_time(name, next(beside, None), expectation.within_years, schema, as_of)
    rule = reduce(and_, parts)
    return nw.when(~column.is_null()).then(~_held_to_it(expectation, schema) | rule) if expectation.where else rule


def _held_to_it(expectation: Expectation, schema: Schema) -> nw.Expr:
    """Return whether a row has to keep a rule; never null."""
    if not set(expectation.where) <= set(schema):
        return nw.lit(value=False)
    return reduce(and_, (nw.col(name).is_in(each).fill_null(value=False) for name, each in expectation.where.items()))


def _in_time(name: str, beside: str | None, years: int | None, schema: Schema, as_of: datetime) -> list[nw.Expr]:
    column, dated = nw.col(name), schema[name] == nw.Date
    aware = getattr(schema[name], "time_zone", None) is not None
    now = nw.lit(as_of.date() if dated else as_of if aware else as_of.replace(tzinfo=None))
    if beside is None:
        return [column <= now, *([] if years is None else [as_of.year - column.dt.year() <= years])]
    other = nw.col(beside)
    unknown, limit = other.is_null(), other.dt.date() if dated else other
    year = nw.when(unknown).then(nw.lit(as_of.year)).otherwise(other.dt.year())
    in_order = nw.when(unknown).then(column <= now).otherwise(column <= limit)
    return [in_order, *([] if years is None else [year - column.dt.year() <= years])]


def counted(condition: nw.Expr) -> nw.Expr:
    """Return in how many rows a condition holds."""
    return nw.when(condition).then(1).otherwise(0).sum()


def checked(frame: pl.DataFrame, table: Table, *, as_of: datetime) -> dict[str, Checked]:
    """Judge the values of rows of a table, in one pass.

    Args:
        frame: Rows of the table.
        table: The table.
        as_of: The instant of judging.

    Returns:
        For each field of which something is expected and that any row says something of: how many rows do, and in how
        many the value is not what is expected, or has no normal form.
    """
    opened = nw.from_native(frame.lazy())
    schema = opened.collect_schema()
    expected = expected_fields(table.fields, schema)
    if frame.is_empty() or not expected:
        return {}
    counts = {f"rows {name}": counted(stated(name, schema)) for name in expected} | {
        f"good {name}": counted(fulfilled(name, rule, schema, as_of=as_of)) for name, rule in expected.items()
    }
    found = opened.select(**counts).collect("polars").to_native().row(0, named=True)
    judged = {name: Checked(found[f"rows {name}"], found[f"rows {name}"] - found[f"good {name}"]) for name in expected}
    return {name: each for name, each in judged.items() if each.rows}
