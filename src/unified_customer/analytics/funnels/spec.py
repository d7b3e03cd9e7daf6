"""What a funnel is."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import Field, field_validator, model_validator

from unified_customer.analytics.occurrences import EVENTS, Conditions
from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native, Zone

if TYPE_CHECKING:
    from unified_customer.analytics.funnels.fitted import FittedFunnel

UNITS: Final[Mapping[str, tuple[str, ...]]] = {
    "customer": ("customer_id",),
    "session": ("customer_id", "session_id"),
}
"""What is counted, and the columns that tell one from another."""


class Step(Conditions):
    """One step of a funnel: events of some names, where columns hold some values.

    Examples:
        >>> Step(names="Product Viewed", where={"channel": "email"}).title
        'Product Viewed'
    """

    names: tuple[str, ...] = Field(min_length=1)
    """Names of events, any of which will do."""
    label: str | None = Field(default=None, min_length=1)
    """What the step is called; None: by its names."""

    @field_validator("names", mode="before")
    @classmethod
    def _in_a_tuple(cls, names: Any) -> Any:
        return (names,) if isinstance(names, str) else names

    @property
    def title(self) -> str:
        """What the step is called."""
        return self.label or " or ".join(self.names)


class Funnel(Spec):
    """How many come from step to step, and how long they take.

    Of each customer (or session) the chain of events counts that reaches the most steps within the limits of time; of
    several such chains the one that begins first, and from there each next step is the earliest that still leads as
    far. So a customer who begins in vain and begins again later is counted with the later try. Each step has to be
    later than the one before: of events of one instant nobody can say which was first.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC
        >>> names = ["Viewed", "Viewed", "Bought", "Viewed"]
        >>> events = pl.DataFrame(
        ...     {
        ...         "customer_id": ["a", "a", "a", "b"],
        ...         "name": names,
        ...         "occurred_at": [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 20, 21, 3)],
        ...     }
        ... )
        >>> funnel = Funnel(steps=("Viewed", "Bought"), within=timedelta(days=7), min_customers=1)
        >>> fitted = funnel.fit({"events": events}, as_of=datetime(2026, 2, 1, tzinfo=UTC))
        >>> fitted.steps.select("name", "count", "share", "median_seconds").rows()
        [('Viewed', 2, 1.0, None), ('Bought', 1, 0.5, 86400.0)]
    """

    needs: ClassVar[tuple[str, ...]] = (EVENTS,)

    steps: tuple[Step, ...] = Field(min_length=2, max_length=20)
    """The steps in order; the name of an event may stand for a step."""
    within: timedelta | None = None
    """The longest time from the first step to the last; None: any."""
    between: timedelta | None = None
    """The longest time from a step to the next; None: any."""
    order: Literal["loose", "strict"] = "loose"
    """`loose`: anything may happen between two steps; `strict`: nothing may."""
    unit: Literal["customer", "session"] = "customer"
    """What is counted: customers, or sessions (`session_id`) of customers."""
    by: str | None = None
    """A column of events by whose value at the first step funnels are told apart."""
    closed: bool = False
    """Whether only those first steps count whose time (`within`) was over at `as_of`, so that all had the same
    chance."""
    min_customers: int = Field(default=5, ge=1)
    """Where fewer take the first step, numbers could tell of one of them, and are not shown."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    """Of the intervals."""
    zone: Zone = "UTC"
    """IANA time zone of times that name none."""

    @field_validator("steps", mode="before")
    @classmethod
    def _names_as_steps(cls, steps: Any) -> Any:
        if not isinstance(steps, list | tuple):
            return steps
        return tuple({"names": step} if isinstance(step, str) else step for step in steps)

    @field_validator("by")
    @classmethod
    def _another_column(cls, by: str | None) -> str | None:
        if by in {"customer_id", "session_id", "reached", "step", "name", "count"}:
            raise ConfigurationError(f"{by!r} is a column of the result, so funnels cannot be told apart by it.")
        return by

    @field_validator("within", "between")
    @classmethod
    def _above_zero(cls, time: timedelta | None) -> timedelta | None:
        if time is not None and time <= timedelta(0):
            raise ConfigurationError(
                f"A step is later than the one before, so the time must be above 0; {time} is not."
            )
        return time

    @model_validator(mode="after")
    def _closed_after_something(self) -> "Funnel":
        if self.closed and self.within is None:
            raise ConfigurationError("Only a funnel with a time (`within`) is closed after it.")
        return self

    @property
    def titles(self) -> list[str]:
        """What the steps are called, each once."""
        titles = [step.title for step in self.steps]
        return [
            f"{title} ({titles[:place].count(title) + 1})" if titles.count(title) > 1 else title
            for place, title in enumerate(titles)
        ]

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> "FittedFunnel":
        """Count who reached which step before `as_of`.

        Args:
            tables: `events` (`customer_id`, `name`, `occurred_at`, and what conditions ask for), on any engine.
            as_of: An instant; what happened at it or later is left out.

        Raises:
            SchemaError: The table or a column is missing, or a column holds something else.
        """
        from unified_customer.analytics.funnels.fitted import fitted

        return fitted(self, tables, as_of=as_utc(as_of))
