"""The clock: the one place that reads the time of day, always passed as an argument."""

from collections.abc import Callable
from datetime import UTC, datetime

from unified_customer.core.errors import ConfigurationError

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the present instant in UTC."""
    return datetime.now(UTC)


def as_utc(instant: datetime, *, name: str = "as_of") -> datetime:
    """Return `instant` in UTC.

    Raises:
        ConfigurationError: It has no zone, so it names no instant.

    Examples:
        >>> from datetime import datetime, timezone, timedelta
        >>> as_utc(datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))).isoformat()
        '2026-01-01T00:00:00+00:00'
    """
    if instant.tzinfo is None:
        message = f"{name} has no time zone. Give one, such as datetime(2026, 1, 1, tzinfo=UTC)."
        raise ConfigurationError(message)
    return instant.astimezone(UTC)
