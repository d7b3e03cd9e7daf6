"""What customer lifetime value is computed from, and how."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Final, Literal

from pydantic import Field, field_validator

from unified_customer.analytics.value.choosing import chosen
from unified_customer.analytics.value.evaluation import evaluated
from unified_customer.analytics.value.fitted import FittedCLV
from unified_customer.analytics.value.learning import Terms, learned, seen
from unified_customer.analytics.value.scoring import scored
from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native, Zone
from unified_customer.methods.buy_till_die import ModelName, SeasonalIndex, SeasonBy
from unified_customer.methods.money import Money
from unified_customer.methods.orders import NEEDED

TimeUnit = Literal["day", "week", "month", "year"]
DAYS_IN: Final[Mapping[str, float]] = MappingProxyType({"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25})


class CLV(Spec):
    """Customer lifetime value: the margin that each customer is expected to bring within a named time, discounted.

    For shops in which customers leave without a word. How often somebody will buy comes from a buy-till-you-die model,
    how much they spend from the Gamma-Gamma model, both fitted by maximum likelihood on what was bought before the
    as-of date. What went wrong with a fit stands in `diagnosis` of the result; nothing is raised for it.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC, timedelta
        >>> start = datetime(2026, 1, 1, 12, tzinfo=UTC)
        >>> orders = pl.DataFrame(
        ...     {
        ...         "customer_id": ["a", "a", "a", "b", "c", "c"],
        ...         "ordered_at": [start + timedelta(days=day) for day in (0, 30, 60, 10, 5, 50)],
        ...         "amount": [20.0, 30.0, 34.0, 15.0, 12.0, 11.0],
        ...     }
        ... )
        >>> spec = CLV(model="bg_nbd", horizon_days=90, margin=0.3)
        >>> fitted = spec.fit({"orders": orders}, as_of=datetime(2026, 4, 1, tzinfo=UTC))
        >>> fitted.table.select("customer_id", "frequency", "recency", "age").rows()
        [('a', 2, 60, 89), ('b', 0, 0, 79), ('c', 1, 45, 84)]
        >>> fitted.diagnosis[0].kind, fitted.diagnosis[0].message
        ('few_repeaters', 'Only 2 customers bought more than once; the parameters are a guess below about 50.')

    References:
        P. Fader, B. Hardie, K. Lee (2005): RFM and CLV: using iso-value curves for customer base analysis. Journal of
        Marketing Research 42(4), 415-430.
    """

    needs: ClassVar[tuple[str, ...]] = NEEDED

    model: Literal["best"] | ModelName = "best"
    """How customers buy and leave: `bg_nbd`, `mbg_nbd`, `pareto_nbd`, or the one of these with the least mean absolute
    error on the last days before the as-of date."""
    horizon_days: int = Field(default=365, gt=0, le=36_525)
    """The time of which the value is told, in days from the as-of date."""
    annual_discount: float = Field(default=0.1, ge=0, allow_inf_nan=False)
    """What money loses in a year: .1 makes 1.10 of next year worth 1.00 today."""
    margin: float | str = 1.0
    """Contribution margin as a share of what is spent; or the name of a column of the orders that holds the margin of
    each in money, of which each customer's own share is taken (that of all where a customer has paid nothing). With 1
    the value is revenue."""
    time_unit: TimeUnit = "week"
    """In what the times of parameters are told. It changes nothing else."""
    seasonal: SeasonBy | SeasonalIndex | None = None
    """`month` or `week`: an index estimated from what was seen before the as-of date; or an index that is known."""
    holdout_days: int | None = Field(default=None, gt=0)
    """Fit once more without the last so many days and compare what was expected with what came; see `holdout` of the
    result. None: no holdout, and with `best` the horizon or half of what was seen, whichever is shorter."""
    returns: Literal["net", "gross"] = "net"
    """`net`: what all customers returned apart from their orders is taken off everybody's spend, as one share."""
    money: Money = Money()
    """In which currency amounts are added."""
    zone: Zone = "UTC"
    """IANA time zone of days."""

    @field_validator("margin")
    @classmethod
    def _a_share(cls, margin: float | str) -> float | str:
        if isinstance(margin, float) and not 0 <= margin <= 1:
            raise ConfigurationError(f"A margin is a share of what is spent, from 0 to 1; found {margin}.")
        return margin

    @property
    def terms(self) -> Terms:
        """The choices that fitting and scoring depend on."""
        return Terms(
            horizon=self.horizon_days,
            discount=self.annual_discount,
            margin=self.margin,
            unit=DAYS_IN[self.time_unit],
            seasonal=self.seasonal,
            net=self.returns == "net",
            money=self.money,
            zone=self.zone,
        )

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> FittedCLV:
        """Fit the models on what was bought before `as_of`, and value everybody who bought.

        The orders are counted where they are; one row for each customer is brought to this machine, on which the models
        are fitted once for each distinct history.

        Args:
            tables: `orders` (`customer_id`, `ordered_at`, `amount`, perhaps `currency`) or `order_lines`, on any
                engine.
            as_of: An instant; what happened at it or later is left out.

        Raises:
            SchemaError: A column is missing, or amounts are of currencies that cannot be added.
        """
        at, terms = as_utc(as_of), self.terms
        base = seen(terms, tables, as_of=at)
        choice = chosen(terms, tables, base, days=self.holdout_days) if self.model == "best" else None
        name = choice.name if choice is not None else self.model
        holdout = choice.evaluation if choice is not None else None
        if self.holdout_days is not None and holdout is None:
            earlier = seen(terms, tables, as_of=base.days_before(self.holdout_days, zone=self.zone))
            holdout = evaluated(terms, tables, [learned(terms, tables, earlier, name=name)], earlier, base)
        found = learned(terms, tables, base, name=name)
        return FittedCLV(
            spec=self,
            as_of=at,
            learned=found,
            currency=base.currency,
            holdout=holdout,
            table=scored(terms, found, base),
        )
