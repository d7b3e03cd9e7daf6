"""What is learned of purchases before an instant: the models, the season, and what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unified_customer.core.clock import as_utc
from unified_customer.engines.portable import Native, collected
from unified_customer.methods.buy_till_die import (
    Finding,
    FittedPurchases,
    FittedSpending,
    Histories,
    SeasonalIndex,
    SeasonBy,
    SeasonClock,
    estimated_season,
    expected_by_day,
    fit_purchases,
    fit_spending,
    histories,
    last_seen,
    repeat_purchases,
)
from unified_customer.methods.money import Money

YEAR = 365


@dataclass(frozen=True, eq=False)
class Terms:
    """What a valuation is made under; the fields are those of the spec, `unit` in days."""

    horizon: int
    discount: float
    margin: float | str
    unit: float
    seasonal: SeasonBy | SeasonalIndex | None
    net: bool
    money: Money
    zone: str


@dataclass(frozen=True, eq=False)
class Base:
    """The customers who bought before an instant.

    Attributes:
        as_of: The instant.
        last: The last day before it, counted from 1970-01-01.
        table: One row for each customer, sorted: `customer_id`, `frequency`, `recency`, `age`, `spend`, `first_day`,
            `bought`, `returned` and with a column of margins `margin`.
        currency: ISO 4217 code of money; None where amounts name none.
    """

    as_of: datetime
    last: int
    table: pl.DataFrame = field(repr=False)
    currency: str | None

    @cached_property
    def first_days(self) -> NDArray[np.int64]:
        """The day of the first purchase of each customer."""
        return self.table["first_day"].to_numpy()

    @property
    def first(self) -> int:
        """The first day on which something was bought; the last day where nothing was."""
        return int(self.first_days.min(initial=self.last))

    def days_before(self, days: int, *, zone: str) -> datetime:
        """Return the instant so many civil days before."""
        local = as_utc(self.as_of).astimezone(ZoneInfo(zone)) - timedelta(days=days)
        return as_utc(local)

    def clock(self, season: SeasonalIndex | None, *, ahead: int = 0) -> SeasonClock:
        """Return the clock from the first day until so many days after the last."""
        return SeasonClock.of(season, first=self.first, last=self.last + ahead)

    def histories(self, season: SeasonalIndex | None, *, unit: float) -> Histories:
        """Return the histories by the clock of the season."""
        first, clock = self.first_days, self.clock(season)
        recency = clock.between(first, first + self.table["recency"].to_numpy()) / unit
        age = clock.between(first, self.last) / unit
        return Histories.of(frequency=self.table["frequency"].to_numpy(), recency=recency, age=age)


@dataclass(frozen=True, eq=False)
class Learned:
    """What was learned before an instant.

    Attributes:
        purchases: How often customers buy.
        spending: What they spend.
        season: The season, if there is one.
        kept: The share of what is spent that is not returned.
        margin: The share of it that is margin, of all customers.
        notes: Findings besides those of the models.
    """

    purchases: FittedPurchases
    spending: FittedSpending
    season: SeasonalIndex | None
    kept: float
    margin: float
    notes: tuple[Finding, ...] = ()

    @property
    def diagnosis(self) -> tuple[Finding, ...]:
        """All findings: of purchases, of spending, of the season."""
        return (*self.purchases.diagnosis, *self.spending.diagnosis, *self.notes)


def seen(terms: Terms, tables: Mapping[str, Native], *, as_of: datetime) -> Base:
    """Count the purchases before an instant and bring one row for each customer here."""
    margin = terms.margin if isinstance(terms.margin, str) else None
    lazy, currency = histories(tables, as_of=as_of, zone=terms.zone, money=terms.money, margin=margin)
    table = collected(lazy).sort("customer_id")
    return Base(as_of, last_seen(as_of, zone=terms.zone), table, currency)


def learned(terms: Terms, tables: Mapping[str, Native], base: Base, *, name: str) -> Learned:
    """Fit the models to the customers; with a season once without it, to see the season against what is expected."""
    purchases = fit_purchases(name, base.histories(None, unit=terms.unit))
    season, notes = terms.seasonal, tuple[Finding, ...]()
    if isinstance(season, str):
        season, notes = _season(terms, tables, base, purchases, by=season)
    if season is not None:
        purchases = fit_purchases(name, base.histories(season, unit=terms.unit))
    again = base.table.filter(pl.col("frequency") > 0)
    spending = fit_spending(frequency=again["frequency"].to_numpy(), spend=again["spend"].to_numpy())
    kept = _kept(base.table) if terms.net else 1.0
    return Learned(purchases, spending, season, kept, _margin(terms, base.table), notes)


def _season(
    terms: Terms, tables: Mapping[str, Native], base: Base, purchases: FittedPurchases, *, by: SeasonBy
) -> tuple[SeasonalIndex, tuple[Finding, ...]]:
    days, expected = expected_of(purchases, base, None, last=base.last, unit=terms.unit)
    if not purchases.repeaters:
        return SeasonalIndex(by=by), (_unseen(),)
    actual = bought_by_day(terms, tables, base, as_of=base.as_of, days=days)
    index = estimated_season(by, days=days, actual=actual, expected=expected)
    return index, () if base.last - base.first + 1 >= YEAR else (_unseen(),)


def _unseen() -> Finding:
    return Finding(
        "season_unseen",
        "Less than a year was seen: parts of the year that were not are taken for average ones, and a season cannot be told "
        "from a trend. Give an index that is known, as in seasonal=SeasonalIndex(by='month', index={12: 1.6}).",
    )


def expected_of(
    purchases: FittedPurchases, base: Base, season: SeasonalIndex | None, *, last: int, unit: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the days up to `last`, and the repeat purchases expected on each of all customers of `base`."""
    first_days, counts = np.unique(base.first_days, return_counts=True)
    clock = base.clock(season, ahead=max(last - base.last, 0))
    return expected_by_day(
        purchases, first_days=first_days, customers=counts.astype(np.float64), last=last, clock=clock, unit=unit
    )


def bought_by_day(
    terms: Terms, tables: Mapping[str, Native], base: Base, *, as_of: datetime, days: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the repeat purchases of the customers of `base` on each of these days (which follow each other)."""
    found = repeat_purchases(tables, as_of=as_of, zone=terms.zone, acquired_by=base.last)
    actual = np.zeros(len(days))
    if found.height:
        actual[found["day"].to_numpy() - days[0]] = found["purchases"].to_numpy()
    return actual


def _kept(table: pl.DataFrame) -> float:
    bought, returned = float(table["bought"].sum()), float(table["returned"].sum())
    return min(max(1 + returned / bought, 0.0), 1.0) if bought > 0 else 1.0


def _margin(terms: Terms, table: pl.DataFrame) -> float:
    if not isinstance(terms.margin, str):
        return terms.margin
    paid = float((table["bought"] + table["returned"]).sum())
    return float(table["margin"].sum()) / paid if paid > 0 else 0.0
