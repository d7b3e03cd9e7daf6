"""By which channel people come."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Literal

import narwhals as nw
from pydantic import Field

from unified_customer.core.clock import as_utc
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Lazy, Native
from unified_customer.segmentation.assignment import FittedSegments, Nothing, fit_segments
from unified_customer.segmentation.behaviour.acts import EVENTS, acted


class PreferredChannel(Spec):
    """The channel by which most comes from somebody: that of more than `share` of the events in the window, or `mixed`.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC
        >>> at = [datetime(2026, 10, day, tzinfo=UTC) for day in (1, 2, 3, 4, 5)]
        >>> events = pl.DataFrame(
        ...     {
        ...         "customer_id": ["a", "a", "a", "b", "b"],
        ...         "occurred_at": at,
        ...         "channel": ["email", "email", "direct", "email", None],
        ...     }
        ... )
        >>> fitted = PreferredChannel().fit({"events": events}, as_of=datetime(2026, 11, 1, tzinfo=UTC))
        >>> fitted.table.sort("customer_id").select("customer_id", "segment").rows()
        [('a', 'email'), ('b', 'mixed')]
    """

    needs: ClassVar[tuple[str, ...]] = (EVENTS,)

    share: float = Field(default=0.5, ge=0.5, lt=1)
    """More than this share of the events."""
    window_days: int = Field(default=365, gt=0)
    """So many times 24 hours before `as_of` count."""
    of: Literal["channel", "utm_source", "campaign"] = "channel"
    """What is compared."""
    name: str = "preferred_channel"
    """What the segmentation is called in `memberships`."""

    @property
    def title(self) -> str:
        """What a picture of it is called."""
        return "Preferred channel"

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> FittedSegments[Nothing]:
        """Find the channel of everybody who did something in the window.

        Args:
            tables: `events` with `customer_id`, `occurred_at` and the column that `of` names, on any engine. An event
                without a channel is of the channel `unknown`.
            as_of: The end of the window.
        """
        return fit_segments(self, tables, as_of=as_of)

    def native(self, tables: Mapping[str, Native]) -> Native:
        """Return the table whose kind of frame the result has."""
        return tables[EVENTS]

    def measured(self, tables: Mapping[str, Native], *, as_of: datetime) -> Lazy:
        """Return `customer_id`, `events`, and the `channel` of more than the share of them, or null."""
        since = nw.lit(as_utc(as_of) - timedelta(days=self.window_days))
        recent = acted(tables, as_of=as_of, columns=[self.of]).filter(nw.col("occurred_at") >= since)
        told = recent.with_columns(channel=nw.col(self.of).fill_null("unknown"))
        counted = told.group_by("customer_id", "channel").agg(own=nw.len())
        whole = counted.with_columns(events=nw.col("own").sum().over("customer_id"))
        most = nw.when(nw.col("own") > nw.col("events") * self.share).then("channel")
        return whole.with_columns(channel=most).group_by("customer_id").agg(nw.col("events", "channel").max())

    def learned(self, measured: Lazy) -> Nothing:  # noqa: ARG002 (others need it)
        """Return nothing: there is nothing to learn."""
        return Nothing()

    def assigned(self, measured: Lazy, learned: Nothing) -> Lazy:  # noqa: ARG002 (others need it)
        """Add `segment`."""
        return measured.with_columns(segment=nw.col("channel").fill_null("mixed")).drop("channel")

    def order(self, learned: Nothing) -> Sequence[str]:  # noqa: ARG002 (others need it)
        """Return no order: by name."""
        return ()
