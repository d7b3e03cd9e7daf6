"""Conditions on the rows of a table, as expressions that are true or false and never null."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from operator import and_, ge, gt, le, lt, or_
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import narwhals as nw

from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Lazy, civil, day_number, texts_within
from unified_customer.segmentation.audiences.compiling.seen import always
from unified_customer.segmentation.audiences.rules.conditions import Condition, Single
from unified_customer.segmentation.audiences.rules.days import FromToday

Kind = Literal["text", "number", "day", "flag", "texts", "json"]
"""What a column holds; `json`: a value in a JSON object, of which it is not known beforehand."""

NUMBER: Final = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?$"
"""A number as JSON writes it."""
DAY: Final = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
"""What a day begins with, as ISO 8601 writes it."""
_EPOCH: Final = date(1970, 1, 1)
_WANTED: Final[dict[Kind, str]] = {
    "text": "a text",
    "number": "a number",
    "day": "a day, as '2026-05-17' or FromToday(-30)",
    "flag": "True or False",
    "texts": "a text that it `contains`",
}


@dataclass(frozen=True)
class LookedUp:
    """A frame with a column for every value that conditions ask for.

    Attributes:
        lazy: The frame.
        kinds: What each value is, by the name that conditions call it.
        columns: The column of each value; days are whole numbers since 1970-01-01.
        today: The day of `as_of`.
    """

    lazy: Lazy
    kinds: Mapping[str, Kind]
    columns: Mapping[str, str]
    today: date

    def value(self, field: str) -> nw.Expr:
        """Return a value."""
        return nw.col(self.columns[field])

    def shown(self, field: str) -> nw.Expr:
        """Return a value as a reader knows it."""
        return self.value(field) if self.kinds[field] == "json" else nw.col(field)

    def holds(self, condition: Condition) -> nw.Expr:
        """Return whether a condition holds of a row; of a missing value only `is_missing` does.

        Raises:
            SchemaError: The values cannot be compared with what the condition says.
        """
        value = self.value(condition.field)
        if condition.op in {"is_missing", "is_known"}:
            return value.is_null() if condition.op == "is_missing" else ~value.is_null()
        return self._compared(condition).fill_null(value=False)

    def all_hold(self, conditions: Iterable[Condition]) -> nw.Expr:
        """Return whether all conditions hold of a row."""
        return reduce(and_, map(self.holds, conditions), always())

    def _compared(self, condition: Condition) -> nw.Expr:
        values = condition.values
        if condition.op == "ne":
            return ~self._is(condition, values[0])
        if condition.op in {"eq", "in"}:
            return reduce(or_, (self._is(condition, each).fill_null(value=False) for each in values))
        if condition.op in {"contains", "starts_with"}:
            return self._in_text(condition, str(values[0]))
        sides = [self._side(condition, each) for each in values]
        return _ordered(condition.op, sides)

    def _is(self, condition: Condition, value: Single) -> nw.Expr:
        found, literal = self._side(condition, value)
        equal: nw.Expr = found == literal
        return equal

    def _in_text(self, condition: Condition, part: str) -> nw.Expr:
        kind, value = self.kinds[condition.field], self.value(condition.field)
        if kind == "texts" and condition.op == "contains":
            return value.list.contains(part)
        if kind not in {"text", "json"}:
            raise _mismatch(condition, kind)
        return value.str.contains(part, literal=True) if condition.op == "contains" else value.str.starts_with(part)

    def _side(self, condition: Condition, value: Single) -> tuple[nw.Expr, Any]:
        """Return a column and a literal that can be compared."""
        kind, column = self.kinds[condition.field], self.value(condition.field)
        if kind == "json":
            return self._json_side(column, value)
        if kind == "day" and (day := self._day(value)) is not None:
            return column, (day - _EPOCH).days
        if kind == "number" and isinstance(value, int | float) and not isinstance(value, bool):
            return column.cast(nw.Float64), float(value)
        if (kind == "text" and isinstance(value, str)) or (kind == "flag" and isinstance(value, bool)):
            return column, value
        raise _mismatch(condition, kind)

    def _json_side(self, column: nw.Expr, value: Single) -> tuple[nw.Expr, Any]:
        if isinstance(value, bool):
            return column, "true" if value else "false"
        if isinstance(value, int | float):
            return as_number(column), float(value)
        if isinstance(value, FromToday):
            return as_day(column), (self.today + timedelta(days=value.days)).isoformat()
        return column, value

    def _day(self, value: Single) -> date | None:
        if isinstance(value, FromToday):
            return self.today + timedelta(days=value.days)
        return date.fromisoformat(value) if isinstance(value, str) and re.fullmatch(DAY, value) else None


_ORDERED: Final[Mapping[str, Callable[[nw.Expr, Any], nw.Expr]]] = {"lt": lt, "le": le, "gt": gt, "ge": ge}


def _ordered(op: str, sides: list[tuple[nw.Expr, Any]]) -> nw.Expr:
    if op == "between":
        return ge(*sides[0]) & le(*sides[1])  # type: ignore[no-any-return]  # an expression
    return _ORDERED[op](*sides[0])


def _mismatch(condition: Condition, kind: Kind) -> SchemaError:
    return SchemaError(
        f"{condition.field!r} is compared by {condition.op!r} with {condition.value!r}; its values are of the kind {kind!r}:"
        f" compare with {_WANTED[kind]}."
    )


def as_number(text: nw.Expr) -> nw.Expr:
    """Return the numbers among texts; null for what is none."""
    return nw.when(text.str.contains(NUMBER)).then(text).cast(nw.Float64)


def as_day(text: nw.Expr) -> nw.Expr:
    """Return the days that texts begin with, as texts; null for what is none."""
    return nw.when(text.str.contains(DAY)).then(text.str.slice(0, 10))


def looked_up(lazy: Lazy, fields: Iterable[str], *, as_of: datetime, zone: str, name: str, mark: str = "_") -> LookedUp:
    """Return a frame with a column for each value that is asked for.

    Args:
        lazy: The frame.
        fields: Columns, and paths into columns of JSON such as `traits.size.shoe`.
        as_of: The instant.
        zone: The shop's zone.
        name: What the table is called if a column is missing.
        mark: What the new columns begin with.

    Raises:
        SchemaError: There is no such column, or it holds what cannot be compared.
    """
    wanted = list(dict.fromkeys(fields))
    columns = {field: f"{mark}{place}" for place, field in enumerate(wanted)}
    there = lazy.collect_schema()
    inside = [field for field in wanted if field not in there]
    frame = lazy.with_columns(nw.col(field).alias(columns[field]) for field in wanted if field in there)
    kinds: dict[str, Kind] = {field: _kind(there[field], field, name) for field in wanted if field in there}
    for column in dict.fromkeys(field.partition(".")[0] for field in inside):
        _refuse_missing(column, inside, there.names(), name)
        within = {columns[each]: each.split(".")[1:] for each in inside if each.partition(".")[0] == column}
        frame = texts_within(frame, column, within)
    kinds |= dict.fromkeys(inside, "json")
    days = [columns[field] for field, kind in kinds.items() if kind == "day"]
    frame = civil(frame, *days, zone=zone).with_columns(day_number(nw.col(each)).alias(each) for each in days)
    return LookedUp(frame, kinds, columns, as_of.astimezone(ZoneInfo(zone)).date())


def _refuse_missing(column: str, inside: list[str], there: list[str], name: str) -> None:
    bare = [field for field in inside if field == column]
    if bare or column not in there:
        raise SchemaError(
            f"{name!r} has no column {column!r}; it has {', '.join(there)}. A column that the purpose may not see is not there."
        )


def _kind(dtype: Any, field: str, name: str) -> Kind:
    if isinstance(dtype, nw.Boolean):
        return "flag"
    if isinstance(dtype, nw.String | nw.Categorical | nw.Enum):
        return "text"
    if isinstance(dtype, nw.Date | nw.Datetime):
        return "day"
    if isinstance(dtype, nw.List):
        return "texts"
    if dtype.is_numeric():
        return "number"
    raise SchemaError(f"{field!r} of {name!r} holds {dtype}, which nothing can be compared with.")
