"""Dates and points in time, by example."""

# ruff: noqa: DTZ001 - times without a zone are what some tests are about

import datetime as dt

import polars as pl
import pytest

from unified_customer.core.errors import ConfigurationError
from unified_customer.identity.normalise import dates, infer_date_format, timestamps

DAY = dt.date(1970, 1, 3)
NOON = dt.datetime(2024, 7, 1, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "raw",
    [
        "1970-01-03", "1970-1-3", "1970/01/03", "1970.01.03", "19700103", "03.01.1970", "3. 1. 1970", "3 Jan 1970",
        "3rd of January 1970", "03-JAN-1970", "Jan 3, 1970", "January 3rd 1970", "1970 Jan 3", "Saturday, 3 January 1970",
        "1970-01-03T00:00:00Z", "1970-01-03 23:59:59.999+02:00", "3 Jan 1970 10:15 am", "19700103T101500Z", " 1970-01-03 ",
    ],
)  # fmt: skip
def test_a_date_of_one_reading(raw: str) -> None:
    assert dates(pl.Series([raw])).item() == DAY


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("25/12/1970", dt.date(1970, 12, 25)),
        ("12/25/1970", dt.date(1970, 12, 25)),
        ("12-25-1970 08:00", dt.date(1970, 12, 25)),
        ("05/05/1970", dt.date(1970, 5, 5)),
        ("3 Jan 1950", dt.date(1950, 1, 3)),
        ("29.02.2024", dt.date(2024, 2, 29)),
        ("03/01/1970", None),
        ("03-01-1970", None),
        ("03/01-1970", None),
        ("01/70", None),
        ("3/1/70", None),
        ("70-01-03", None),
        ("29.02.2023", None),
        ("12.25.1970", None),
        ("31/31/1970", None),
        ("0000-00-00", None),
        ("03011970", None),
        ("12111012", None),
        ("1970-01-03T25:00", None),
        ("3 Foo 1970", None),
        ("25569", None),
        ("1970", None),
    ],
)
def test_other_dates(raw: str, day: dt.date | None) -> None:
    assert dates(pl.Series([raw])).item() == day


def test_a_format_comes_first_and_the_sure_forms_after() -> None:
    raw = pl.Series(["01/03/1970", "03.01.70", "1970-01-03", "3/1/70"])
    assert dates(raw, ["%m/%d/%Y", "%d.%m.%y"]).to_list() == [DAY, DAY, DAY, None]


def test_a_format_may_have_a_time() -> None:
    assert dates(pl.Series(["03/01/1970 10:15"]), "%d/%m/%Y %H:%M").item() == DAY


def test_the_centuries_of_two_digits() -> None:
    raw = pl.Series(["01/01/69", "01/01/70"])
    assert dates(raw, "%d/%m/%y").dt.year().to_list() == [2069, 1970]


def test_typed_dates_pass() -> None:
    assert dates(pl.Series([DAY])).to_list() == [DAY]
    assert dates(pl.Series([dt.datetime(1970, 1, 3, 5)])).to_list() == [DAY]


@pytest.mark.parametrize("form", ["%d/%m", "%Y", "day", "%H:%M"])
def test_a_format_without_a_whole_date_is_an_error(form: str) -> None:
    with pytest.raises(ConfigurationError, match="a year, a month and a day"):
        dates(pl.Series(["x"]), form)


def test_a_format_is_inferred_with_its_evidence() -> None:
    found = infer_date_format(pl.Series(["3/1/1970", "4/1/1970", "25-1-1970", "25/1/70", "40/40/1970", "x", None]))
    assert found.formats == ("%d/%m/%Y", "%d-%m-%Y")
    assert (found.format, found.day_first, found.month_first, found.either, found.other) == ("%d/%m/%Y", 2, 0, 2, 2)


@pytest.mark.parametrize("column", [[], ["3/1/1970"], ["25/1/70"], ["25/1/1970", "1/25/1970"], ["25/1-1970"]])
def test_no_format_without_proof(column: list[str]) -> None:
    assert infer_date_format(pl.Series(column, dtype=pl.String)).format is None


@pytest.mark.parametrize(
    "raw",
    [
        "2024-07-01T12:00:00Z", "2024-07-01 12:00:00+00:00", "2024-07-01T14:00:00+02:00", "2024-07-01T14:00+0200",
        "2024-07-01T14:00:00.000+02", "2024-07-01T12:00:00,000000000z", "20240701T120000Z", "2024-07-01 12:00:00 UTC",
        "2024-07-01T08:30:00-03:30",
    ],
)  # fmt: skip
def test_an_instant(raw: str) -> None:
    assert timestamps(pl.Series([raw])).item() == NOON


@pytest.mark.parametrize(
    "raw",
    ["2024-07-01T12:00:00", "2024-07-01", "1719835200", "2024-07-01T24:00:00Z", "2024-07-01T23:59:60Z", "0001-01-01T00:00:00+01:00",
     "2024-02-30T00:00:00Z", "2024-02-30T12:00Z", "0000-01-01T00:00:00Z", "noon"],
)  # fmt: skip
def test_no_instant(raw: str) -> None:
    assert timestamps(pl.Series([raw])).item() is None


def test_digits_after_the_microsecond_are_cut_off() -> None:
    assert timestamps(pl.Series(["2024-07-01T12:00:00.123456789Z"])).item().microsecond == 123456


def test_a_date_alone_is_its_first_moment_in_the_zone() -> None:
    assert timestamps(pl.Series(["2024-07-01"]), "Europe/Berlin").item() == dt.datetime(2024, 6, 30, 22, tzinfo=dt.UTC)


@pytest.mark.parametrize(("raw", "unit"), [("1719835200", "s"), ("1719835200000", "ms"), ("1719835200000000", "us")])
def test_numbers_with_a_unit(raw: str, unit: str) -> None:
    # Not of that type, on purpose.
    assert timestamps(pl.Series([raw, "999999999999999999"]), unit=unit).to_list()[0] == NOON  # type: ignore[arg-type]  # one of the units


def test_typed_times_are_converted() -> None:
    assert timestamps(pl.Series([NOON]).dt.convert_time_zone("Asia/Tokyo")).to_list() == [NOON]
    naive = pl.Series([dt.datetime(2024, 7, 1, 14)]).dt.cast_time_unit("ms")
    assert timestamps(naive).to_list() == [None]
    assert timestamps(naive, "Europe/Berlin").to_list() == [NOON]


def test_an_unknown_zone_or_unit_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="No time zone 'Mars/Base'"):
        timestamps(pl.Series(["x"]), "Mars/Base")
    with pytest.raises(ConfigurationError, match="one of s, ms, us"):
        timestamps(pl.Series(["x"]), unit="h")  # type: ignore[arg-type]  # not of that type, on purpose
