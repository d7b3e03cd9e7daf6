"""Where in their life as customers people are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Final

import narwhals as nw
from pydantic import Field

from unified_customer.core.models.base import Model
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Lazy, Native, Zone, collected, quantiles
from unified_customer.methods.buy_till_die import Histories, fit_purchases
from unified_customer.methods.orders import NEEDED, native_orders
from unified_customer.segmentation.assignment import FittedSegments, fit_segments
from unified_customer.segmentation.lifecycle.bounds import ByDays, ByPAlive, ByRhythm
from unified_customer.segmentation.lifecycle.measures import PEOPLE, measured

STATES: Final = ("prospect", "new", "active", "at risk", "lapsed", "lost", "reactivated")
"""Every stage, in order."""

_MODEL: Final = "mbg_nbd"
_USUAL, _LONGEST = 90.0, 180.0
"""Days where nobody has ever come back."""


class LearnedLifecycle(Model):
    """What was learned of the rhythm of all customers.

    Attributes:
        usual: Days that count as a usual gap for those who have few of their own.
        longest: Days that count as their longest gap.
        parameters: Of the model of purchases, times in days; empty where no chance is asked for.
        diagnosis: What to know of the model before its chances are used.
    """

    usual: float = _USUAL
    longest: float = _LONGEST
    parameters: Mapping[str, float] = Field(default_factory=dict)
    diagnosis: tuple[str, ...] = ()


class Lifecycle(Spec):
    """Stages: prospect, new, active, at risk, lapsed, lost, reactivated.

    A prospect is known and has never bought; new is whose first purchase is at most `new_days` days ago; reactivated
    who in the last `new_days` days ended an absence that had made them lapsed. For all others the days since the last
    purchase decide, by fixed days, by the customer's own rhythm, or by the chance that they still are customers.
    Purchases on one day are one.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC
        >>> orders = pl.DataFrame(
        ...     {
        ...         "customer_id": ["a", "b", "b", "c"],
        ...         "ordered_at": [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 1, 11, 11)],
        ...     }
        ... )
        >>> people = pl.DataFrame({"customer_id": ["a", "b", "c", "d"]})
        >>> fitted = Lifecycle().fit({"orders": orders, "customers": people}, as_of=datetime(2026, 11, 15, tzinfo=UTC))
        >>> fitted.table.sort("customer_id").select("customer_id", "days_since", "segment").rows()
        [('a', 318, 'lapsed'), ('b', 14, 'reactivated'), ('c', 14, 'new'), ('d', None, 'prospect')]
    """

    needs: ClassVar[tuple[str, ...]] = (*NEEDED, PEOPLE)

    by: Annotated[ByDays | ByRhythm | ByPAlive, Field(discriminator="kind")] = ByDays()
    """What decides."""
    new_days: int = Field(default=30, ge=0)
    """For so many days after the first purchase one is new, and after a return reactivated."""
    name: str = "lifecycle"
    """What the segmentation is called in `memberships`."""
    zone: Zone = "UTC"
    """IANA time zone of the calendar."""

    @property
    def title(self) -> str:
        """What a picture of it is called."""
        return "Stages of life"

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> FittedSegments[LearnedLifecycle]:
        """Learn the rhythm of all customers, and say where each of them is.

        Args:
            tables: `orders` or `order_lines`, and if prospects count `customers`, on any engine.
            as_of: An instant; what happened at it or later is left out.

        Returns:
            The segments; their table has `orders`, `days_since`, `days_known`, `gaps`, `usual_gap`, ... beside
            `segment`.
        """
        return fit_segments(self, tables, as_of=as_of)

    def native(self, tables: Mapping[str, Native]) -> Native:
        """Return the table whose kind of frame the result has."""
        return native_orders(tables)

    def measured(self, tables: Mapping[str, Native], *, as_of: datetime) -> Lazy:
        """Return a row for each customer with what stages are made from."""
        percent = self.by.usual_percent if isinstance(self.by, ByRhythm) else ByRhythm().usual_percent
        return measured(tables, as_of=as_of, zone=self.zone, usual_percent=percent, new_days=self.new_days)

    def learned(self, measured: Lazy) -> LearnedLifecycle:
        """Return the rhythm of all customers, and the model of their purchases where chances decide."""
        if isinstance(self.by, ByDays):
            return LearnedLifecycle()
        rhythm = self.by if isinstance(self.by, ByRhythm) else ByRhythm()
        usual = quantiles(measured, ["usual_gap"], shares=[rhythm.usual_percent / 100])["usual_gap"][0]
        longest = quantiles(measured, ["longest_gap"], shares=[rhythm.pooled_longest_percent / 100])["longest_gap"][0]
        found = LearnedLifecycle(usual=usual or _USUAL, longest=longest or _LONGEST)
        return found if isinstance(self.by, ByRhythm) else _with_model(found, measured)

    def assigned(self, measured: Lazy, learned: LearnedLifecycle) -> Lazy:
        """Add `segment`, and `p_alive` where chances decide."""
        judged, waits = self._waits(measured, learned)
        since = nw.lit("lost")
        for state, holds in waits:
            since = nw.when(holds).then(nw.lit(state)).otherwise(since)
        back = (nw.col("recent_gap") > self._absence(learned)).fill_null(value=False)
        stage = nw.when(back).then(nw.lit("reactivated")).otherwise(since)
        stage = nw.when(nw.col("days_known") <= self.new_days).then(nw.lit("new")).otherwise(stage)
        stage = nw.when(nw.col("orders") == 0).then(nw.lit("prospect")).otherwise(stage)
        return judged.with_columns(segment=stage)

    def order(self, learned: LearnedLifecycle) -> Sequence[str]:  # noqa: ARG002 (others need it)
        """Return the stages."""
        return STATES

    def _waits(self, measured: Lazy, learned: LearnedLifecycle) -> tuple[Lazy, list[tuple[str, nw.Expr]]]:
        """Return stages with what makes them, the later ones winning."""
        since = nw.col("days_since")
        if isinstance(self.by, ByPAlive):
            alive = nw.col("p_alive")
            bounds = {"lapsed": self.by.lapsed, "at risk": self.by.at_risk, "active": self.by.active}
            return _with_chance(measured, learned), [(state, alive >= bound) for state, bound in bounds.items()]
        if isinstance(self.by, ByDays):
            days = {"lapsed": self.by.lapsed, "at risk": self.by.at_risk, "active": self.by.active}
            return measured, [(state, since <= bound) for state, bound in days.items()]
        own = nw.col("gaps") >= self.by.least_gaps
        usual = nw.when(own).then("usual_gap").otherwise(nw.lit(learned.usual))
        longest = nw.when(own).then("longest_gap").otherwise(nw.lit(learned.longest))
        last = longest * self.by.lost_factor
        return measured, [("lapsed", since <= last), ("at risk", since <= longest), ("active", since <= usual)]

    def _absence(self, learned: LearnedLifecycle) -> nw.Expr:
        """Return the days after which one is lapsed."""
        if isinstance(self.by, ByDays):
            return nw.lit(self.by.at_risk)
        least = self.by.least_gaps if isinstance(self.by, ByRhythm) else ByRhythm().least_gaps
        own = nw.col("earlier_gaps") >= least
        return nw.when(own).then("earlier_gap").otherwise(nw.lit(learned.longest))


def _with_model(found: LearnedLifecycle, measured: Lazy) -> LearnedLifecycle:
    alike = ("orders", "span", "days_known")
    bought = measured.filter(nw.col("orders") > 0)
    histories = collected(bought.group_by(*alike).agg(customers=nw.len())).sort(*alike)
    fitted = fit_purchases(
        _MODEL,
        Histories.of(
            frequency=histories["orders"].to_numpy() - 1,
            recency=histories["span"].to_numpy(),
            age=histories["days_known"].to_numpy(),
            weight=histories["customers"].to_numpy(),
        ),
    )
    said = tuple(finding.message for finding in fitted.diagnosis)
    return found.model_copy(update={"parameters": dict(fitted.parameters), "diagnosis": said})


def _with_chance(measured: Lazy, learned: LearnedLifecycle) -> Lazy:
    """Add the chance that each customer still is one, as the model has it, in portable expressions."""
    r, alpha, a, b = (learned.parameters[name] for name in ("r", "alpha", "a", "b"))
    waited = ((nw.col("days_known") + alpha) / (nw.col("span") + alpha)).log()
    times = nw.col("orders") - 1 + r
    left = (waited * times).exp() * a / (nw.col("orders") - 1 + b)
    return measured.with_columns(p_alive=1 / (left + 1))
