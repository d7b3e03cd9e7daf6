"""What counts as taking part in a channel, and how much of it is how much."""

from typing import Final

from pydantic import Field, model_validator

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models.base import Model
from unified_customer.methods.events import Machines

MAIL: Final = ("clicks", "opens", "ignores", "unsubscribed", "not mailed")
"""What people do with e-mail, from the most."""
VISITS: Final = ("often", "sometimes", "once", "none")
"""How often they come, from the most."""
LEVELS: Final = ("active", "passive", "dormant", "silent", "unreached")
"""How long ago they last took part in anything, from the latest."""


class Mail(Model):
    """What counts of e-mail.

    `clicks` followed a link in the window, `opens` opened one and followed none, `ignores` was mailed and did neither
    (what bounced is no mail); `unsubscribed` left a list or complained and has not subscribed since, whatever else they
    did.

    Examples:
        >>> Mail(days=30).machines.seconds
        2.0
    """

    days: int = Field(default=90, ge=0)
    """The window: so many days before the day that one looks from, and that day."""
    machines: Machines = Machines()
    """What tells opens and clicks of machines, which do not count."""


class Visits(Model):
    """What counts as a visit, and on how many days of the window one comes sometimes and often.

    Examples:
        >>> Visits(types=("page",), sometimes=2, often=5).often
        5
    """

    days: int = Field(default=30, ge=0)
    """The window: so many days before the day that one looks from, and that day."""
    types: tuple[str, ...] = ()
    """Types of events (the column `type`) that are visits."""
    names: tuple[str, ...] = ()
    """Names of events that are visits, in any spelling of case, spaces and underscores."""
    sometimes: int = Field(default=2, ge=2)
    """On so many days at least is sometimes; fewer is once."""
    often: int = Field(default=4, ge=3)
    """On so many days at least is often."""

    @model_validator(mode="after")
    def _can_be(self) -> "Visits":
        if not self.types and not self.names:
            raise ConfigurationError("Say what a visit is: types of events, or names.")
        if not self.sometimes < self.often:
            raise ConfigurationError(f"Often must be on more days than sometimes: {self.sometimes}, {self.often}.")
        if self.often > self.days + 1:
            raise ConfigurationError(f"Nobody comes on {self.often} days of a window of {self.days + 1}.")
        return self


SITE: Final = Visits(types=("page",), names=("Page Viewed", "Page View"))
APP: Final = Visits(types=("screen",), names=("Application Opened", "Screen View", "Push Notification Tapped"))
