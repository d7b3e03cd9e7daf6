"""What cohorts did period by period, counted where the frames are and brought here."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo

import narwhals as nw
import polars as pl

from unified_customer.analytics.cohorts.lives import Lives
from unified_customer.analytics.cohorts.spec import DAYS, Cohorts
from unified_customer.engines.portable import Calendar, collected

INTEGERS: Final = ("active", "orders")


@dataclass(frozen=True)
class Tally:
    """What was counted.

    Attributes:
        sizes: `cohort` (number), `customers`, and the column of `by`.
        counts: `cohort`, `period`, `active`, `orders`, `revenue`, and the column of `by`; periods without anything are
            absent.
        priced: Whether money is told of.
    """

    sizes: pl.DataFrame
    counts: pl.DataFrame
    priced: bool


def tallied(spec: Cohorts, lives: Lives, *, priced: bool) -> Tally:
    """Count what customers did."""
    by = [] if spec.by is None else [spec.by]
    sizes = collected(lives.starts.group_by(*by, "cohort").agg(customers=nw.len()))
    active = nw.col("orders") > 0
    last = nw.when(active).then("period").max().over("customer_id")
    periods = lives.periods.with_columns(active=active.cast(nw.Int64))
    if spec.returning == "on_or_after":
        periods = lives.periods.with_columns(active=nw.when(active & (nw.col("period") == last)).then(1).otherwise(0))
    sums = lives.exchange.sums("amount")
    found = periods.group_by(*by, "cohort", "period").agg(*sums, nw.col("active").sum(), nw.col("orders").sum())
    revenue = lives.exchange.total("amount") if priced else nw.lit(None, dtype=nw.Float64)
    whole = (nw.col(name).cast(nw.Int64) for name in ("cohort", "period", *INTEGERS))
    counts = collected(found.select(*by, *whole, revenue=revenue))
    return Tally(sizes.with_columns(pl.col("cohort", "customers").cast(pl.Int64)), counts, priced)


@dataclass(frozen=True)
class Span:
    """Which periods of a cohort have begun, and which are over.

    Attributes:
        begun: The number of the last period that has begun.
        over: That of the last one that is over for everybody in the cohort; -1 where none is.
    """

    begun: int
    over: int


def span(spec: Cohorts, cohort: int, *, as_of: datetime) -> Span:
    """Return which periods of a cohort have begun before an instant, and which are over at it."""
    calendar = spec.calendar
    if spec.windows == "rolling":
        length = timedelta(days=DAYS[spec.period])
        first, last = (_midnight(calendar, number, spec) for number in (cohort, cohort + 1))
        return Span(ceil((as_of - first) / length) - 1, max((as_of - last) // length - 1, -1))
    present = calendar.number(as_of.astimezone(ZoneInfo(calendar.zone)).date(), spec.period)
    begun = present if _midnight(calendar, present, spec) < as_of else present - 1
    return Span(begun - cohort, present - 1 - cohort)


def _midnight(calendar: Calendar, number: int, spec: Cohorts) -> datetime:
    """Return the instant at which a period of the calendar begins."""
    first = datetime.combine(calendar.start(number, spec.period), time(), tzinfo=ZoneInfo(calendar.zone))
    return first.astimezone(UTC)


def grid(spec: Cohorts, tally: Tally, *, as_of: datetime) -> pl.DataFrame:
    """Return a row for each period of each cohort that has begun, with zeros where nothing was done.

    `first` and `last` (the same number of a period), `period`, `complete`, `customers`, `active`, `orders`, `revenue`
    and the column of `by`.
    """
    by = [] if spec.by is None else [spec.by]
    spans = {number: span(spec, number, as_of=as_of) for number in tally.sizes["cohort"].unique().sort()}
    rows = [
        (number, period, period <= reached.over)
        for number, reached in spans.items()
        for period in range(reached.begun + 1)
    ]
    schema = {"cohort": pl.Int64, "period": pl.Int64, "complete": pl.Boolean}
    cells = tally.sizes.join(pl.DataFrame(rows, schema=schema, orient="row"), on="cohort")
    told = cells.join(tally.counts, on=[*by, "cohort", "period"], how="left", nulls_equal=True)
    zeros = pl.col("active", "orders").fill_null(0)
    revenue = pl.col("revenue").fill_null(0.0) if tally.priced else pl.col("revenue")
    filled = told.with_columns(zeros, revenue).with_columns(active=_active(spec, [*by, "cohort"]))
    return filled.rename({"cohort": "first"}).with_columns(last="first").sort(*by, "first", "period")


def _active(spec: Cohorts, whose: list[str]) -> pl.Expr:
    """Return who was active: in period 0 all, since they began in it."""
    active = pl.col("active")
    if spec.returning == "on_or_after":
        # Of each customer the last period was counted.
        active = active.cum_sum(reverse=True).over(*whose, order_by="period")
    return pl.when(pl.col("period") == 0).then("customers").otherwise(active)
