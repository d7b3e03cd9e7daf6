"""The days of a publication."""

import calendar as months
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any, Final

import polars as pl

from unified_customer.engines.portable import Calendar, Period
from unified_customer.reports.publishing.dimensions import DATE

WHOLE_SPAN: Final = 150
"""Years between which every day is a row; where they lie further apart one of them is wrong, and only those that occur
are."""

FIRST: Final = date(2, 1, 1)
LAST: Final = date(9998, 12, 31)


def day_of(instant: pl.Expr, *, zone: str) -> pl.Expr:
    """Return the day of an instant in a zone; what lies before the year 2 or after 9998 counts on the last day within."""
    return clipped(local(instant, zone=zone).dt.date())


def clipped(day: pl.Expr) -> pl.Expr:
    """Return a day within the years 2 to 9998, outside of which no calendar can count weeks."""
    return day.clip(pl.lit(FIRST), pl.lit(LAST))


def local(instant: pl.Expr, *, zone: str) -> pl.Expr:
    """Return an instant as the clock of a zone shows it, without a zone."""
    return instant.dt.convert_time_zone(zone).dt.replace_time_zone(None)


def calendar_days(days: pl.Series, calendar: Calendar) -> pl.DataFrame:
    """Return the calendar of the years of some days: the columns of `dim_date`.

    Every day from the first year to the last is a row, since tools of BI refuse a calendar with gaps; where these years
    lie more than 150 apart, only the years that occur.

    Args:
        days: The days.
        calendar: Where weeks and fiscal years begin.

    Examples:
        >>> found = calendar_days(pl.Series([date(2026, 5, 17)]), Calendar(fiscal_month=4))
        >>> found.height, found.filter(date_key=date(2026, 5, 17)).select("week", "day_name", "fiscal_quarter").row(0)
        (365, ('2026-W20', 'Sunday', '2026/27-Q1'))
    """
    years = days.drop_nulls().dt.year().unique().sort().to_list()
    if years and years[-1] - years[0] <= WHOLE_SPAN:
        years = list(range(years[0], years[-1] + 1))
    names = _Names(calendar)
    rows = [names.row(day) for year in years for day in _days(year)]
    return pl.DataFrame(rows, schema={column.name: column.dtype for column in DATE.columns}, orient="row")


def _days(year: int) -> Iterator[date]:
    first = date(year, 1, 1).toordinal()
    return (date.fromordinal(first + number) for number in range(366 if months.isleap(year) else 365))


class _Names:
    """The names of the periods of days; each is worked out once."""

    def __init__(self, calendar: Calendar) -> None:
        self._fiscal = calendar
        self._plain = calendar.model_copy(update={"fiscal_month": 1})
        self._week = lru_cache(maxsize=None)(
            lambda number: (calendar.label(number, "week"), calendar.start(number, "week"))
        )
        self._of_month = lru_cache(maxsize=None)(self._month)

    def row(self, day: date) -> tuple[Any, ...]:
        """Return the row of a day."""
        week, start = self._week(self._fiscal.number(day, "week"))
        quarter, fiscal_year, fiscal_quarter = self._of_month(day.year, day.month)
        return (
            day,
            day.year,
            quarter,
            f"{day.year:04}-{day.month:02}",
            day.month,
            months.month_name[day.month],
            day.replace(day=1),
            week,
            start,
            day.day,
            day.timetuple().tm_yday,
            (day - start).days + 1,
            months.day_name[day.weekday()],
            day.weekday() >= months.SATURDAY,
            fiscal_year,
            fiscal_quarter,
            (day.month - self._fiscal.fiscal_month) % 12 + 1,
        )

    def _month(self, year: int, month: int) -> tuple[str, str, str]:
        return (
            self._label(self._plain, date(year, month, 1), "quarter"),
            self._label(self._fiscal, date(year, month, 1), "year"),
            self._label(self._fiscal, date(year, month, 1), "quarter"),
        )

    @staticmethod
    def _label(calendar: Calendar, day: date, period: Period) -> str:
        return calendar.label(calendar.number(day, period), period)
