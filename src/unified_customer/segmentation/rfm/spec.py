"""What an RFM segmentation is."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native, Zone, given_back, settled
from unified_customer.methods.money import Money
from unified_customer.methods.orders import NEEDED, native_orders
from unified_customer.segmentation.rfm.cuts import Thresholds, learned_cuts
from unified_customer.segmentation.rfm.fitted import FittedRFM
from unified_customer.segmentation.rfm.measures import measured
from unified_customer.segmentation.rfm.rules import SegmentRules, default_rules


class RFM(Spec):
    """Segments by how lately, how often and for how much customers bought.

    Recency is the whole days from the date of the last purchase to that of `as_of`; frequency the number of purchases;
    monetary what was paid for all of them. Who never bought is in no segment.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC
        >>> orders = pl.DataFrame(
        ...     {
        ...         "customer_id": ["a", "b", "b", "c"],
        ...         "ordered_at": [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 4, 6, 2)],
        ...         "amount": [10, 20, 30, 15],
        ...     }
        ... )
        >>> fitted = RFM(quantiles=2).fit({"orders": orders}, as_of=datetime(2026, 6, 15, tzinfo=UTC))
        >>> fitted.table.sort("customer_id").select("recency", "frequency", "monetary", "segment").rows()
        [(165, 1, 10.0, 'Need attention'), (14, 2, 50.0, 'Champions'), (134, 1, 15.0, 'Need attention')]

    References:
        J. R. Bult, T. Wansbeek (1995): Optimal selection for direct mail.
    """

    needs: ClassVar[tuple[str, ...]] = NEEDED

    quantiles: int = Field(default=5, ge=2, le=20)
    """The highest score of each of the three; the lowest is 1. With `thresholds` their number plus one."""
    scoring: Literal["values", "ntile"] = "values"
    """`values`: at quantiles of the values, which are kept, so that equal values have equal scores and new data are
    scored alike; `ntile`: by rank among those at hand, in groups of equal size."""
    thresholds: Thresholds | None = None
    """Cut points in place of quantiles."""
    segments: SegmentRules | None = None
    """Which scores are which segment; None: the grid in common use."""
    monetary: Literal["total", "mean"] = "total"
    """What all purchases came to, or what one did on average."""
    returns: Literal["net", "gross"] = "net"
    """Whether what came back or was refunded is taken off the monetary value. It never is a purchase."""
    window_days: int | None = Field(default=None, gt=0)
    """Only what happened in so many times 24 hours before `as_of`; None: everything."""
    money: Money = Money()
    """In which currency amounts are added."""
    zone: Zone = "UTC"
    """IANA time zone of the calendar."""

    @model_validator(mode="after")
    def _one_scale(self) -> "RFM":
        if self.thresholds is not None and self.scoring == "ntile":
            raise ConfigurationError("Scores come from thresholds or from ranks, not from both.")
        if self.segments is not None and self.segments.quantiles != self.highest:
            raise ConfigurationError(
                f"The segments are of scores up to {self.segments.quantiles}, the scores go up to {self.highest}."
            )
        return self

    @property
    def highest(self) -> int:
        """The highest score."""
        return self.quantiles if self.thresholds is None else self.thresholds.quantiles

    @property
    def rules(self) -> SegmentRules:
        """Which scores are which segment."""
        return self.segments or default_rules(self.highest)

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> FittedRFM:
        """Learn the cut points from what was bought before `as_of`, and score those who bought it.

        Args:
            tables: `orders` (`customer_id`, `ordered_at`, `amount`, perhaps `currency`) or `order_lines`, on any
                engine.
            as_of: An instant; what happened at it or later is left out.

        Raises:
            SchemaError: A column is missing, or amounts are of currencies that cannot be added.
        """
        at, native = as_utc(as_of), native_orders(tables)
        lazy, currency = measured(self, tables, as_of=at)
        lazy = settled(lazy, like=native)
        cuts = self.thresholds.cuts() if self.thresholds is not None else None
        if self.scoring == "values" and cuts is None:
            cuts = learned_cuts(lazy, quantiles=self.quantiles)
        fitted = FittedRFM(self, at, cuts, currency)
        return fitted.with_table(given_back(fitted.scored(lazy), like=native))
