"""Customers by when they began, and what they did since."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.searching import at_least
from unified_customer.analytics.cohorts import Cohorts, FittedCohorts
from unified_customer.analytics.cohorts.spec import DAYS
from unified_customer.analytics.occurrences import Occurrence
from unified_customer.engines.portable import Calendar, collected, opened
from unified_customer.testing.event_strategies import event_frames
from unified_customer.testing.purchase_strategies import FIRST, moments, order_frames

END = FIRST + timedelta(days=61)
Put = Callable[[pl.DataFrame], Any]
Rows = list[Mapping[str, Any]]
few_on_each_engine = settings(
    deadline=None,
    max_examples=at_least(3),
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
calendars = st.builds(
    Calendar,
    zone=st.sampled_from(("UTC", "Asia/Kolkata", "America/New_York")),
    week_start=st.sampled_from(("monday", "sunday")),
    fiscal_month=st.sampled_from((1, 2)),
)
occurrences = st.sampled_from(
    (
        Occurrence(),
        Occurrence(where={"channel": ("web",)}),
        Occurrence(at_least={"amount": 10}),
        Occurrence(table="events"),
        Occurrence(table="events", names=("Signed Up",)),
        Occurrence(table="events", where={"channel": ("shop", "web")}),
    )
)
specs = st.builds(
    Cohorts,
    start=occurrences,
    activity=st.none() | occurrences,
    period=st.sampled_from(("day", "week", "month", "quarter", "year")),
    windows=st.sampled_from(("calendar", "rolling")),
    returning=st.sampled_from(("on", "on_or_after")),
    by=st.sampled_from((None, "channel")),
    calendar=calendars,
    min_customers=st.just(1),
)
tables = st.fixed_dictionaries(
    {
        "orders": order_frames(min_size=12, max_size=40, customers=5),
        "events": event_frames(min_size=12, max_size=40, customers=5),
    }
)
late_moments = st.integers(20, 60).map(lambda days: FIRST + timedelta(days=days)) | moments()


# -------------------------------------------------------------------------------- the oracle, in plain Python


def found(occurrence: Occurrence, tables: Mapping[str, pl.DataFrame], end: datetime) -> Rows:
    """Return what happened before an instant: who, when, whether it counts, for how much, where."""
    orders = occurrence.table == "orders"
    at = "ordered_at" if orders else "occurred_at"
    rows = [row for row in tables[occurrence.table].iter_rows(named=True) if row["customer_id"] and row[at] < end]
    return [
        {**row, "at": row[at], "counts": not orders or row["amount"] >= 0}
        for row in rows
        if all(row[name] in held for name, held in occurrence.where.items())
        and all(row[name] >= least for name, least in occurrence.at_least.items())
        and (not occurrence.names or row["name"] in occurrence.names)
    ]


def number(spec: Cohorts, at: datetime) -> int:
    return spec.calendar.number(at.astimezone(ZoneInfo(spec.calendar.zone)).date(), spec.period)


def beginnings(spec: Cohorts, tables: Mapping[str, pl.DataFrame], end: datetime) -> dict[str, tuple[datetime, Any]]:
    """Return when each customer began, and the least channel of that instant."""
    rows = [row for row in found(spec.start, tables, end) if row["counts"]]
    first = {
        row["customer_id"]: min(each["at"] for each in rows if each["customer_id"] == row["customer_id"])
        for row in rows
    }
    channels = defaultdict(list)
    for row in rows:
        if row["at"] == first[row["customer_id"]] and row["channel"] is not None:
            channels[row["customer_id"]].append(row["channel"])
    return {who: (at, min(channels[who], default=None) if spec.by else None) for who, at in first.items()}


def expected(spec: Cohorts, tables: Mapping[str, pl.DataFrame], end: datetime = END) -> dict[Any, Any]:
    """Return customers, active customers, orders and revenue of each complete cell."""
    began = beginnings(spec, tables, end)
    did: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for row in found(spec.active, tables, end):
        start = began.get(row["customer_id"])
        if start is not None and in_life(spec, row, start[0]):
            did[row["customer_id"], period_of(spec, row["at"], start[0])].append(row)
    cells = {}
    for cohort, channel in {(number(spec, at), channel) for at, channel in began.values()}:
        members = [who for who, start in began.items() if (number(spec, start[0]), start[1]) == (cohort, channel)]
        for period in range(1000):
            if not is_over(spec, cohort, period, end):
                break
            cells[channel, cohort, period] = cell(spec, members, period, did)
    return cells


def in_life(spec: Cohorts, row: Mapping[str, Any], began: datetime) -> bool:
    whole = spec.start == spec.active and spec.windows == "calendar" and spec.by is None
    return number(spec, row["at"]) >= number(spec, began) if whole else row["at"] >= began


def period_of(spec: Cohorts, at: datetime, began: datetime) -> int:
    if spec.windows == "calendar":
        return number(spec, at) - number(spec, began)
    return (at - began) // timedelta(days=DAYS[spec.period])


def is_over(spec: Cohorts, cohort: int, period: int, end: datetime) -> bool:
    zone = ZoneInfo(spec.calendar.zone)
    rolling = spec.windows == "rolling"
    day = spec.calendar.start(cohort + 1 if rolling else cohort + period + 1, spec.period)
    over = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(ZoneInfo("UTC"))
    return over + (period + 1) * timedelta(days=DAYS[spec.period]) * rolling <= end


def cell(spec: Cohorts, members: list[str], period: int, did: Mapping[tuple[str, int], Rows]) -> tuple[Any, ...]:
    def was_active(who: str) -> bool:
        periods = {each for (name, each), rows in did.items() if name == who and any(row["counts"] for row in rows)}
        return period == 0 or (
            max(periods, default=0) >= period if spec.returning == "on_or_after" else period in periods
        )

    rows = [row for who in members for row in did.get((who, period), ())]
    amounts = [row["amount"] for row in rows if row["amount"] is not None]
    return len(members), sum(map(was_active, members)), sum(row["counts"] for row in rows), float(sum(amounts))


def told(fitted: FittedCohorts) -> dict[Any, Any]:
    """Return what was found in the same form."""
    spec, cells = fitted.spec, fitted.cells.filter("complete")
    return {
        (row[spec.by] if spec.by else None, spec.calendar.number(row["starts"], spec.period), row["period"]): (
            row["customers"],
            row["active"],
            row["orders"],
            row["revenue"],
        )
        for row in cells.iter_rows(named=True)
    }


def alike(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> bool:
    return one.keys() == other.keys() and all(
        row[:3] == other[key][:3] and row[3] == pytest.approx(other[key][3], rel=1e-9) for key, row in one.items()
    )


# -------------------------------------------------------------------------------- laws


first_purchase: Mapping[str, Any] = {"start": Occurrence(), "activity": None, "by": None}


@pytest.mark.parametrize("returning", ["on", "on_or_after"])
@pytest.mark.parametrize("fixed", [{"windows": "rolling"}, {"windows": "calendar"}, first_purchase])
@given(spec=specs, tables=tables, late=late_moments)
def test_every_cell_is_what_plain_counting_gives(
    fixed: Mapping[str, Any], returning: str, spec: Cohorts, tables: Mapping[str, pl.DataFrame], late: datetime
) -> None:
    period = spec.period if spec.period in {"day", "week"} else "month"
    spec = spec.model_copy(update={**fixed, "returning": returning, "period": period})
    assert alike(told(spec.fit(tables, as_of=late)), expected(spec, tables, late))


@given(spec=specs, tables=tables)
@few_on_each_engine
def test_every_engine_gives_the_same_cells_and_cohorts(
    engine: Put, spec: Cohorts, tables: Mapping[str, pl.DataFrame]
) -> None:
    there = {name: engine(frame) for name, frame in tables.items()}
    fitted = spec.fit(there, as_of=END)
    assert alike(told(fitted), told(spec.fit(tables, as_of=END)))
    assigned = fitted.assign(there, as_of=END)
    assert type(assigned) is type(fitted.table) is type(there[spec.start.table])
    assert sorted(collected(opened(assigned)).rows(), key=str) == sorted(
        spec.fit(tables, as_of=END).table.rows(), key=str
    )


@given(spec=specs, tables=tables, seed=st.integers(0, 99))
def test_the_order_of_rows_never_changes_a_cell(spec: Cohorts, tables: Mapping[str, pl.DataFrame], seed: int) -> None:
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=seed) for name, frame in tables.items()}
    assert told(spec.fit(shuffled, as_of=END)) == told(spec.fit(tables, as_of=END))


@given(spec=specs, tables=tables)
def test_the_retention_of_period_0_is_1(spec: Cohorts, tables: Mapping[str, pl.DataFrame]) -> None:
    cells = spec.fit(tables, as_of=END).cells.filter("complete", pl.col("period") == 0)
    assert set(cells["retention"]) <= {1.0}


@given(spec=specs, tables=tables)
def test_the_sizes_of_cohorts_add_up_to_the_customers(spec: Cohorts, tables: Mapping[str, pl.DataFrame]) -> None:
    fitted = spec.fit(tables, as_of=END)
    assert fitted.sizes["customers"].sum() == fitted.table.height == len(beginnings(spec, tables, END))
    assert fitted.table["customer_id"].is_unique().all()


@given(spec=specs, tables=tables, late=late_moments, days=st.integers(0, 400))
def test_what_happens_from_the_date_on_changes_no_cell(
    spec: Cohorts, tables: Mapping[str, pl.DataFrame], late: datetime, days: int
) -> None:
    def moved(frame: pl.DataFrame, column: str) -> pl.DataFrame:
        later = pl.when(pl.col(column) >= late).then(pl.col(column) + timedelta(days=days)).otherwise(column)
        return frame.with_columns(later)

    future = {"orders": moved(tables["orders"], "ordered_at"), "events": moved(tables["events"], "occurred_at")}
    assert told(spec.fit(future, as_of=late)) == told(spec.fit(tables, as_of=late))


@given(spec=specs, tables=tables, late=late_moments)
def test_a_cell_that_is_over_stays_what_it_is(
    spec: Cohorts, tables: Mapping[str, pl.DataFrame], late: datetime
) -> None:
    early, whole = told(spec.fit(tables, as_of=late)), told(spec.fit(tables, as_of=END + timedelta(days=400)))
    kept = {key: row for key, row in whole.items() if key in early}
    # Who comes back later was there on or after any earlier period.
    assert spec.returning == "on_or_after" or alike(early, kept)


@given(spec=specs, tables=tables)
def test_on_or_after_is_never_less_than_on_and_never_rises(spec: Cohorts, tables: Mapping[str, pl.DataFrame]) -> None:
    on, after = (
        told(spec.model_copy(update={"returning": returning}).fit(tables, as_of=END))
        for returning in ("on", "on_or_after")
    )
    assert all(row[1] >= on[key][1] for key, row in after.items())
    assert all(row[1] <= after[by, cohort, period - 1][1] for (by, cohort, period), row in after.items() if period)


@given(spec=specs, tables=tables)
def test_what_is_not_over_is_null_and_in_no_average(spec: Cohorts, tables: Mapping[str, pl.DataFrame]) -> None:
    fitted = spec.fit(tables, as_of=END)
    open_cells = fitted.cells.filter(~pl.col("complete"))
    assert open_cells.select(
        "active", "retention", "low", "orders", "revenue", "ltv"
    ).null_count().sum_horizontal().sum() == (6 * open_cells.height)
    for row in fitted.averages.iter_rows(named=True):
        same = [pl.col(spec.by).eq_missing(row[spec.by])] if spec.by else []
        cells = fitted.cells.filter("complete", pl.col("period") == row["period"], *same)
        assert row["retention"] == pytest.approx(float(cells["active"].sum()) / float(cells["customers"].sum()))
        assert row["low"] <= row["retention"] <= row["high"]


@given(spec=specs, tables=tables)
def test_the_value_of_a_customer_is_all_revenue_so_far_by_all_customers(
    spec: Cohorts, tables: Mapping[str, pl.DataFrame]
) -> None:
    cells = told(fitted := spec.fit(tables, as_of=END))
    for row in fitted.cells.filter("complete").iter_rows(named=True):
        key = (row[spec.by] if spec.by else None, spec.calendar.number(row["starts"], spec.period))
        spent = sum(cells[*key, period][3] for period in range(row["period"] + 1))
        assert row["ltv"] == pytest.approx(spent / row["customers"], abs=1e-9)


@given(spec=specs, tables=tables, least=st.integers(2, 6), small=st.sampled_from(("suppress", "merge")))
def test_no_cohort_is_shown_that_is_too_small(
    spec: Cohorts, tables: Mapping[str, pl.DataFrame], least: int, small: str
) -> None:
    guarded = spec.model_copy(update={"min_customers": least, "small": small}).fit(tables, as_of=END)
    shown = guarded.sizes.drop_nulls("customers")
    assert (shown["customers"] >= least).all()
    hidden = guarded.cells.filter(pl.col("customers").is_null())
    assert hidden.select("active", "retention", "orders", "revenue", "ltv").null_count().sum_horizontal().sum() == (
        5 * hidden.height
    )
    if small == "merge" and spec.by is None and guarded.table.height >= least:
        assert shown["customers"].sum() == guarded.table.height


@given(spec=specs, tables=tables)
def test_joined_cohorts_did_what_their_parts_did(spec: Cohorts, tables: Mapping[str, pl.DataFrame]) -> None:
    merging = spec.model_copy(update={"min_customers": 3, "small": "merge", "by": None})
    parts = told(spec.model_copy(update={"by": None}).fit(tables, as_of=END))
    for row in merging.fit(tables, as_of=END).cells.filter("complete").drop_nulls("customers").iter_rows(named=True):
        first, last = (spec.calendar.number(row[end], spec.period) for end in ("starts", "ends"))
        inside = [
            cell for (_, cohort, period), cell in parts.items() if first <= cohort <= last and period == row["period"]
        ]
        assert [row[name] for name in ("customers", "active", "orders")] == [
            sum(each[i] for each in inside) for i in range(3)
        ]


@given(spec=specs, tables=tables)
def test_assigning_the_data_of_the_fit_gives_the_same_cohorts(
    spec: Cohorts, tables: Mapping[str, pl.DataFrame]
) -> None:
    fitted = spec.fit(tables, as_of=END)
    again = fitted.assign(tables, as_of=END)
    assert again.sort("customer_id").rows() == fitted.table.sort("customer_id").rows()
    began = beginnings(spec, tables, END)
    for who, *_, cohort in again.iter_rows():
        assert cohort == spec.calendar.start(number(spec, began[who][0]), spec.period)
