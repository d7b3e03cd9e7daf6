"""A question to a store, checked against its table once for all kinds of stores."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final, get_args

import polars as pl

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.core.tables import Table, table
from unified_customer.store.protocol import Keys, Operator, Where

_PYTHON_TYPES: Final[Mapping[type[pl.DataType], tuple[type, ...]]] = {
    pl.String: (str,),
    pl.Int64: (int,),
    pl.Float64: (float, int),
    pl.Boolean: (bool,),
    pl.Decimal: (Decimal, int),
    pl.Date: (date,),
    pl.Datetime: (datetime,),
}
_OPERATORS: Final = frozenset(get_args(Operator))
_PRESENCE: Final = frozenset({"is_null", "is_not_null"})


@dataclass(frozen=True)
class Query:
    """What `Reader.read` was asked, with all defaults filled in and every name known to the table."""

    table: Table
    columns: tuple[str, ...]
    where: tuple[Where, ...] = ()
    keys: Keys | None = None
    known_at: datetime | None = None
    order_by: tuple[str, ...] = ()
    descending: bool = False
    limit: int | None = None

    @property
    def attached(self) -> tuple[str, ...]:
        """The columns that the keys bring beside those they are matched on."""
        if self.keys is None:
            return ()
        return tuple(name for name in self.keys.frame.columns if name not in self.keys.on)

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Names and types of the answer."""
        own = {name: self.table.stored_columns[name] for name in self.columns}
        if self.keys is None:
            return own
        return own | {name: self.keys.frame.schema[name] for name in self.attached}


def ask(
    name: str,
    *,
    columns: Sequence[str] | None = None,
    where: Sequence[Where] = (),
    keys: Keys | None = None,
    known_at: datetime | None = None,
    order_by: Sequence[str] = (),
    descending: bool = False,
    limit: int | None = None,
) -> Query:
    """Return the question that the arguments of `Reader.read` stand for.

    Raises:
        UnknownTableError: There is no such table.
        SchemaError: A column, the type of a value, or `known_at` does not fit the table.
        ConfigurationError: An operator, an instant or a limit cannot be meant.
    """
    asked = table(name)
    if limit is not None and limit < 0:
        message = f"limit is the number of rows to return at most; it cannot be {limit}."
        raise ConfigurationError(message)
    return Query(
        table=asked,
        columns=_columns(asked, columns),
        where=tuple(_condition(asked, each) for each in where),
        keys=None if keys is None else _keys(asked, keys),
        known_at=_known_at(asked, known_at),
        order_by=tuple(_sortable(asked, each) for each in order_by),
        descending=descending,
        limit=limit,
    )


def aware(instant: datetime, *, name: str) -> datetime:
    """Return `instant` if it says its time zone.

    Raises:
        ConfigurationError: It does not.
    """
    if instant.utcoffset() is None:
        message = f"{name} has no time zone. Give an instant such as datetime(2026, 1, 1, tzinfo=UTC)."
        raise ConfigurationError(message)
    return instant


def batch_size(size: int) -> int:
    """Return `size` if it is a number of rows.

    Raises:
        ConfigurationError: It is not positive.
    """
    if size < 1:
        message = f"size is the number of rows of a batch; it cannot be {size}."
        raise ConfigurationError(message)
    return size


def stored(asked: Table, name: str) -> str:
    """Return `name` if it is a stored column of the table.

    Raises:
        SchemaError: It is not.
    """
    if name not in asked.stored_columns:
        near = get_close_matches(name, asked.stored_columns, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        message = f"Table {asked.name!r} has no column {name!r}.{hint} It has: {', '.join(asked.stored_columns)}."
        raise SchemaError(message)
    return name


def matchable(asked: Table, frame: pl.DataFrame, on: Sequence[str]) -> pl.DataFrame:
    """Return the rows of `frame` that can match a row of the table: those without a null in the columns `on`.

    Raises:
        SchemaError: A column of `on` is missing on either side, or has another type than the table's.
    """
    for name in on:
        wanted = asked.stored_columns[stored(asked, name)]
        found = frame.schema.get(name)
        if found != wanted:
            message = f"Keys for table {asked.name!r} need a column {name!r} of {wanted}; found {found or 'none'}."
            raise SchemaError(message)
    return frame.drop_nulls(list(on))


def _columns(asked: Table, columns: Sequence[str] | None) -> tuple[str, ...]:
    if columns is None:
        return tuple(asked.stored_columns)
    if isinstance(columns, str) or not columns or len(set(columns)) != len(columns):
        message = f"columns must be a list of different columns of {asked.name!r}, at least one; found {columns!r}."
        raise SchemaError(message)
    return tuple(stored(asked, name) for name in columns)


def _condition(asked: Table, where: Where) -> Where:
    dtype = asked.stored_columns[stored(asked, where.column)]
    if where.op not in _OPERATORS:
        message = f"There is no operator {where.op!r}. The operators are: {', '.join(get_args(Operator))}."
        raise ConfigurationError(message)
    if where.op in _PRESENCE:
        return replace(where, value=None)
    if where.op == "in":
        return replace(where, value=_members(asked, where, dtype))
    return replace(where, value=_value(asked, where.column, dtype, where.value))


def _members(asked: Table, where: Where, dtype: pl.DataType) -> tuple[Any, ...]:
    given = where.value.to_list() if isinstance(where.value, pl.Series) else where.value
    if isinstance(given, (str, bytes)) or not isinstance(given, Collection):
        message = f"'in' takes a sequence of values for {asked.name}.{where.column}; found {type(given).__name__}."
        raise SchemaError(message)
    return tuple(_value(asked, where.column, dtype, value) for value in given if value is not None)


def _value(asked: Table, column: str, dtype: pl.DataType, value: Any) -> Any:
    if value is None:
        return None
    if not comparable(dtype, value):
        message = f"{asked.name}.{column} holds {dtype}; it cannot be compared with {_described(value)}."
        raise SchemaError(message)
    return Decimal(value) if isinstance(dtype, pl.Decimal) else value


def comparable(dtype: pl.DataType, value: Any) -> bool:
    """Return whether `value`, which is not None, is one that a column of this type can hold; columns of lists none."""
    if isinstance(value, bool) and not isinstance(dtype, pl.Boolean):
        return False
    if isinstance(value, datetime) and (isinstance(dtype, pl.Date) or value.utcoffset() is None):
        return False
    if isinstance(dtype, pl.Int64) and isinstance(value, int):
        return -(2**63) <= value < 2**63
    if isinstance(dtype, pl.Decimal) and isinstance(value, (Decimal, int)):
        return _exact(dtype, Decimal(value))
    return isinstance(value, _PYTHON_TYPES.get(type(dtype), ()))


def _exact(dtype: pl.Decimal, value: Decimal) -> bool:
    if not value.is_finite():
        return False
    scaled = value.scaleb(dtype.scale)
    return scaled == scaled.to_integral_value() and abs(scaled) < Decimal(10) ** (dtype.precision or 38)


def _described(value: Any) -> str:
    naive = isinstance(value, datetime) and value.utcoffset() is None
    return "a datetime without a time zone" if naive else f"this value of type {type(value).__name__}"


def _keys(asked: Table, keys: Keys) -> Keys:
    if not keys.on:
        message = f"Keys for table {asked.name!r} name no column to match on."
        raise SchemaError(message)
    frame = matchable(asked, keys.frame, keys.on)
    attached = [name for name in frame.columns if name not in keys.on]
    for name in attached:
        if name in asked.stored_columns:
            message = f"Keys bring a column {name!r}, which table {asked.name!r} has itself. Rename or drop it."
            raise SchemaError(message)
    if attached and frame.select(pl.struct(keys.on).is_duplicated().any()).item():
        message = f"Keys for table {asked.name!r} bring columns, so each key may come once; some come more often."
        raise SchemaError(message)
    return replace(keys, frame=frame)


def _known_at(asked: Table, known_at: datetime | None) -> datetime | None:
    if known_at is None:
        return None
    if not asked.append_only:
        message = f"Table {asked.name!r} is changed in place, so known_at cannot be answered. Read it without."
        raise SchemaError(message)
    return aware(known_at, name="known_at")


def _sortable(asked: Table, name: str) -> str:
    if isinstance(asked.stored_columns[stored(asked, name)], pl.List):
        message = f"{asked.name}.{name} holds lists, which have no order. Sort by another column."
        raise SchemaError(message)
    return name
