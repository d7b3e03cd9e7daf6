"""What frames of every engine have in common: instants, calendars, and coming back as what they were."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import narwhals as nw
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.searching import at_least
from unified_customer.engines.portable import Calendar, Period, before, civil, collected, day_number, given_back, opened
from unified_customer.engines.portable.dates import with_first_day, with_microseconds

ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")
PERIODS: tuple[Period, ...] = ("day", "week", "month", "quarter", "year")
Put = Callable[[pl.DataFrame], Any]

instants = st.integers(0, 128 * 365 * 86_400).map(
    lambda after: datetime(1971, 1, 1, tzinfo=UTC) + timedelta(seconds=after)
)
"""From when on zones are ruled by law, to when their rules are known."""
days = st.dates(date(1700, 1, 1), date(2300, 1, 1))
calendars = st.builds(
    Calendar, week_start=st.sampled_from(("monday", "sunday", "saturday")), fiscal_month=st.integers(1, 12)
)
on_each_engine = settings(
    deadline=None, max_examples=at_least(8), suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def around_changes(zone: str) -> list[datetime]:
    """Return instants about the changes of the clock in 2026."""
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(8760)]
    changed = [at for at in hours if _offset(at, zone) != _offset(at + timedelta(hours=1), zone)]
    return [at + timedelta(minutes=minutes) for at in changed for minutes in (0, 29, 30, 59, 60, 61, 90)]


def _offset(at: datetime, zone: str) -> timedelta | None:
    return at.astimezone(ZoneInfo(zone)).utcoffset()


def frame_of(times: list[datetime]) -> pl.DataFrame:
    return pl.DataFrame({"at": times}, schema={"at": pl.Datetime("us", "UTC")})


@pytest.mark.parametrize("zone", ZONES)
@on_each_engine
@given(times=st.lists(instants, min_size=1, max_size=20))
def test_an_instant_is_the_same_civil_time_on_every_engine(engine: Put, zone: str, times: list[datetime]) -> None:
    whole = [*times, *around_changes(zone)]
    found = collected(civil(opened(engine(frame_of(whole))), "at", zone=zone))
    assert sorted(found["at"]) == sorted(at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for at in whole)


@given(days=st.lists(days, min_size=1, max_size=20))
@on_each_engine
def test_days_are_counted_from_the_epoch_on_every_engine(engine: Put, days: list[date]) -> None:
    counted = opened(engine(pl.DataFrame({"on": days}))).select("on", day=day_number(nw.col("on")))
    assert all(day == (on - date(1970, 1, 1)).days for on, day in collected(counted).iter_rows())


@given(calendar=calendars, days=st.lists(days, min_size=1, max_size=10))
@on_each_engine
def test_a_period_has_one_number_in_expressions_and_in_python(
    engine: Put, calendar: Calendar, days: list[date]
) -> None:
    lazy = civil(opened(engine(pl.DataFrame({"on": days}))), "on", zone="UTC")
    numbers = {period: calendar.counted(nw.col("on"), period) for period in PERIODS}
    for row in collected(lazy.with_columns(**numbers)).iter_rows(named=True):
        assert all(row[period] == calendar.number(row["on"].date(), period) for period in PERIODS)


@given(calendars, days, st.sampled_from(PERIODS))
def test_a_day_lies_in_its_period_and_in_no_other(calendar: Calendar, day: date, period: Period) -> None:
    number = calendar.number(day, period)
    assert calendar.start(number, period) <= day <= calendar.end(number, period)
    assert calendar.end(number, period) + timedelta(days=1) == calendar.start(number + 1, period)


@given(calendars, st.lists(days, min_size=2, max_size=20, unique=True), st.sampled_from(PERIODS))
def test_two_periods_have_two_names(calendar: Calendar, days: list[date], period: Period) -> None:
    numbers = {calendar.number(day, period) for day in days}
    assert len({calendar.label(number, period) for number in numbers}) == len(numbers)


@given(times=st.lists(instants, min_size=1, max_size=10), data=st.data())
@on_each_engine
def test_what_is_before_an_instant_is_the_same_with_and_without_a_zone(
    engine: Put, times: list[datetime], data: st.DataObject
) -> None:
    as_of = data.draw(st.sampled_from(times))
    frame = frame_of(times)
    plain = frame.with_columns(pl.col("at").dt.replace_time_zone(None))
    left = [collected(before(opened(engine(each)), "at", as_of=as_of, zone="UTC")).height for each in (frame, plain)]
    assert left == [sum(at < as_of for at in times)] * 2


@given(rows=st.lists(st.integers(), max_size=5))
@on_each_engine
def test_a_frame_comes_back_as_what_it_was(engine: Put, rows: list[int]) -> None:
    given_in = engine(pl.DataFrame({"a": [row % 7 for row in rows]}, schema={"a": pl.Int64}))
    back = given_back(opened(given_in).select(b="a"), like=given_in)
    assert type(back) is type(given_in)
    assert sorted(collected(opened(back))["b"]) == sorted(row % 7 for row in rows)


@given(calendar=calendars, days=st.lists(days, min_size=1, max_size=10))
@settings(on_each_engine, max_examples=at_least(3))
def test_the_number_of_a_period_turns_back_into_its_first_day(
    engine: Put, calendar: Calendar, days: list[date]
) -> None:
    for period in PERIODS:
        numbers = [calendar.number(day, period) for day in days]
        frame = pl.DataFrame({"given": numbers, "first": numbers}, schema={"given": pl.Int64, "first": pl.Int64})
        back = collected(with_first_day(opened(engine(frame)), "first", calendar=calendar, period=period))
        assert all(first == calendar.start(given, period) for given, first in back.iter_rows())


@given(times=st.lists(instants, min_size=1, max_size=20))
@on_each_engine
def test_instants_are_the_same_microseconds_on_every_engine(engine: Put, times: list[datetime]) -> None:
    odd = [at + timedelta(microseconds=place) for place, at in enumerate(times)]
    told = collected(with_microseconds(opened(engine(frame_of(odd))), "at", name="moment"))
    assert all(
        moment == (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        for at, moment in told.iter_rows()
    )
