"""Periods that a law names: calendar months, days, business days or hours."""

from calendar import monthrange
from datetime import datetime, timedelta
from typing import Final, Self

from pydantic import Field, model_validator

from unified_customer.core.models.base import Model

SATURDAY: Final = 5
MONTHS: Final = 12


class Period(Model):
    """A length of time, in one unit or several together.

    A month ends on the day of the same number, or on the last of a shorter month (Regulation (EEC) No 1182/71, Art. 3).
    Business days are Monday to Friday; public holidays are not known here, so that a period never ends too late.

    Raises:
        pydantic.ValidationError: It is empty or negative.

    Examples:
        >>> from datetime import UTC
        >>> Period(months=1).after(datetime(2026, 1, 31, tzinfo=UTC)).date().isoformat()
        '2026-02-28'
        >>> Period(business_days=1).after(datetime(2026, 1, 2, tzinfo=UTC)).date().isoformat()
        '2026-01-05'
    """

    months: int = Field(default=0, ge=0)
    days: int = Field(default=0, ge=0)
    business_days: int = Field(default=0, ge=0)
    hours: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _refuse_nothing(self) -> Self:
        if not any((self.months, self.days, self.business_days, self.hours)):
            message = "a period has a length: months, days, business_days or hours"
            raise ValueError(message)
        return self

    def after(self, start: datetime) -> datetime:
        """Return the instant at which the period that begins at `start` is over."""
        over = _months_later(start, self.months) + timedelta(days=self.days, hours=self.hours)
        for _ in range(self.business_days):
            over += timedelta(days=1)
            while over.weekday() >= SATURDAY:
                over += timedelta(days=1)
        return over

    def __str__(self) -> str:
        """Return the period in words.

        Examples:
            >>> str(Period(days=45)), str(Period(months=1))
            ('45 days', '1 month')
        """
        given = ((getattr(self, unit), unit.replace("_", " ")) for unit in type(self).model_fields)
        return ", ".join(f"{count} {unit if count > 1 else unit[:-1]}" for count, unit in given if count)


def _months_later(start: datetime, months: int) -> datetime:
    years, month = divmod(start.month - 1 + months, MONTHS)
    year, month = start.year + years, month + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))
