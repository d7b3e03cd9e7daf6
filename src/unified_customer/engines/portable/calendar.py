"""Days, weeks, months, quarters and years as whole numbers, alike on every engine."""

from datetime import date, timedelta
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import narwhals as nw
from pydantic import AfterValidator, Field

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models.base import Model

Period = Literal["day", "week", "month", "quarter", "year"]

EPOCH: Final = date(1970, 1, 1)
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


def check_zone(zone: str) -> str:
    """Return an IANA time zone.

    Raises:
        ConfigurationError: There is no such zone.

    Examples:
        >>> check_zone("Europe/Berlin")
        'Europe/Berlin'
    """
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"{zone!r} is no IANA time zone. Write it as 'Europe/Berlin'."
        raise ConfigurationError(message) from error
    return zone


Zone = Annotated[str, AfterValidator(check_zone)]
"""An IANA time zone, as a field of a spec."""


def day_number(time: nw.Expr) -> nw.Expr:
    """Return the days from 1970-01-01 to a civil time or date, from 1601 on.

    No engine is asked for a difference of dates, since each returns another kind of thing.

    References:
        The Gregorian calendar: every fourth year is a leap year, save those of the hundreds that 400 does not divide.
    """
    year = time.dt.year().cast(nw.Int64) - 1
    leaps = year // 4 - year // 100 + year // 400
    return year * 365 + leaps + time.dt.ordinal_day().cast(nw.Int64) - EPOCH.toordinal()


class Calendar(Model):
    """The calendar of a shop.

    Examples:
        >>> calendar = Calendar(fiscal_month=4)
        >>> number = calendar.number(date(2026, 5, 17), "quarter")
        >>> calendar.start(number, "quarter"), calendar.label(number, "quarter")
        (datetime.date(2026, 4, 1), '2026/27-Q1')
    """

    zone: Zone = "UTC"
    """IANA time zone of instants."""
    week_start: Literal["monday", "sunday", "saturday"] = "monday"
    """First day of a week."""
    fiscal_month: int = Field(default=1, ge=1, le=12)
    """The month in which the fiscal year begins; quarters and years are counted from it."""

    def counted(self, time: nw.Expr, period: Period) -> nw.Expr:
        """Return the number of the period that a civil time lies in; periods that follow have numbers that follow."""
        if period in _MONTHS:
            months = time.dt.year().cast(nw.Int64) * 12 + time.dt.month().cast(nw.Int64) - 1
            return (months - self._shift(period)) // _MONTHS[period]
        return day_number(time) if period == "day" else (day_number(time) + self._weekday_of_epoch) // 7

    def number(self, day: date, period: Period) -> int:
        """Return the number of the period that a day lies in."""
        days = (day - EPOCH).days
        if period in _MONTHS:
            return (day.year * 12 + day.month - 1 - self._shift(period)) // _MONTHS[period]
        return days if period == "day" else (days + self._weekday_of_epoch) // 7

    def start(self, number: int, period: Period) -> date:
        """Return the first day of the period of that number."""
        if period in _MONTHS:
            year, month = divmod(number * _MONTHS[period] + self._shift(period), 12)
            return date(year, month + 1, 1)
        days = number if period == "day" else number * 7 - self._weekday_of_epoch
        return EPOCH + timedelta(days=days)

    def end(self, number: int, period: Period) -> date:
        """Return the last day of the period of that number."""
        return self.start(number + 1, period) - timedelta(days=1)

    def label(self, number: int, period: Period) -> str:
        """Return the name of the period of that number: 2026-05-17, 2026-W20, 2026-05, 2026-Q2, 2026.

        Fiscal years that do not begin in January are named by both years that they lie in: 2026/27.
        """
        start = self.start(number, period)
        if period == "week":
            # The week belongs to the year that holds most of its days, as in ISO 8601.
            year, week = (start + timedelta(days=3)).isocalendar()[:2]
            return f"{year}-W{week:02}"
        if period in {"day", "month"}:
            return start.isoformat()[: 10 if period == "day" else 7]
        year, rest = divmod(start.year * 12 + start.month - self.fiscal_month, 12)
        named = f"{year}" if self.fiscal_month == 1 else f"{year}/{(year + 1) % 100:02}"
        return named if period == "year" else f"{named}-Q{rest // 3 + 1}"

    def _shift(self, period: Period) -> int:
        return 0 if period == "month" else self.fiscal_month - 1

    @property
    def _weekday_of_epoch(self) -> int:
        """1970-01-01 was a Thursday."""
        return {"monday": 3, "sunday": 4, "saturday": 5}[self.week_start]
