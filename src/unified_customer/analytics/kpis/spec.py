"""What a scorecard is."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from pydantic import Field, field_validator, model_validator

from unified_customer.analytics.kpis.kpi import KPI, KPIS
from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Calendar, Native, Period
from unified_customer.methods.events.machines import Machines
from unified_customer.methods.money import Money

if TYPE_CHECKING:
    from unified_customer.analytics.kpis.fitted import FittedScorecard

Comparison = Literal["previous", "year_before"]
COLUMNS: Final = (
    "kpi",
    "period",
    "value",
    "low",
    "high",
    "numerator",
    "denominator",
    "n",
    "unit",
    "complete",
    "previous",
    "change",
    "growth",
    "year_before",
    "year_change",
    "year_growth",
)
"""The columns of a scorecard, without that of its dimension."""
_TABLES: Final = {"orders": "order_lines"}


class Scorecard(Spec):
    """KPIs by period and by any dimension, each with its interval.

    What each KPI is stands in `KPIS`. Those that the tables can feed are told, unless some are named. A KPI whose
    denominator is zero is null. A period that is not over at `as_of` is marked, and compared with nothing.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC
        >>> orders = pl.DataFrame(
        ...     {
        ...         "customer_id": ["a", "b", "a", "c"],
        ...         "ordered_at": [datetime(2026, month, 9, tzinfo=UTC) for month in (1, 1, 2, 2)],
        ...         "amount": [10, 20, 30, 40],
        ...     }
        ... )
        >>> card = Scorecard(kpis=("revenue", "repeat_rate"), min_customers=1)
        >>> fitted = card.fit({"orders": orders}, as_of=datetime(2026, 3, 1, tzinfo=UTC))
        >>> fitted.table.select("kpi", "period", "value", "previous").rows()
        [('revenue', datetime.date(2026, 1, 1), 30.0, None), ('revenue', datetime.date(2026, 2, 1), 70.0, 30.0),
         ('repeat_rate', datetime.date(2026, 1, 1), 0.0, None), ('repeat_rate', datetime.date(2026, 2, 1), 0.5, 0.0)]

    References:
        P. W. Farris, N. T. Bendle, P. E. Pfeifer, D. J. Reibstein (2020): Key marketing metrics; and that of each KPI.
    """

    of_nobody: ClassVar[tuple[str, ...]] = ("events", "order_lines")
    """Visits and purchases of people who are not known count too."""

    kpis: tuple[str, ...] = ()
    """Names of KPIs, in the order in which they are told; none: all that the tables can feed."""
    every: Period = "month"
    """How long a period is."""
    by: str | None = None
    """A column by whose values KPIs are told apart, such as `channel` or `country`; KPIs of tables without it are not
    told, nor those that set orders against spend (`mixed`)."""
    by_table: Literal["rows", "customers"] = "rows"
    """Where that column is: in the rows of each table, or in `customers`, by `customer_id`."""
    calendar: Calendar = Calendar()
    """The calendar of the shop."""
    money: Money = Money()
    """In which currency amounts are added."""
    compare: tuple[Comparison, ...] = ("previous", "year_before")
    """With what a period is compared: the one before it, and that a year before (of days and weeks: 52 weeks
    before)."""
    min_customers: int = Field(default=5, ge=1)
    """A KPI of fewer people could tell of one of them, and is null."""
    margin: float = Field(default=0.3, gt=0, le=1)
    """Contribution margin: what is left of a unit of revenue."""
    ltv_months: int = Field(default=24, ge=1)
    """The horizon of the lifetime value."""
    discount: float = Field(default=0.1, ge=0)
    """What money loses in a year, for the lifetime value."""
    churn_days: int = Field(default=90, ge=1)
    """A customer without a purchase in so many days is not active. In the first so many days of the data nobody can be
    seen to leave: churn, retention and lifetime value by purchases are null for periods that begin in them."""
    retained: Literal["auto", "contracts", "purchases"] = "auto"
    """By what retention, churn, NRR and GRR are told: by the events of subscriptions, or by purchases; `auto`: by
    subscriptions where there are any. The result says which."""
    session_minutes: float = Field(default=30, gt=0)
    """A visitor who does nothing for longer begins a new session, where no `session_id` is told."""
    attribution: Literal["last_touch", "last_touch_but_direct"] = "last_touch"
    """To which event with a channel an order is attributed: the last before it, or the last whose channel is not
    `direct`."""
    attribution_days: int = Field(default=30, ge=1)
    """How many times 24 hours an order may come after it."""
    paid: tuple[str, ...] | None = None
    """The paid channels; None: those in which money was spent."""
    machines: Machines = Machines()
    """Which opens and clicks of e-mails are of machines; they count as no human's."""
    csat: tuple[str, ...] = ("csat", "satisf")
    """Words, one of which is in the question of a rating of satisfaction. Where no question of an instrument has one of
    them, one in its name will do, save for questions that have one of `nps`."""
    csat_scale: tuple[int, int] = (1, 5)
    """The least and the highest value of such a rating; answers off it, or that name another scale, are left out."""
    nps: tuple[str, ...] = ("nps", "net promoter", "recommend")
    """Words, one of which is in the question of a likelihood to recommend, which is from 0 to 10. Where no question of
    an instrument has one of them, one in its name will do, save for questions that have one of `csat`."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    """Of the intervals."""

    @field_validator("kpis")
    @classmethod
    def _known(cls, kpis: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in kpis if name not in KPIS]
        if unknown:
            raise ConfigurationError(f"There is no KPI {', '.join(map(repr, unknown))}. There are: {', '.join(KPIS)}.")
        return tuple(dict.fromkeys(kpis))

    @field_validator("by")
    @classmethod
    def _another_column(cls, by: str | None) -> str | None:
        if by in COLUMNS or by == "customer_id":
            raise ConfigurationError(
                f"KPIs cannot be told apart by {by!r}, which is a column of the result, or a person."
            )
        return by

    @field_validator("csat_scale")
    @classmethod
    def _rising(cls, scale: tuple[int, int]) -> tuple[int, int]:
        if scale[1] - scale[0] < 2:
            raise ConfigurationError("A scale has three values at least, so that its two highest are not all.")
        return scale

    @model_validator(mode="after")
    def _by_of_customers(self) -> "Scorecard":
        if self.by is None and self.by_table == "customers":
            raise ConfigurationError("Name the column of customers in `by`.")
        return self

    @property
    def chosen(self) -> tuple[KPI, ...]:
        """The KPIs that are asked for."""
        return tuple(KPIS[name] for name in self.kpis or KPIS)

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the tables that `fit` reads."""
        named = {part for kpi in self.chosen for need in kpi.needs for part in need.split("|")}
        further = {"customers"} if self.by_table == "customers" else set()
        if self.by is not None and self.by_table == "rows" and any("won" in kpi.measures for kpi in self.chosen):
            # A customer belongs to the value of its last touch.
            further.add("events")
        return tuple(sorted({_TABLES.get(name, name) for name in named} | further))

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> "FittedScorecard":
        """Tell the KPIs of the time before `as_of`.

        Args:
            tables: Those that are there of `orders` (`customer_id`, `ordered_at`, perhaps `amount` and `currency`) or
                `order_lines`; `events` (`customer_id`, `occurred_at`, `name`, perhaps `type`, `anonymous_id`,
                `session_id`, `object_id`, `channel`, `amount`, `currency`, and `properties` and `context` for
                `machines`); `answers` (`customer_id`, `instrument`, `question`, `value`, `answered_at`, perhaps
                `scale`); `spend` (`period_start`, `period_end`, `channel`, `amount`, perhaps `currency`); `customers`
                (`customer_id` and the column of `by`). All on one engine, whichever it is; `spend` may be on any.
            as_of: An instant; what happened at it or later is left out, and so is spend on days that were not over.

        Raises:
            SchemaError: There is no table that is known, none has the column of `by`, a KPI that is named lacks a table
                or a column, amounts are of currencies that cannot be added, or rows of spend have no first day or one
                after their last.
            ConfigurationError: A KPI that is named cannot be told by a column of rows.
        """
        from unified_customer.analytics.kpis.fitted import fitted

        return fitted(self, tables, as_of=as_utc(as_of))
