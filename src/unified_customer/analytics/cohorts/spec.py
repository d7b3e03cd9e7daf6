"""What a cohort analysis is."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field, field_validator, model_validator

from unified_customer.analytics.occurrences import Occurrence
from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Calendar, Native, Period
from unified_customer.methods.money import Money

if TYPE_CHECKING:
    from unified_customer.analytics.cohorts.fitted import FittedCohorts

CUSTOMERS: Final = "customers"
DAYS: Final[Mapping[Period, int]] = {"day": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}
"""How many times 24 hours a rolling period has."""
MEASURES: Final = (
    "active",
    "retention",
    "orders",
    "orders_per_customer",
    "revenue",
    "revenue_per_customer",
    "average_order_value",
    "ltv",
)
"""What a cell holds, and a matrix can be made of."""
_TAKEN: Final = frozenset(
    {*MEASURES, "customer_id", "cohort", "starts", "ends", "period", "complete", "customers", "low", "high"}
)


class Cohorts(Spec):
    """Customers by when they began, and what they did since.

    A cohort is everybody who began in one period of the calendar: with their first purchase, or with the first
    occurrence of anything else. Period 0 is the one in which they began; the beginning itself counts as activity, so
    the retention of period 0 is 1. What a customer did before does not count. A cell that is not over at `as_of` is
    null, and has no part in any average.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC
        >>> orders = pl.DataFrame(
        ...     {
        ...         "customer_id": ["a", "b", "a", "c", "c"],
        ...         "ordered_at": [datetime(2026, month, 9, tzinfo=UTC) for month in (1, 1, 2, 2, 3)],
        ...         "amount": [10, 20, 30, 40, 50],
        ...     }
        ... )
        >>> cohorts = Cohorts(min_customers=1).fit({"orders": orders}, as_of=datetime(2026, 4, 1, tzinfo=UTC))
        >>> cohorts.wide("retention").rows()
        [('2026-01', 2, 1.0, 0.5, 0.0), ('2026-02', 1, 1.0, 1.0, None)]
        >>> cohorts.wide("ltv").rows()
        [('2026-01', 2, 15.0, 30.0, 30.0), ('2026-02', 1, 40.0, 90.0, None)]

    References:
        P. S. Fader, B. G. S. Hardie (2007): How to project customer retention (what cohorts are for).
    """

    start: Occurrence = Occurrence()
    """What a customer begins with: its first purchase, or the first occurrence of something else."""
    activity: Occurrence | None = None
    """What a customer has to do to be active. None: anything in the table of `start`: any purchase, or any event."""
    period: Period = "month"
    """How long a cohort and a period of its life are."""
    windows: Literal["calendar", "rolling"] = "calendar"
    """`calendar`: period 1 is the next day, week or month of the calendar; `rolling`: it begins so long after the
    customer began: after 24 hours, 7 days, 30, 90 or 365 days of 24 hours."""
    returning: Literal["on", "on_or_after"] = "on"
    """Whether retention counts who was active in a period, or in it or any later one."""
    by: str | None = None
    """A column by whose value at the beginning cohorts are told apart, such as `channel`. Of several beginnings at one
    instant the least value counts."""
    by_table: Literal["start", "customers"] = "start"
    """Where that column is: in the rows that customers begin with, or in `customers`."""
    calendar: Calendar = Calendar()
    """The calendar of the shop."""
    money: Money = Money()
    """In which currency amounts are added."""
    min_customers: int = Field(default=5, ge=1)
    """A cohort of fewer customers could tell of one of them, and is not shown."""
    small: Literal["suppress", "merge"] = "suppress"
    """What is done with such cohorts: their numbers are null, or they are joined with those after them until there are
    enough."""
    periods: int | None = Field(default=None, ge=1)
    """So many periods at most, with period 0; None: all."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    """Of the intervals."""
    name: str = Field(default="cohort", min_length=1)
    """What the cohorts are called in `memberships`."""

    @field_validator("by")
    @classmethod
    def _another_column(cls, by: str | None) -> str | None:
        if by in _TAKEN:
            raise ConfigurationError(f"{by!r} is a column of the result, so cohorts cannot be told apart by it.")
        return by

    @model_validator(mode="after")
    def _by_of_a_table(self) -> "Cohorts":
        if self.by is None and self.by_table == "customers":
            raise ConfigurationError("Name the column of customers in `by`.")
        return self

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the tables that `fit` reads."""
        further = [CUSTOMERS] if self.by_table == "customers" else []
        return tuple(dict.fromkeys([self.start.needs, self.active.needs, *further]))

    @property
    def active(self) -> Occurrence:
        """What a customer has to do to be active."""
        return self.activity or Occurrence(table=self.start.table)

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> "FittedCohorts":
        """Tell the cohorts and what they did before `as_of`.

        Args:
            tables: `orders` (`customer_id`, `ordered_at`, perhaps `amount` and `currency`) or `order_lines`; `events`
                (`customer_id`, `occurred_at`, `name`, perhaps `amount` and `currency`); `customers` (`customer_id`):
                those of them that are needed, all on one engine, whichever it is.
            as_of: An instant; what happened at it or later is left out.

        Raises:
            SchemaError: A table or column is missing, or amounts are of currencies that cannot be added.
        """
        from unified_customer.analytics.cohorts.fitted import fitted

        return fitted(self, tables, as_of=as_utc(as_of))
