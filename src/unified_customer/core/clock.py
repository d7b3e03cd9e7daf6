"""The clock: the one place that reads the time of day, always passed as an argument."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from unified_customer.core.errors import ConfigurationError

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the present instant in UTC."""
    return datetime.now(UTC)


def as_utc(instant: datetime, *, name: str = "as_of") -> datetime:
    """Return `instant` in UTC.

    Raises:
        ConfigurationError: It is no `datetime`, or has no zone, so it names no instant.

    Examples:
        >>> from datetime import datetime, timezone, timedelta
        >>> as_utc(datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))).isoformat()
        '2026-01-01T00:00:00+00:00'
    """
    if not isinstance(instant, datetime):
        message = f"{name} is a {type(instant).__name__}. Give an instant, such as datetime(2026, 1, 1, tzinfo=UTC)."
        raise ConfigurationError(message)
    if instant.tzinfo is None:
        message = f"{name} has no time zone. Give one, such as datetime(2026, 1, 1, tzinfo=UTC)."
        raise ConfigurationError(message)
    return instant.astimezone(UTC)


def just_after(instant: datetime) -> datetime:
    """Return the smallest exclusive bound that still takes in `instant`: one microsecond later.

    A withdrawal has to count for a read at the very instant at which it was made.

    Examples:
        >>> just_after(datetime(2026, 1, 1, tzinfo=UTC)).isoformat()
        '2026-01-01T00:00:00.000001+00:00'
    """
    return instant + timedelta(microseconds=1)
