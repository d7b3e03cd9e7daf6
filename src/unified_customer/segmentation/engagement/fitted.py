"""Engagement that was fitted: a level, and a segment for each channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import narwhals as nw
import polars as pl

from unified_customer.engines.portable import collected, opened
from unified_customer.methods.display import COUNT, SHARE, result_html
from unified_customer.segmentation.assignment import FittedSegments, Nothing
from unified_customer.segmentation.engagement.bounds import MAIL, VISITS
from unified_customer.segmentation.memberships import membership_rows
from unified_customer.segmentation.sizes import Kind, picture, sizes_of

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart

CHANNELS: Final = {"email": MAIL, "site": VISITS, "app": VISITS}
_TITLES: Final = {
    "email": "What people do with e-mail",
    "site": "How often people visit",
    "app": "How often people use the app",
}


@dataclass(frozen=True, eq=False)
class FittedEngagement(FittedSegments[Nothing]):
    """Engagement; its table has `email`, `site` and `app` beside `segment`, and what they are made from."""

    @property
    def segmentations(self) -> tuple[str, ...]:
        """What it says everything of in `memberships`: the levels, and a segmentation for each channel."""
        return (self.segmentation.name, *(f"{self.segmentation.name}.{channel}" for channel in CHANNELS))

    @cached_property
    def channels(self) -> pl.DataFrame:
        """Customers and shares by channel and segment: `channel`, `segment`, `customers`, `share`; an aggregate."""
        table = opened(self.table)
        sizes = [
            sizes_of(table.select(segment=nw.col(channel)).to_native(), names=names).select(
                pl.lit(channel).alias("channel"), pl.all()
            )
            for channel, names in CHANNELS.items()
        ]
        return pl.concat(sizes)

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return the memberships of the levels and of each channel."""
        table = collected(opened(self.table))
        segments = zip(self.segmentations, ("segment", *CHANNELS), strict=True)
        found = [
            membership_rows(table.select("customer_id", segment=column), segmentation=name, as_of=self.as_of)
            for name, column in segments
        ]
        return {"memberships": pl.concat(found)}

    def to_body(self) -> Mapping[str, Any]:
        """Return the sizes of the levels, and of the segments of each channel."""
        by = {name: dict(self._of(name).select("segment", "customers").iter_rows()) for name in CHANNELS}
        return {**super().to_body(), "channels": by}

    def chart(
        self,
        kind: Kind = "bars",
        *,
        of: Literal["level", "email", "site", "app"] = "level",
        dark: bool = False,
    ) -> "Chart":
        """Draw the levels, or the segments of a channel, as bars or as tiles.

        Raises:
            ConfigurationError: There is nobody.
            MissingDependencyError: Altair is not installed.
        """
        if of == "level":
            return super().chart(kind, dark=dark)
        told = f"{COUNT.written(self.sizes['customers'].sum())} customers as of {self.as_of:%Y-%m-%d}"
        return picture(self._of(of), kind=kind, title=_TITLES[of], subtitle=[told], dark=dark)

    def _of(self, channel: str) -> pl.DataFrame:
        return self.channels.filter(pl.col("channel") == channel).drop("channel")

    def _repr_html_(self) -> str:
        facts = [("customers", COUNT.written(self.sizes["customers"].sum())), ("as of", f"{self.as_of:%Y-%m-%d}")]
        levels = self.sizes.select(pl.lit("all together").alias("channel"), pl.all())
        shown = pl.concat([levels, self.channels])
        return result_html(self.segmentation.title, facts, shown, formats={"customers": COUNT, "share": SHARE})
