"""Whether people do more or less than before."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final

import narwhals as nw
from pydantic import Field

from unified_customer.core.clock import as_utc
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Lazy, Native
from unified_customer.segmentation.assignment import FittedSegments, Nothing, fit_segments
from unified_customer.segmentation.behaviour.acts import EVENTS, acted

TRENDS: Final = ("started", "rising", "steady", "falling", "stopped", "silent")


class UsageTrend(Spec):
    """Whether somebody does more or less than before: events of the last window against those of the one before.

    `started`: none before; `stopped`: none since; `silent`: in neither, but earlier.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC
        >>> at = [datetime(2026, month, 10, tzinfo=UTC) for month in (9, 9, 10, 10, 8)]
        >>> events = pl.DataFrame({"customer_id": ["a", "b", "a", "a", "c"], "occurred_at": at})
        >>> fitted = UsageTrend(window_days=30).fit({"events": events}, as_of=datetime(2026, 11, 1, tzinfo=UTC))
        >>> fitted.table.sort("customer_id").select("customer_id", "recent", "earlier", "segment").rows()
        [('a', 2, 1, 'rising'), ('b', 0, 1, 'stopped'), ('c', 0, 0, 'silent')]
    """

    needs: ClassVar[tuple[str, ...]] = (EVENTS,)

    window_days: int = Field(default=30, gt=0)
    """Length of each of the two windows, in times of 24 hours."""
    change: float = Field(default=0.25, gt=0, lt=1)
    """Rising is more than so much above before, falling more than so much below, as a share."""
    name: str = "usage_trend"
    """What the segmentation is called in `memberships`."""

    @property
    def title(self) -> str:
        """What a picture of it is called."""
        return f"Use in the last {self.window_days} days against those before"

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> FittedSegments[Nothing]:
        """Compare the two windows of everybody who ever did something.

        Args:
            tables: `events` with `customer_id` and `occurred_at`, on any engine.
            as_of: The end of the last window.
        """
        return fit_segments(self, tables, as_of=as_of)

    def native(self, tables: Mapping[str, Native]) -> Native:
        """Return the table whose kind of frame the result has."""
        return tables[EVENTS]

    def measured(self, tables: Mapping[str, Native], *, as_of: datetime) -> Lazy:
        """Return `customer_id`, and the events of both windows: `recent`, `earlier`."""
        window, end = timedelta(days=self.window_days), as_utc(as_of)
        at = nw.col("occurred_at")
        told = acted(tables, as_of=end).with_columns(
            recent=_counted(at >= nw.lit(end - window)),
            earlier=_counted((at >= nw.lit(end - 2 * window)) & (at < nw.lit(end - window))),
        )
        return told.group_by("customer_id").agg(nw.col("recent", "earlier").sum())

    def learned(self, measured: Lazy) -> Nothing:  # noqa: ARG002 (others need it)
        """Return nothing: there is nothing to learn."""
        return Nothing()

    def assigned(self, measured: Lazy, learned: Nothing) -> Lazy:  # noqa: ARG002 (others need it)
        """Add `segment`."""
        recent, earlier = nw.col("recent"), nw.col("earlier")
        trend = nw.lit("steady")
        for name, holds in (
            ("rising", recent > earlier * (1 + self.change)),
            ("falling", recent < earlier * (1 - self.change)),
            ("stopped", recent == 0),
            ("started", earlier == 0),
            ("silent", (recent == 0) & (earlier == 0)),
        ):
            trend = nw.when(holds).then(nw.lit(name)).otherwise(trend)
        return measured.with_columns(segment=trend)

    def order(self, learned: Nothing) -> Sequence[str]:  # noqa: ARG002 (others need it)
        """Return the trends."""
        return TRENDS


def _counted(holds: nw.Expr) -> nw.Expr:
    return nw.when(holds).then(nw.lit(1)).otherwise(nw.lit(0))
