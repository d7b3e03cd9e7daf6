"""How many different things people do."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final

import narwhals as nw
from pydantic import Field, model_validator

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models.base import Model
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Lazy, Native, quantiles
from unified_customer.segmentation.assignment import FittedSegments, fit_segments
from unified_customer.segmentation.behaviour.acts import EVENTS, acted
from unified_customer.segmentation.cut_points import between, beyond

BREADTHS: Final = ("broad", "medium", "narrow", "none")


class BreadthCuts(Model):
    """From how many different things on use is medium and broad."""

    cuts: tuple[float, float]


class Breadth(Spec):
    """How many different things somebody does, or looks at: narrow, medium, broad.

    Cut at the thirds of those who did something in the window, so that equal numbers are in one segment; `none` did
    nothing in it, but something earlier.
    """

    needs: ClassVar[tuple[str, ...]] = (EVENTS,)

    of: str = "name"
    """The column of events whose different values count, such as `name`, `object_id` or `channel`."""
    window_days: int = Field(default=90, gt=0)
    """So many times 24 hours before `as_of` count."""
    cuts: tuple[int, int] | None = None
    """So many different things at least are medium and broad; None: the thirds."""
    name: str = "breadth"
    """What the segmentation is called in `memberships`."""

    @model_validator(mode="after")
    def _rising(self) -> "Breadth":
        if self.cuts is not None and not 0 < self.cuts[0] < self.cuts[1]:
            raise ConfigurationError(f"Cuts must rise from above 0: {self.cuts}.")
        return self

    @property
    def title(self) -> str:
        """What a picture of it is called."""
        return f"Breadth of use in {self.window_days} days"

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> FittedSegments[BreadthCuts]:
        """Find the thirds, and assign.

        Args:
            tables: `events` with `customer_id`, `occurred_at` and the column that `of` names, on any engine.
            as_of: The end of the window.
        """
        return fit_segments(self, tables, as_of=as_of)

    def native(self, tables: Mapping[str, Native]) -> Native:
        """Return the table whose kind of frame the result has."""
        return tables[EVENTS]

    def measured(self, tables: Mapping[str, Native], *, as_of: datetime) -> Lazy:
        """Return `customer_id` and `breadth`, how many different things, from 0."""
        since = nw.lit(as_utc(as_of) - timedelta(days=self.window_days))
        recent = nw.when(nw.col("occurred_at") >= since).then(self.of)
        things = acted(tables, as_of=as_of, columns=[self.of]).select("customer_id", thing=recent).unique()
        return things.group_by("customer_id").agg(breadth=nw.col("thing").count().cast(nw.Int64))

    def learned(self, measured: Lazy) -> BreadthCuts:
        """Return the cuts."""
        if self.cuts is not None:
            return BreadthCuts(cuts=(self.cuts[0] - 0.5, self.cuts[1] - 0.5))
        active = measured.filter(nw.col("breadth") > 0)
        low, high = between(quantiles(active, ["breadth"], shares=[1 / 3, 2 / 3])["breadth"], step=1)
        return BreadthCuts(cuts=(low, high))

    def assigned(self, measured: Lazy, learned: BreadthCuts) -> Lazy:
        """Add `segment`."""
        place = beyond(nw.col("breadth"), [0.5, *learned.cuts])
        named = nw.lit(BREADTHS[-1])
        for steps, name in enumerate(reversed(BREADTHS)):
            named = nw.when(place >= steps).then(nw.lit(name)).otherwise(named)
        return measured.with_columns(segment=named)

    def order(self, learned: BreadthCuts) -> Sequence[str]:  # noqa: ARG002 (others need it)
        """Return the segments from the broadest."""
        return BREADTHS
