"""Tiers of value: who brings most, by what was paid or by what is expected."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final, Literal

import narwhals as nw
from pydantic import Field, model_validator

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models.base import Model
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Lazy, Native, Zone, before, opened, quantiles
from unified_customer.methods.money import Money
from unified_customer.methods.orders import LINES, native_orders, priced_before
from unified_customer.segmentation.assignment import FittedSegments, fit_segments
from unified_customer.segmentation.cut_points import between, beyond

SCORES: Final = "scores"


class Tier(Model):
    """One tier.

    Examples:
        >>> Tier(name="Gold", top=0.1).top
        0.1
    """

    name: str = Field(min_length=1)
    """What it is called."""
    top: float = Field(gt=0, le=1)
    """The share of customers, those who bring most, that is in this tier or one above."""


class TierCuts(Model):
    """The values from which on one is in a tier above the lowest, from low to high, and their currency."""

    cuts: tuple[float, ...]
    currency: str | None = None


class ValueTiers(Spec):
    """Tiers by value: what customers paid (`historic`), or what they are expected to (`predicted`).

    The tiers are cut at quantiles of the values, and the cuts are kept: equal values are in one tier, so a tier may be
    smaller than its share where many values are equal, and new data are held to the same cuts.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC
        >>> at = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3, 4)]
        >>> orders = pl.DataFrame({"customer_id": ["a", "b", "c", "d"], "ordered_at": at, "amount": [500, 40, 30, 30]})
        >>> tiers = (Tier(name="high", top=0.25), Tier(name="low", top=1))
        >>> fitted = ValueTiers(tiers=tiers).fit({"orders": orders}, as_of=datetime(2026, 2, 1, tzinfo=UTC))
        >>> fitted.table.sort("customer_id")["segment"].to_list()
        ['high', 'low', 'low', 'low']
    """

    needs: ClassVar[tuple[str, ...]] = (LINES, SCORES)

    by: Literal["historic", "predicted"] = "historic"
    """What customers are ranked by."""
    tiers: tuple[Tier, ...] = (
        Tier(name="Top", top=0.05),
        Tier(name="High", top=0.2),
        Tier(name="Middle", top=0.5),
        Tier(name="Low", top=1),
    )
    """From the highest to the lowest, which holds everybody else."""
    window_days: int | None = Field(default=None, gt=0)
    """What was paid in so many times 24 hours before `as_of`; None: ever."""
    score: str = "clv.value"
    """The score that predicts, by its name in `scores`; the latest before `as_of` counts."""
    money: Money = Money()
    """In which currency amounts are added."""
    name: str = "value"
    """What the segmentation is called in `memberships`."""
    zone: Zone = "UTC"
    """IANA time zone of times that name none."""

    @model_validator(mode="after")
    def _rising_to_all(self) -> "ValueTiers":
        tops = [tier.top for tier in self.tiers]
        names = {tier.name for tier in self.tiers}
        if len(names) < len(tops) or sorted(set(tops)) != tops or not tops or tops[-1] != 1:
            raise ConfigurationError(
                "Tiers have names of their own, and shares that rise to 1: the last holds all others."
            )
        return self

    @property
    def title(self) -> str:
        """What a picture of it is called."""
        return "Tiers of value" if self.by == "historic" else "Tiers of expected value"

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> FittedSegments[TierCuts]:
        """Learn where the tiers begin, and assign them.

        Args:
            tables: `orders` or `order_lines`, or where values are predicted `scores`, on any engine.
            as_of: An instant; what happened at it or later is left out.

        Returns:
            The segments; their table has `value`, and `monetary` of what was paid.

        Raises:
            SchemaError: A column is missing, or amounts are of currencies that cannot be added.
        """
        return fit_segments(self, tables, as_of=as_of)

    def native(self, tables: Mapping[str, Native]) -> Native:
        """Return the table whose kind of frame the result has."""
        return native_orders(tables) if self.by == "historic" else tables[SCORES]

    def measured(self, tables: Mapping[str, Native], *, as_of: datetime) -> Lazy:
        """Return `customer_id`, `value` and where it was paid `monetary`."""
        return self._paid(tables, as_of) if self.by == "historic" else self._predicted(tables, as_of)

    def learned(self, measured: Lazy) -> TierCuts:
        """Return where the tiers begin."""
        shares = [1 - tier.top for tier in reversed(self.tiers[:-1])]
        return TierCuts(cuts=tuple(between(quantiles(measured, ["value"], shares=shares)["value"], step=1e-4)))

    def assigned(self, measured: Lazy, learned: TierCuts) -> Lazy:
        """Add `segment`."""
        place = beyond(nw.col("value"), learned.cuts)
        *_, lowest = self.tiers
        tier = nw.lit(lowest.name)
        for steps, each in enumerate(reversed(self.tiers)):
            tier = nw.when(place >= steps).then(nw.lit(each.name)).otherwise(tier)
        return measured.with_columns(segment=tier)

    def order(self, learned: TierCuts) -> Sequence[str]:  # noqa: ARG002 (others need it)
        """Return the tiers from the highest to the lowest."""
        return [tier.name for tier in self.tiers]

    def _paid(self, tables: Mapping[str, Native], as_of: datetime) -> Lazy:
        orders = priced_before(tables, as_of=as_of, zone=self.zone).filter(~nw.col("customer_id").is_null())
        if self.window_days is not None:
            since = nw.lit(as_utc(as_of) - timedelta(days=self.window_days))
            orders = orders.filter(nw.col("ordered_at") >= since)
        exchange = self.money.exchange(orders)
        parts = orders.with_columns(**exchange.parts("amount", nw.col("amount")))
        paid = parts.group_by("customer_id").agg(*exchange.sums("amount"))
        return paid.select("customer_id", value=exchange.total("amount"), monetary=exchange.total("amount"))

    def _predicted(self, tables: Mapping[str, Native], as_of: datetime) -> Lazy:
        named = ["name", "customer_id", "as_of", "value"]
        scores = before(opened(tables[SCORES], columns=named, name=SCORES), "as_of", as_of=as_of, zone=self.zone)
        own = scores.filter(nw.col("name") == self.score, ~nw.col("value").is_null())
        last = own.with_columns(last=nw.col("as_of").max().over("customer_id"))
        return last.filter(nw.col("as_of") == nw.col("last")).select("customer_id", "value")
