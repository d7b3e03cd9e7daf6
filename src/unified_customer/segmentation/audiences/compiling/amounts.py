"""Amounts measured exactly, each customer's in one currency."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import narwhals as nw

from unified_customer.engines.portable import Lazy
from unified_customer.methods.money import AMOUNT, Exchange

Measure = Literal["total", "mean", "max", "min"]
LARGEST: Final = 1e13
"""What is beyond it does not fit into an amount."""


@dataclass(frozen=True)
class Measured:
    """How one amount is measured: made before grouping, aggregated, and brought together afterwards.

    Attributes:
        name: What its columns begin with.
        amount: The amount, null in rows that do not count.
        measure: What is made of it.
        exchange: How amounts of several currencies are added.
    """

    name: str
    amount: nw.Expr
    measure: Measure
    exchange: Exchange

    def parts(self) -> Mapping[str, nw.Expr]:
        """Return the columns to make before grouping."""
        if self.measure in {"max", "min"}:
            return {self.name: self._in_one_currency()}
        return {**self.exchange.parts(self.name, self.amount), f"{self.name}_n": _counted(self.amount)}

    def sums(self) -> list[nw.Expr]:
        """Return the aggregates over the parts."""
        if self.measure in {"max", "min"}:
            column = nw.col(self.name)
            return [column.max() if self.measure == "max" else column.min()]
        return [*self.exchange.sums(self.name), nw.col(f"{self.name}_n").sum()]

    def value(self) -> nw.Expr:
        """Return what was measured as a float; a total of nothing is 0, of nothing else is there a value."""
        if self.measure in {"max", "min"}:
            return nw.col(self.name)
        total, number = self.exchange.total(self.name), nw.col(f"{self.name}_n").cast(nw.Float64)
        return total.fill_null(0.0) if self.measure == "total" else nw.when(number > 0).then(total / number)

    def _in_one_currency(self) -> nw.Expr:
        if not self.exchange.rates:
            return self.amount.cast(nw.Float64)
        rates = [1.0, *(rate for _, rate in sorted(self.exchange.rates.items()))]
        parts = zip(self.exchange.parts(self.name, self.amount).values(), rates, strict=True)
        return nw.coalesce(*(part.cast(nw.Float64) * rate for part, rate in parts))


def _counted(amount: nw.Expr) -> nw.Expr:
    return nw.when(amount.is_null()).then(nw.lit(0)).otherwise(nw.lit(1))


def as_amount(number: nw.Expr) -> nw.Expr:
    """Return numbers as amounts of four decimal places; null for what is too large."""
    return nw.when(number.abs() < LARGEST).then(number).cast(AMOUNT)


def grouped(lazy: Lazy, measured: Measured) -> Lazy:
    """Return what is measured of each customer: `customer_id` and the columns of the sums."""
    return lazy.with_columns(**measured.parts()).group_by("customer_id").agg(*measured.sums())
