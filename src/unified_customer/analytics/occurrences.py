"""What counts: purchases, or events of some names, where columns hold some values."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any, Final, Literal

import narwhals as nw
from pydantic import Field, field_validator, model_validator

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.core.models.base import Model
from unified_customer.engines.portable import Lazy, Native, before, has, opened
from unified_customer.methods.money import AMOUNT, exact
from unified_customer.methods.orders import LINES, native_orders, orders_before

Value = str | bool | int | float
EVENTS: Final = "events"
_OF_ORDERS: Final = frozenset({"customer_id", "order_id", "ordered_at", "amount", "currency"})


class Conditions(Model):
    """What columns must hold; an unknown value meets no condition."""

    where: Mapping[str, tuple[Value, ...]] = Field(default_factory=dict)
    """Columns, and of which values one must be there; a single value may be written as it is."""
    at_least: Mapping[str, float] = Field(default_factory=dict)
    """Columns of numbers, and the least that they must be."""
    at_most: Mapping[str, float] = Field(default_factory=dict)
    """Columns of numbers, and the most that they may be."""

    @field_validator("where", mode="before")
    @classmethod
    def _in_tuples(cls, where: Any) -> Any:
        if not isinstance(where, Mapping):
            return where
        return {name: (held,) if isinstance(held, Value) else held for name, held in where.items()}

    @field_validator("where")
    @classmethod
    def _some_value(cls, where: Mapping[str, tuple[Value, ...]]) -> Mapping[str, tuple[Value, ...]]:
        empty = sorted(name for name, held in where.items() if not held)
        if empty:
            raise ConfigurationError(f"Nothing is a value of none: name values of {', '.join(map(repr, empty))}.")
        return where

    @property
    def columns(self) -> list[str]:
        """The columns that are looked at."""
        return list(dict.fromkeys([*self.where, *self.at_least, *self.at_most]))

    def met(self, lazy: Lazy) -> nw.Expr:
        """Return whether a row of a frame meets all conditions.

        Raises:
            SchemaError: A column holds other things than what it is held against.
        """
        schema = lazy.collect_schema()
        for name, held in self.where.items():
            _check_kind(name, schema[name], held)
        for name in (*self.at_least, *self.at_most):
            _check_number(name, schema[name])
        said = [nw.col(name).is_in(list(held)) for name, held in self.where.items()]
        said += [nw.col(name).cast(nw.Float64) >= least for name, least in self.at_least.items()]
        said += [nw.col(name).cast(nw.Float64) <= most for name, most in self.at_most.items()]
        return reduce(and_, (each.fill_null(value=False) for each in said), nw.lit(value=True))


def _check_kind(name: str, dtype: Any, held: Sequence[Value]) -> None:
    text = dtype == nw.String or isinstance(dtype, nw.Categorical | nw.Enum)
    if any(isinstance(value, str) != text for value in held):
        raise SchemaError(f"{name!r} holds {dtype}, and is held against {', '.join(map(repr, held))}.")


def _check_number(name: str, dtype: Any) -> None:
    if not dtype.is_numeric():
        raise SchemaError(f"{name!r} holds {dtype}, not numbers that could be compared.")


class Occurrence(Conditions):
    """Something that customers do: buy, or what events of a name tell of.

    Examples:
        >>> Occurrence(table="events", names="Signed Up", where={"channel": "email"}).where
        {'channel': ('email',)}
        >>> Occurrence(at_least={"amount": 100}).columns
        ['amount']
    """

    table: Literal["orders", "events"] = "orders"
    """`orders`: purchases; `events`: what happened."""
    names: tuple[str, ...] = ()
    """Names of events, any of which will do; none: all events."""

    @field_validator("names", mode="before")
    @classmethod
    def _in_a_tuple(cls, names: Any) -> Any:
        return (names,) if isinstance(names, str) else names

    @model_validator(mode="after")
    def _orders_without_names(self) -> "Occurrence":
        if self.names and self.table == "orders":
            raise ConfigurationError("Orders have no names. Say table='events', or choose orders by `where`.")
        return self

    @property
    def needs(self) -> str:
        """The table that a hub has to read for it."""
        return LINES if self.table == "orders" else EVENTS

    def native(self, tables: Mapping[str, Native]) -> Native:
        """Return the frame that it is found in.

        Raises:
            SchemaError: It is not among the tables.
        """
        return native_orders(tables) if self.table == "orders" else native_events(tables)


def native_events(tables: Mapping[str, Native]) -> Native:
    """Return the events.

    Raises:
        SchemaError: They are not among the tables.
    """
    if EVENTS not in tables:
        raise SchemaError(f"{EVENTS!r} is not among the tables; there are: {', '.join(tables) or 'none'}.")
    return tables[EVENTS]


def happened(
    occurrence: Occurrence,
    tables: Mapping[str, Native],
    *,
    as_of: datetime,
    zone: str,
    keep: Sequence[str] = (),
) -> Lazy:
    """Return where an occurrence was found before an instant, of known customers.

    Args:
        occurrence: What to look for.
        tables: `orders` or `order_lines`, or `events`, on any engine.
        as_of: Only what was strictly before.
        zone: Zone of times that name none.
        keep: Further columns to bring along.

    Returns:
        `customer_id`, `at` (as it came), `counts` (False: money alone, as of a refund), `amount` (exact; null where it
        is not told), `currency` where it is told, and the columns to keep.

    Raises:
        SchemaError: The table or a column is missing, or a column holds something else.
    """
    asked = list(dict.fromkeys([*occurrence.columns, *keep]))
    found = _orders if occurrence.table == "orders" else _events
    rows = found(occurrence, tables, as_of, zone, asked)
    told = [name for name in ("currency",) if has(rows, name)]
    return rows.select("customer_id", "at", "counts", "amount", *dict.fromkeys([*told, *keep]))


def _orders(
    occurrence: Occurrence, tables: Mapping[str, Native], as_of: datetime, zone: str, asked: Sequence[str]
) -> Lazy:
    further = [name for name in asked if name not in _OF_ORDERS]
    orders = orders_before(tables, as_of=as_of, zone=zone, keep=further)
    known = ~nw.col("customer_id").is_null()
    chosen = orders.filter(known, occurrence.met(orders)) if occurrence.columns else orders.filter(known)
    return chosen.with_columns(at="ordered_at", counts="purchase")


def _events(
    occurrence: Occurrence, tables: Mapping[str, Native], as_of: datetime, zone: str, asked: Sequence[str]
) -> Lazy:
    named = ["name"] if occurrence.names else []
    needed = ["customer_id", "occurred_at", *named, *asked]
    events = before(opened(native_events(tables), columns=needed, name=EVENTS), "occurred_at", as_of=as_of, zone=zone)
    chosen = events.filter(~nw.col("customer_id").is_null())
    if occurrence.columns:
        chosen = chosen.filter(occurrence.met(chosen))
    if occurrence.names:
        chosen = chosen.filter(nw.col("name").is_in(list(occurrence.names)))
    amount = exact(events, "amount") if has(events, "amount") else nw.lit(None, dtype=AMOUNT)
    return chosen.with_columns(at="occurred_at", counts=nw.lit(value=True), amount=amount)


def is_priced(occurrence: Occurrence, tables: Mapping[str, Native]) -> bool:
    """Return whether the frame of an occurrence tells of money."""
    return has(opened(occurrence.native(tables)), "amount")
