"""The calendar of a shop, as options name it."""

from pydantic import ValidationError

from unified_customer.core.errors import ConfigurationError
from unified_customer.engines.portable import Calendar, check_zone


def calendar_of(zone: str, week_start: str, fiscal_month: int) -> Calendar:
    """Return the calendar that options name.

    Raises:
        ConfigurationError: There is no such zone, or no week begins so.
    """
    check_zone(zone)
    try:
        return Calendar.model_validate({"zone": zone, "week_start": week_start, "fiscal_month": fiscal_month})
    except ValidationError as error:
        message = f"A week does not begin on {week_start!r}. Write monday, sunday or saturday."
        raise ConfigurationError(message) from error
