"""Rows of the tables before an instant, with the numbers of their periods and the values of the dimension."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

import narwhals as nw
import polars as pl

from unified_customer.analytics.kpis.spec import Scorecard
from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Lazy, Native, before, civil, has, opened
from unified_customer.methods.events.meanings import meanings_among
from unified_customer.methods.events.vocabulary import Meaning
from unified_customer.methods.orders import LINES, ORDERS, has_orders, native_orders, orders_before

BY: Final = "_by"
"""The column of the dimension, as text; one value for all where there is none."""
KEYS: Final = ("number", BY)
"""What a sheet is told by: the number of the period, and the value of the dimension."""
CUSTOMERS: Final = "customers"


@dataclass(frozen=True)
class Scope:
    """What is looked at.

    Attributes:
        spec: The spec.
        tables: The tables.
        as_of: The instant before which things count.
    """

    spec: Scorecard
    tables: Mapping[str, Native]
    as_of: datetime

    def has(self, table: str) -> bool:
        """Return whether a table is there."""
        return has_orders(self.tables) if table == ORDERS else table in self.tables

    @cached_property
    def columns(self) -> Mapping[str, frozenset[str]]:
        """The columns of each table that KPIs are told from; lines of orders are `orders` too."""
        there = {name: self.tables[name] for name in ("events", "answers", "spend") if name in self.tables}
        told = {ORDERS: native_orders(self.tables), **there} if has_orders(self.tables) else there
        return {name: frozenset(opened(frame, name=name).collect_schema().names()) for name, frame in told.items()}

    def rows(self, table: str, at: str, columns: Sequence[str]) -> "Lazy | None":
        """Return the rows of a table before the instant, with `number` and `_by`; None where it has not got the dimension.

        Raises:
            SchemaError: A column is missing.
        """
        found = opened(self.tables[table], columns=[at, *columns], name=table)
        placed = self.placed(before(found, at, as_of=self.as_of, zone=self.spec.calendar.zone))
        return None if placed is None else self.numbered(placed, at)

    def orders(self) -> "Lazy | None":
        """Return the orders, as `orders_before` does, with `number` and `_by`; None where they have not got the dimension."""
        here = self.spec.by is not None and self.spec.by_table == "rows"
        native = opened(native_orders(self.tables), name=ORDERS if ORDERS in self.tables else LINES)
        if here and not has(native, self.spec.by or ""):
            return None
        keep = [self.spec.by] if here and self.spec.by else []
        placed = self.placed(orders_before(self.tables, as_of=self.as_of, zone=self.spec.calendar.zone, keep=keep))
        return None if placed is None else self.numbered(placed, "ordered_at")

    def placed(self, lazy: Lazy) -> "Lazy | None":
        """Return rows with the dimension; None where it is in a table that knows nothing of it."""
        by = self.spec.by
        if by is None:
            return lazy.with_columns(nw.lit("").alias(BY))
        if self.spec.by_table == "rows":
            return lazy.with_columns(nw.col(by).cast(nw.String).alias(BY)) if has(lazy, by) else None
        if not has(lazy, "customer_id"):
            return None
        return lazy.join(self._traits, on="customer_id", how="left")

    @cached_property
    def _traits(self) -> Lazy:
        if CUSTOMERS not in self.tables:
            raise SchemaError(f"{CUSTOMERS!r} is not among the tables; there are: {', '.join(self.tables) or 'none'}.")
        by = self.spec.by or ""
        customers = opened(self.tables[CUSTOMERS], columns=["customer_id", by], name=CUSTOMERS)
        told = customers.select("customer_id", nw.col(by).cast(nw.String).alias(BY))
        return told.group_by("customer_id").agg(nw.col(BY).min())

    @cached_property
    def meanings(self) -> Mapping[str, Meaning]:
        """What the names among the events mean, as they are spelled there."""
        return meanings_among(opened(self.tables["events"], columns=["name"], name="events"))

    def numbered(self, lazy: Lazy, at: str) -> Lazy:
        """Return rows with the number of the period that a time lies in; the time stays what it is."""
        local = civil(lazy.with_columns(nw.col(at).alias("number")), "number", zone=self.spec.calendar.zone)
        return local.with_columns(self.spec.calendar.counted(nw.col("number"), self.spec.every).alias("number"))

    @cached_property
    def last(self) -> int:
        """The number of the last period that has begun."""
        number = self.spec.calendar.number(self.today, self.spec.every)
        return number if self.begins(number) < self.as_of else number - 1

    def begins(self, number: int) -> datetime:
        """Return the instant at which a period begins."""
        day = self.spec.calendar.start(number, self.spec.every)
        return datetime.combine(day, time(), tzinfo=ZoneInfo(self.spec.calendar.zone)).astimezone(UTC)

    def is_over(self, number: int) -> bool:
        """Return whether a period is over."""
        return self.begins(number + 1) <= self.as_of

    @property
    def today(self) -> date:
        """The day of the shop on which the instant lies."""
        return self.as_of.astimezone(ZoneInfo(self.spec.calendar.zone)).date()


def gridded(sheet: pl.DataFrame, values: pl.DataFrame, *, last: int) -> pl.DataFrame:
    """Return a sheet with a row for each period, from its first to the last, and each value; zeros where nothing was told.

    Args:
        sheet: `number`, `_by`, measures; one row at least.
        values: The values of `_by`.
        last: The number of the last period.
    """
    first = int(sheet["number"].min())  # type: ignore[arg-type]  # whole numbers
    numbers = pl.DataFrame({"number": range(first, last + 1)}, schema={"number": pl.Int64})
    filled = numbers.join(values, how="cross").join(sheet, on=list(KEYS), how="left", nulls_equal=True)
    return filled.with_columns(pl.exclude(KEYS).fill_null(0)).sort(KEYS, nulls_last=True)
