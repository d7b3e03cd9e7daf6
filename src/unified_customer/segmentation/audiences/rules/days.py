"""Stretches of time in rules: so long ago, between two days."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models.base import Model

Bounds: TypeAlias = tuple[datetime | None, datetime]
"""From when on (None: ever), and before when."""


class FromToday(Model):
    """A day counted from the day of `as_of` in the shop's zone: `FromToday(-30)` is thirty days ago.

    Examples:
        >>> FromToday(-30).in_words(), FromToday(7).in_words(), FromToday().in_words()
        ('30 days ago', 'in 7 days', 'today')
    """

    days: int = 0
    """So many days later; negative: earlier."""

    def __init__(self, days: int = 0, **more: Any) -> None:
        super().__init__(**(more | {"days": days}))

    def in_words(self) -> str:
        """Return it in words."""
        if not self.days:
            return "today"
        return f"in {_many(self.days, 'day')}" if self.days > 0 else f"{_many(-self.days, 'day')} ago"


class Span(Model):
    """A length of time; a day is 24 hours.

    Examples:
        >>> Span(days=7).in_words(), Span(hours=1, minutes=30).in_words()
        ('7 days', '1 hour 30 minutes')
    """

    days: int = Field(default=0, ge=0)
    hours: int = Field(default=0, ge=0)
    minutes: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _some_time(self) -> "Span":
        if not self.length:
            raise ConfigurationError("A span is longer than nothing: name days, hours or minutes.")
        return self

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return timedelta(days=self.days, hours=self.hours, minutes=self.minutes)

    def in_words(self) -> str:
        """Return it in words."""
        parts = ((self.days, "day"), (self.hours, "hour"), (self.minutes, "minute"))
        return " ".join(_many(number, unit) for number, unit in parts if number)


def _many(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


class Last(Span):
    """What happened so long before `as_of` at most.

    Examples:
        >>> Last(days=30).in_words()
        'in the last 30 days'
    """

    kind: Literal["last"] = "last"

    def bounds(self, as_of: datetime, *, zone: str) -> Bounds:  # noqa: ARG002 (as the other windows)
        """Return which instants it takes in, seen from `as_of`."""
        return as_of - self.length, as_of

    def in_words(self) -> str:
        """Return it in words."""
        return f"in the last {super().in_words()}"


class Earlier(Span):
    """What happened longer before `as_of` than that.

    Examples:
        >>> Earlier(days=30).in_words()
        'more than 30 days ago'
    """

    kind: Literal["earlier"] = "earlier"

    def bounds(self, as_of: datetime, *, zone: str) -> Bounds:  # noqa: ARG002 (as the other windows)
        """Return which instants it takes in, seen from `as_of`."""
        return None, as_of - self.length

    def in_words(self) -> str:
        """Return it in words."""
        return f"more than {super().in_words()} ago"


class Between(Model):
    """What happened from one day to another, both included, by the shop's calendar.

    Examples:
        >>> Between(date(2026, 3, 1), date(2026, 3, 31)).in_words()
        'from 2026-03-01 to 2026-03-31'
    """

    kind: Literal["between"] = "between"
    since: date | None = None
    """First day; None: ever."""
    until: date | None = None
    """Last day; None: up to `as_of`."""

    def __init__(self, since: date | None = None, until: date | None = None, **more: Any) -> None:
        super().__init__(**(more | {"since": since, "until": until}))

    @model_validator(mode="after")
    def _in_order(self) -> "Between":
        if self.since is None and self.until is None:
            raise ConfigurationError("Name the first day, the last day, or both.")
        if self.since is not None and self.until is not None and self.since > self.until:
            raise ConfigurationError(f"The first day, {self.since}, is after the last, {self.until}.")
        return self

    def bounds(self, as_of: datetime, *, zone: str) -> Bounds:
        """Return which instants it takes in, seen from `as_of`."""
        first = None if self.since is None else midnight(self.since, zone)
        end = as_of if self.until is None else min(midnight(self.until + timedelta(days=1), zone), as_of)
        return first, end

    def in_words(self) -> str:
        """Return it in words."""
        since = "" if self.since is None else f"from {self.since} "
        return f"{since}to {self.until}" if self.until is not None else f"since {self.since}"


def midnight(day: date, zone: str) -> datetime:
    """Return the instant at which a day begins in a zone."""
    return as_utc(datetime.combine(day, time(), tzinfo=ZoneInfo(zone)))


Window: TypeAlias = Annotated[Last | Earlier | Between, Field(discriminator="kind")]
"""Which stretch of time counts."""


def crossed(window: Window | None, since: datetime, until: datetime, *, zone: str) -> list[tuple[datetime, datetime]]:
    """Return the stretches whose rows are inside a window seen from one instant and outside it seen from the other.

    Args:
        window: The window; None: everything before `as_of`.
        since: One `as_of`.
        until: A later one.
        zone: The shop's zone.
    """
    if window is None:
        return [(since, until)]
    pairs = zip(window.bounds(since, zone=zone), window.bounds(until, zone=zone), strict=True)
    return [(early, late) for early, late in pairs if early is not None and late is not None and early < late]
