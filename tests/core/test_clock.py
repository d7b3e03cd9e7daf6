"""Instants have a zone; the clock is an argument."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified_customer.core.clock import as_utc, just_after, system_clock
from unified_customer.core.errors import ConfigurationError

zones = st.sampled_from([UTC, ZoneInfo("Europe/Berlin"), timezone(timedelta(hours=-9, minutes=-30))])


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=zones))  # noqa: DTZ001 (zones follow)
def test_as_utc_keeps_the_instant(instant: datetime) -> None:
    assert as_utc(instant) == instant.astimezone(UTC)
    assert as_utc(instant).tzinfo is UTC
    assert as_utc(as_utc(instant)) == as_utc(instant)


def test_an_instant_without_a_zone_is_refused_by_the_name_of_the_argument() -> None:
    with pytest.raises(ConfigurationError, match="stated_at has no time zone"):
        as_utc(datetime(2026, 1, 1), name="stated_at")  # noqa: DTZ001 (that is the point)


# A time without a zone is what is tested.
@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 (naive on purpose)
def test_just_after_is_the_smallest_bound_that_takes_the_instant_in(instant: datetime) -> None:
    assert instant < just_after(instant)
    assert just_after(instant) - instant == datetime.resolution


def test_the_system_clock_is_in_utc_and_runs_on() -> None:
    first = system_clock()
    assert first.tzinfo is UTC
    assert first <= system_clock()
