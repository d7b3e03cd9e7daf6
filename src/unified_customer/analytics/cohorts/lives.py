"""What each customer did in each period of its life, on the engine of the frames."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import narwhals as nw

from unified_customer.analytics.cohorts.spec import CUSTOMERS, DAYS, Cohorts
from unified_customer.analytics.occurrences import Occurrence, happened
from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Lazy, Native, civil, opened, settled
from unified_customer.engines.portable.dates import with_first_day, with_microseconds
from unified_customer.methods.money import Exchange

MICROSECONDS: Final = 86_400_000_000
"""Of 24 hours."""


@dataclass(frozen=True)
class Lives:
    """Customers and what they did.

    Attributes:
        starts: `customer_id`, `cohort` (number of the period), and the column of `by`: one row a customer.
        periods: `customer_id`, `cohort`, `period` (from 0), `orders` (how often it was active), sums of money, and the
            column of `by`: one row for each period with something in it.
        exchange: How the sums are added.
    """

    starts: Lazy
    periods: Lazy
    exchange: Exchange


def lived(spec: Cohorts, tables: Mapping[str, Native], *, as_of: datetime) -> Lives:
    """Return what each customer did in each period since it began."""
    rows = _counted(spec, spec.active, tables, as_of, timed=not _begins_by_activity(spec))
    exchange = spec.money.exchange(rows)
    priced = rows.with_columns(**exchange.parts("amount", nw.col("amount")))
    if _begins_by_activity(spec):
        periods = settled(_since_first(priced, exchange), like=spec.start.native(tables))
        starts = periods.filter(nw.col("period") == 0).select("customer_id", "cohort")
        return Lives(starts, periods, exchange)
    begun = settled(_begun(spec, tables, as_of), like=spec.start.native(tables))
    _check_zones(spec, tables)
    return Lives(begun.drop("started"), _since_started(spec, priced, begun, exchange), exchange)


def started(spec: Cohorts, tables: Mapping[str, Native], *, as_of: datetime) -> Lazy:
    """Return `customer_id`, `cohort` and the column of `by` of everybody who has begun."""
    if not _begins_by_activity(spec):
        return _begun(spec, tables, as_of).drop("started")
    rows = _counted(spec, spec.start, tables, as_of, timed=False).filter("counts")
    return rows.group_by("customer_id").agg(cohort=nw.col("number").min())


def dated(spec: Cohorts, starts: Lazy) -> Lazy:
    """Return starts with the first day of the period in place of its number."""
    by = [] if spec.by is None else [spec.by]
    told = with_first_day(starts, "cohort", calendar=spec.calendar, period=spec.period)
    return told.select("customer_id", *by, "cohort")


def _begins_by_activity(spec: Cohorts) -> bool:
    """Return whether the first period with activity is the first of all, so that times need not be compared."""
    return spec.start == spec.active and spec.windows == "calendar" and spec.by is None


def _counted(
    spec: Cohorts, occurrence: Occurrence, tables: Mapping[str, Native], as_of: datetime, *, timed: bool
) -> Lazy:
    """Return rows with the number of their period, and on demand with their microseconds."""
    here = occurrence == spec.start and spec.by is not None and spec.by_table == "start"
    keep = [spec.by] if here and spec.by is not None else []
    rows = happened(occurrence, tables, as_of=as_of, zone=spec.calendar.zone, keep=keep)
    if timed:
        rows = with_microseconds(rows, "at", name="moment")
    local = civil(rows, "at", zone=spec.calendar.zone)
    return local.with_columns(number=spec.calendar.counted(nw.col("at"), spec.period)).drop("at")


def _since_first(rows: Lazy, exchange: Exchange) -> Lazy:
    often = nw.col("counts").cast(nw.Int64).sum()
    grouped = rows.group_by("customer_id", "number").agg(*exchange.sums("amount"), orders=often)
    first = nw.when(nw.col("orders") > 0).then("number").min().over("customer_id")
    since = grouped.with_columns(cohort=first).with_columns(period=nw.col("number") - nw.col("cohort"))
    return since.filter(nw.col("period") >= 0).drop("number")


def _begun(spec: Cohorts, tables: Mapping[str, Native], as_of: datetime) -> Lazy:
    rows = _counted(spec, spec.start, tables, as_of, timed=True).filter("counts")
    whose = rows.with_columns(
        started=nw.col("moment").min().over("customer_id"), cohort=nw.col("number").min().over("customer_id")
    )
    first = whose.filter(nw.col("moment") == nw.col("started")).group_by("customer_id")
    if spec.by is None:
        return first.agg(nw.col("started", "cohort").min())
    if spec.by_table == "start":
        return first.agg(nw.col("started", "cohort", spec.by).min())
    customers = opened(_customers(tables), columns=["customer_id", spec.by], name=CUSTOMERS)
    told = customers.group_by("customer_id").agg(nw.col(spec.by).min())
    return first.agg(nw.col("started", "cohort").min()).join(told, on="customer_id", how="left")


def _customers(tables: Mapping[str, Native]) -> Native:
    if CUSTOMERS not in tables:
        raise SchemaError(f"{CUSTOMERS!r} is not among the tables; there are: {', '.join(tables) or 'none'}.")
    return tables[CUSTOMERS]


def _since_started(spec: Cohorts, rows: Lazy, begun: Lazy, exchange: Exchange) -> Lazy:
    by = [] if spec.by is None else [spec.by]
    sums = list(exchange.parts("amount", nw.col("amount")))
    plain = rows.select("customer_id", "moment", "number", "counts", *sums)
    joined = plain.join(begun, on="customer_id", how="inner")
    past = joined.filter(nw.col("moment") >= nw.col("started"))
    if spec.windows == "rolling":
        period = (nw.col("moment") - nw.col("started")) // (DAYS[spec.period] * MICROSECONDS)
    else:
        # Where the clock goes back over midnight, a later instant can lie in the period before.
        period = nw.max_horizontal(nw.col("number") - nw.col("cohort"), nw.lit(0))
    often = nw.col("counts").cast(nw.Int64).sum()
    return (
        past.with_columns(period=period)
        .group_by("customer_id", *by, "cohort", "period")
        .agg(*exchange.sums("amount"), orders=often)
    )


def _check_zones(spec: Cohorts, tables: Mapping[str, Native]) -> None:
    """Refuse to compare instants with times that name no zone, save in UTC, where they are alike."""
    if spec.start.table == spec.active.table or spec.calendar.zone == "UTC":
        return
    aware = {_is_aware(each, tables) for each in (spec.start, spec.active)}
    if len(aware) > 1:
        raise SchemaError("The times of orders and of events have to be both with a zone or both without one.")


def _is_aware(occurrence: Occurrence, tables: Mapping[str, Native]) -> bool:
    schema = opened(occurrence.native(tables)).collect_schema()
    column = next(name for name in ("ordered_at", "occurred_at") if name in schema)
    return getattr(schema[column], "time_zone", None) is not None
