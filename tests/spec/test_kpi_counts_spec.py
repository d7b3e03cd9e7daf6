"""What KPIs count, against plain counting: visits, messages, attribution, and who stays."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified_customer.analytics import Scorecard
from unified_customer.methods.events.machines import Machines
from unified_customer.testing.kpi_strategies import scorecard_tables, scorecards
from unified_customer.testing.purchase_strategies import FIRST

END = FIRST + timedelta(days=61)
Tables = Mapping[str, pl.DataFrame]
Row = Mapping[str, Any]
Told = dict[date, Any]
specs, tables = scorecards(), scorecard_tables()


def told(spec: Scorecard, tables: Tables, kpi: str) -> Told:
    """Return the values of a KPI by period, those that are 0 or null left out."""
    spec = spec.model_copy(update={"kpis": (kpi,), "by": None, "machines": Machines(seconds=0, agents=(), flags=())})
    rows = spec.fit(tables, as_of=END).table.select("period", "value").iter_rows()
    return {period: value for period, value in rows if value}


def same(one: Told, other: Mapping[date, float]) -> bool:
    return one == pytest.approx({period: value for period, value in other.items() if value})


def period(spec: Scorecard, at: datetime) -> date:
    calendar = spec.calendar
    day = at.astimezone(ZoneInfo(calendar.zone)).date()
    return calendar.start(calendar.number(day, spec.every), spec.every)


def counts(spec: Scorecard, instants: Iterable[datetime]) -> dict[date, float]:
    found: dict[date, float] = defaultdict(float)
    for at in instants:
        found[period(spec, at)] += 1
    return found


def past(tables: Tables, table: str, at: str) -> list[Row]:
    return [row for row in tables[table].sort(at).iter_rows(named=True) if row[at] < END]


# -------------------------------------------------------------------------------- visits


def sessions(spec: Scorecard, tables: Tables) -> list[list[Row]]:
    """Return the events of each session, in order."""
    keyed: dict[tuple[str, bool], list[Row]] = defaultdict(list)
    for row in past(tables, "events", "occurred_at"):
        key = row["session_id"] or row["customer_id"] or row["anonymous_id"]
        here = row["name"] in {"Product Viewed", "Order Completed", None}
        if here and key is not None:
            keyed[key, row["session_id"] is not None].append(row)
    found = []
    for (_, named), rows in keyed.items():
        cuts = [
            place
            for place, (one, other) in enumerate(pairwise(rows), start=1)
            if not named and other["occurred_at"] - one["occurred_at"] > timedelta(minutes=spec.session_minutes)
        ]
        found += [rows[start:end] for start, end in pairwise([0, *cuts, len(rows)])]
    return found


@given(spec=specs, tables=tables)
def test_sessions_are_what_plain_counting_gives(spec: Scorecard, tables: Tables) -> None:
    found = sessions(spec, tables)
    starts = [rows[0]["occurred_at"] for rows in found]
    assert same(told(spec, tables, "sessions"), counts(spec, starts))
    seconds: dict[date, float] = defaultdict(float)
    for rows in found:
        seconds[period(spec, rows[0]["occurred_at"])] += (
            rows[-1]["occurred_at"] - rows[0]["occurred_at"]
        ).total_seconds()
    means = {day: seconds[day] / count for day, count in counts(spec, starts).items()}
    assert same(told(spec, tables, "session_duration"), means)


@given(spec=specs, tables=tables)
def test_bounces_and_pages_are_what_plain_counting_gives(spec: Scorecard, tables: Tables) -> None:
    found = sessions(spec, tables)
    every = counts(spec, [rows[0]["occurred_at"] for rows in found])
    lone = counts(spec, [rows[0]["occurred_at"] for rows in found if len(rows) == 1])
    pages = counts(spec, [rows[0]["occurred_at"] for rows in found for row in rows if row["name"] is None])
    assert same(told(spec, tables, "bounce_rate"), {day: lone[day] / count for day, count in every.items()})
    assert same(told(spec, tables, "page_views"), pages)


@given(spec=specs, tables=tables)
def test_visitors_are_what_plain_counting_gives(spec: Scorecard, tables: Tables) -> None:
    people: dict[date, set[str]] = defaultdict(set)
    for rows in sessions(spec, tables):
        known = [row["customer_id"] for row in rows if row["customer_id"]]
        seen = [row["anonymous_id"] for row in rows if row["anonymous_id"]]
        people[period(spec, rows[0]["occurred_at"])].add(min(known or seen or [row["session_id"] for row in rows]))
    assert same(told(spec, tables, "visitors"), {day: len(found) for day, found in people.items()})


# -------------------------------------------------------------------------------- messages


@given(spec=specs, tables=tables)
def test_messages_are_what_plain_counting_gives(spec: Scorecard, tables: Tables) -> None:
    mails: dict[tuple[str | None, str], list[Row]] = defaultdict(list)
    for row in past(tables, "events", "occurred_at"):
        if row["object_id"] is not None and (row["name"] or "").startswith("Email "):
            mails[row["customer_id"] or row["anonymous_id"], row["object_id"]].append(row)
    named = [(rows[0]["occurred_at"], {row["name"].removeprefix("Email ") for row in rows}) for rows in mails.values()]
    any_told = any("Delivered" in names for _, names in named)

    def count(*wanted: str) -> dict[date, float]:
        return counts(spec, [at for at, names in named if names & set(wanted) and "Bounced" not in names])

    every = ("Sent", "Delivered", "Opened", "Link Clicked", "Marked as Spam")
    assert same(told(spec, tables, "emails_sent"), counts(spec, [at for at, _ in named]))
    assert same(told(spec, tables, "unique_opens"), count("Opened", "Link Clicked"))
    assert same(told(spec, tables, "unique_clicks"), count("Link Clicked"))
    reached = count("Delivered", "Opened", "Link Clicked", "Marked as Spam") if any_told else count(*every)
    assert same(told(spec, tables, "emails_delivered"), reached)
    spam = {day: number / reached[day] for day, number in count("Marked as Spam").items()}
    assert same(told(spec, tables, "complaint_rate"), spam)


# -------------------------------------------------------------------------------- attribution


def touches(spec: Scorecard, tables: Tables) -> dict[str, list[tuple[datetime, str]]]:
    found: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for row in past(tables, "events", "occurred_at"):
        click = row["name"] == "Email Link Clicked" and row["object_id"] is not None
        visit = row["name"] in {"Product Viewed", "Order Completed", None}
        direct = spec.attribution == "last_touch_but_direct" and row["channel"] == "direct" and visit
        if row["customer_id"] and row["channel"] and (click or visit) and not direct:
            found[row["customer_id"]].append((row["occurred_at"], row["channel"]))
    return found


@given(spec=specs, tables=tables)
def test_attributed_revenue_is_what_plain_counting_gives(spec: Scorecard, tables: Tables) -> None:
    spec = spec.model_copy(update={"paid": ("paid_search",), "attribution_days": 7})
    revenue: dict[date, float] = defaultdict(float)
    touched = touches(spec, tables)
    for row in past(tables, "orders", "ordered_at"):
        before = [touch for touch in touched[row["customer_id"]] if touch[0] <= row["ordered_at"]]
        latest = max((at for at, _ in before), default=None)
        recent = latest is not None and row["ordered_at"] - latest <= timedelta(days=7)
        # Of several touches at one instant the least channel counts.
        if recent and min(channel for at, channel in before if at == latest) == "paid_search" and row["amount"] >= 0:
            revenue[period(spec, row["ordered_at"])] += float(row["amount"])
    assert same(told(spec, tables, "attributed_revenue"), revenue)


# -------------------------------------------------------------------------------- who stays


def starts(spec: Scorecard) -> list[tuple[date, datetime, datetime]]:
    """Return the periods that are over: their first day, and the civil times at which they start and end."""
    calendar, zone = spec.calendar, ZoneInfo(spec.calendar.zone)
    first = calendar.number(date(2026, 1, 1), spec.every) - 1
    found = []
    for number in range(first, first + 70):
        one, other = (calendar.start(each, spec.every) for each in (number, number + 1))
        if datetime.combine(other, time(), zone) <= END:
            found.append((one, datetime.combine(one, time()), datetime.combine(other, time())))
    return found


@given(spec=specs, tables=tables, every=st.sampled_from(("day", "week", "month")), days=st.sampled_from((1, 3, 10)))
def test_churn_by_purchases_is_what_plain_counting_gives(
    spec: Scorecard, tables: Tables, every: str, days: int
) -> None:
    spec = spec.model_copy(update={"retained": "purchases", "every": every, "churn_days": days})
    zone, span = ZoneInfo(spec.calendar.zone), timedelta(days=spec.churn_days)
    bought = [
        (row["customer_id"], row["ordered_at"].astimezone(zone).replace(tzinfo=None))
        for row in past(tables, "orders", "ordered_at")
        if row["customer_id"] and row["amount"] >= 0
    ]

    def active(at: datetime) -> set[str]:
        return {who for who, when in bought if at - span <= when < at}

    known = [each for each in starts(spec) if active(each[1]) and min(when for _, when in bought) + span <= each[1]]
    rates = {day: len(active(start) - active(end)) / len(active(start)) for day, start, end in known}
    assert same(told(spec, tables, "churn_rate"), rates)
    assert same(told(spec, tables, "retention_rate"), {day: 1 - rate for day, rate in rates.items()})


@given(spec=specs, tables=tables)
def test_nrr_by_purchases_is_what_plain_counting_gives(spec: Scorecard, tables: Tables) -> None:
    spec = spec.model_copy(update={"retained": "purchases"})
    paid: dict[tuple[date, str], float] = defaultdict(float)
    for row in past(tables, "orders", "ordered_at"):
        if row["customer_id"]:
            paid[period(spec, row["ordered_at"]), row["customer_id"]] += float(row["amount"] or 0)
    days = [day for day, *_ in starts(spec)]
    rates = {}
    for before, day in pairwise(days):
        then = {who: money for (at, who), money in paid.items() if at == before and round(money, 6) > 0}
        if then:
            rates[day] = sum(max(paid.get((day, who), 0), 0) for who in then) / sum(then.values())
    assert same(told(spec, tables, "net_revenue_retention"), rates)


STATES = {
    "Subscription Started": True, "Subscription Upgraded": True, "Subscription Downgraded": True,
    "Subscription Paused": False, "Subscription Cancelled": False,
}  # fmt: skip


def at_boundary(rows: list[Row], end: datetime, zone: ZoneInfo) -> tuple[bool, float]:
    """Return whether a contract runs at a civil time, and what it pays; of several events at one instant those that run."""
    told, pays = None, 0.0
    local = [(row["occurred_at"].astimezone(zone).replace(tzinfo=None), row) for row in rows]
    here: list[Row] = []
    for at in sorted({when for when, _ in local if when < end}):
        here = [row for when, row in local if when == at]
        states = [STATES[row["name"]] for row in here if row["name"] in STATES]
        told = any(states) if states else told
        amounts = [float(row["amount"]) for row in here if STATES.get(row["name"], True) and row["amount"] is not None]
        pays = max(amounts) if amounts else pays
    # Of what nothing but payments is told runs.
    runs = bool(here) if told is None else told
    return runs, pays if runs else 0.0


def contract_events(tables: Tables) -> dict[str, list[Row]]:
    things: dict[str, list[Row]] = defaultdict(list)
    for row in past(tables, "events", "occurred_at"):
        if row["name"] in {*STATES, "Payment Succeeded"} and row["object_id"] is not None:
            things[row["object_id"]].append({**row, "amount": None if row["amount"] is None else abs(row["amount"])})
    return things


@given(spec=specs, tables=tables, least=st.integers(2, 3))
def test_contracts_of_fewer_customers_than_are_wanted_are_not_told(spec: Scorecard, tables: Tables, least: int) -> None:
    spec, zone = spec.model_copy(update={"retained": "contracts", "min_customers": least}), ZoneInfo(spec.calendar.zone)
    things, held = contract_events(tables), dict[date, float]()
    for day, start, _ in starts(spec):
        running = [name for name, rows in things.items() if at_boundary(rows, start, zone)[0]]
        customers = [[row["customer_id"] for row in things[name] if row["customer_id"]] for name in running]
        if len({min(known) if known else (name,) for name, known in zip(running, customers, strict=True)}) >= least:
            held[day] = len(running)
    days = {day for day, *_ in starts(spec)}
    shown = {day: value for day, value in told(spec, tables, "active_customers").items() if day in days}
    assert same(shown, held)


@given(spec=specs, tables=tables)
def test_churn_and_nrr_by_contracts_are_what_plain_counting_gives(spec: Scorecard, tables: Tables) -> None:
    spec, zone = spec.model_copy(update={"retained": "contracts"}), ZoneInfo(spec.calendar.zone)
    things = contract_events(tables)
    positive = {**tables, "events": tables["events"].with_columns(pl.col("amount").abs())}
    lost, net = dict[date, float](), dict[date, float]()
    for day, start, end in starts(spec):
        then = {name: at_boundary(rows, start, zone) for name, rows in things.items()}
        now = {name: at_boundary(rows, end, zone) for name, rows in things.items()}
        held = [name for name, (runs, _) in then.items() if runs]
        if held:
            lost[day] = sum(not now[name][0] for name in held) / len(held)
        if money := sum(then[name][1] for name in held):
            net[day] = sum(now[name][1] for name in held) / money
    assert same(told(spec, positive, "churn_rate"), lost)
    assert same(told(spec, positive, "net_revenue_retention"), net)
