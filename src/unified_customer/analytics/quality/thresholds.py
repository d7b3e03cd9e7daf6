"""From where on a number warns, and from where on it fails: data, not code."""

from collections.abc import Iterable
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Dimension = Literal["completeness", "validity", "uniqueness", "freshness", "consistency", "decay"]
Status = Literal["ok", "warn", "fail", "unknown"]

DIMENSIONS: Final[tuple[Dimension, ...]] = (
    "completeness",
    "validity",
    "uniqueness",
    "freshness",
    "consistency",
    "decay",
)
MORE_IS_WORSE: Final = frozenset({"freshness", "decay"})
"""Dimensions whose numbers should be small: days since the last row, and shares that are worn out."""


class Threshold(BaseModel):
    """From where on a number of a dimension warns, and from where on it fails.

    Numbers are shares from 0 to 1, and days for `freshness`. Shares warn below `warn` and fail below `fail`; days, and
    the shares of `decay`, warn above `warn` and fail above `fail`. A threshold is about all that it does not tell
    apart.

    Examples:
        >>> Threshold(dimension="completeness", field="phone", warn=0.8, fail=0.5).status(0.6)
        'warn'
        >>> Threshold(dimension="freshness", warn=2, fail=7).status(9.5)
        'fail'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    dimension: Dimension
    """Whose numbers it is about."""
    table: str | None = None
    """The table; None: all."""
    field: str | None = None
    """The field as results name it; None: all."""
    source: str | None = None
    """The source; None: each, and all of them together."""
    warn: float = Field(ge=0)
    """Where what is good ends."""
    fail: float = Field(ge=0)
    """Where what may be ends."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if (self.warn > self.fail) if self.dimension in MORE_IS_WORSE else (self.warn < self.fail):
            raise ValueError(f"A number of {self.dimension} warns before it fails: {self.warn:g} and {self.fail:g}.")
        if self.dimension != "freshness" and max(self.warn, self.fail) > 1:
            raise ValueError(f"Numbers of {self.dimension} are shares from 0 to 1.")
        return self

    def status(self, value: float | None) -> Status:
        """Return what a number is: `ok`, `warn`, `fail`, or `unknown` where there is none."""
        if value is None:
            return "unknown"
        sign = -1 if self.dimension in MORE_IS_WORSE else 1
        return "fail" if sign * value < sign * self.fail else "warn" if sign * value < sign * self.warn else "ok"

    def covers(self, dimension: str, table: str, field: str, source: str | None) -> bool:
        """Return whether it is about a number."""
        told = ((self.table, table), (self.field, field), (self.source, source))
        return self.dimension == dimension and all(wanted is None or wanted == found for wanted, found in told)

    @property
    def detail(self) -> int:
        """How much it tells apart."""
        return sum(each is not None for each in (self.table, self.field, self.source))


DEFAULTS: Final[tuple[Threshold, ...]] = (
    Threshold(dimension="completeness", table="customers", field="email", warn=0.8, fail=0.5),
    Threshold(dimension="validity", warn=0.98, fail=0.9),
    Threshold(dimension="uniqueness", warn=0.99, fail=0.95),
    Threshold(dimension="freshness", warn=7.0, fail=30.0),
    Threshold(dimension="consistency", warn=0.9, fail=0.75),
    Threshold(dimension="decay", warn=0.5, fail=0.8),
    Threshold(dimension="decay", table="events", field="bounced", warn=0.02, fail=0.05),
)
"""What holds where a spec says nothing else.

How complete a field has to be depends on what it is for, so only the e-mail address of customers has a threshold. From
2 % of bounces on senders look at their lists, and from 5 % on providers look at senders. The others are round numbers
to begin with.
"""


def threshold_of(
    own: Iterable[Threshold], dimension: str, table: str, field: str, source: str | None
) -> Threshold | None:
    """Return the threshold of a number: one's own before a default, the one that tells most apart first."""
    for given in (own, DEFAULTS):
        about = [each for each in given if each.covers(dimension, table, field, source)]
        if about:
            return max(about, key=lambda each: each.detail)
    return None
