"""What was found to sell best."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.engines.portable import Native
from unified_customer.methods.display import COUNT, NUMBER, SHARE, result_html
from unified_customer.recommendations.bestsellers.counting import shares, sold_before
from unified_customer.recommendations.bestsellers.growth import growth
from unified_customer.recommendations.bestsellers.listing import listed
from unified_customer.recommendations.bestsellers.spec import Bestsellers
from unified_customer.recommendations.segments import MEMBERSHIPS, segments_at
from unified_customer.recommendations.serving.recommended import Recommendations

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart


@dataclass(frozen=True, eq=False)
class FittedBestsellers:
    """Shares of items. It holds no customer.

    Attributes:
        spec: The spec.
        as_of: The instant before which things count.
        overall: `item_id`, of how many `customers`, `weight` and `share`, of items that enough customers bought.
        by_segment: `segment`, `item_id`, `customers` of the segment (0 where they are too few to tell), `weight` and
            `share`, drawn to that overall.
        growing: `item_id`, `customers`, `lately`, `expected`, `growth` with `low` and `high`, the highest lower end first.
    """

    spec: Bestsellers
    as_of: datetime
    overall: pl.DataFrame = field(repr=False)
    by_segment: pl.DataFrame = field(repr=False)
    growing: pl.DataFrame = field(repr=False)

    @property
    def segments(self) -> list[str]:
        """The segments there are."""
        return self.by_segment["segment"].unique().sort().to_list()

    def top(self, segment: str | None = None, *, n: int = 10) -> pl.DataFrame:
        """Return what sells best.

        Args:
            segment: In which segment; None, or one that nobody is in: overall.
            n: So many at most.

        Returns:
            `rank` from 1, `item_id`, `customers` (0 where they are too few to tell) and `share`.

        Raises:
            ConfigurationError: `n` is below 1.
        """
        own = self.by_segment.filter(pl.col("segment") == segment) if segment is not None else self.by_segment.clear()
        table = self.overall if own.is_empty() else own
        best = table.sort("share", "item_id", descending=[True, False]).head(_positive(n))
        return best.select(pl.int_range(1, pl.len() + 1).alias("rank"), "item_id", "customers", "share")

    def recommend(
        self, customers: "Iterable[str] | pl.Series", memberships: Native | None = None, *, n: int = 10
    ) -> Recommendations:
        """Recommend to customers of whom nothing is known but their segment.

        Args:
            customers: Their ids.
            memberships: As `fit` takes them; None: segments are not known.
            n: How many items each.

        Returns:
            A list for each, whose `basis` is `segment`, or `popular` where nothing may be told of the segment; scores are shares.

        Raises:
            ConfigurationError: `n` is below 1, or memberships tell of several segmentations and none is named.
        """
        asked = pl.DataFrame({"customer_id": pl.Series(list(customers), dtype=pl.String)}).unique(maintain_order=True)
        none = pl.DataFrame(schema={"customer_id": pl.String(), "segment": pl.String()})
        named = self.spec.segmentation
        members = none if memberships is None else segments_at(memberships, segmentation=named, as_of=self.as_of)
        one = members.unique("customer_id", keep="first", maintain_order=True)
        whose = asked.join(one, on="customer_id", how="left", maintain_order="left")
        return listed(whose, self.by_segment, self.overall, n=_positive(n))

    def trending(self, *, n: int = 10) -> pl.DataFrame:
        """Return what sells more than it did, beyond chance; fewer than `n` rows where no more does.

        Args:
            n: So many at most.

        Returns:
            `rank` from 1, `item_id`, `customers`, `growth` (1: as before, measured by all that sold) with `low` (above 1)
            and `high`.

        Raises:
            ConfigurationError: `n` is below 1.
        """
        best = self.growing.filter(pl.col("low") > 1).head(_positive(n))
        return best.select(pl.int_range(1, pl.len() + 1).alias("rank"), "item_id", "customers", "growth", "low", "high")

    def chart(self, *, n: int = 10, dark: bool = False) -> "Chart":
        """Draw what sells best: its share in each segment, or overall where there are none.

        Raises:
            ConfigurationError: Nothing may be told, or there are too many segments to see.
            MissingDependencyError: Altair is not installed.
        """
        from unified_customer.methods.charting import bars, heatmap

        first, said = self.top(n=n)["item_id"].to_list(), [f"Before {self.as_of:%Y-%m-%d}, the latest count most"]
        if not self.segments:
            values = {"share": "share of all that sold"}
            return bars(
                self.top(n=n),
                name="item_id",
                values=values,
                value_title="share",
                title="Bestsellers",
                subtitle=said,
                dark=dark,
            )
        return heatmap(
            self.by_segment.filter(pl.col("item_id").is_in(first)), row="item_id", column="segment", value="share", rows=first,
            row_title="item", column_title="segment", value_title="share", title="Bestsellers by segment", subtitle=said,
            dark=dark,
        )  # fmt: skip

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return nothing: it tells of items, not of people."""
        return {}

    def to_body(self) -> Mapping[str, Any]:
        """Return how many items and segments there are."""
        return {"items": self.overall.height, "segments": len(self.segments)}

    def __str__(self) -> str:
        """Return how much was counted."""
        items, segments = COUNT.written(self.overall.height), COUNT.written(len(self.segments))
        return f"Bestsellers among {items} items in {segments} segments before {self.as_of:%Y-%m-%d}"

    def _repr_html_(self) -> str:
        facts = [("items", COUNT.written(self.overall.height)), ("segments", COUNT.written(len(self.segments)))]
        formats = {"share": SHARE, "growth": NUMBER}
        return result_html("Bestsellers", facts, self.top(), formats=formats, names={"item_id": "item"})


def fitted(spec: Bestsellers, tables: Mapping[str, Native], *, as_of: datetime) -> FittedBestsellers:
    """Return what sold best before an instant."""
    sold = sold_before(spec, tables, as_of=as_of)
    if MEMBERSHIPS in tables:
        members = segments_at(tables[MEMBERSHIPS], segmentation=spec.segmentation, as_of=as_of)
    else:
        members = pl.DataFrame(schema={"customer_id": pl.String(), "segment": pl.String()})
    overall, own = shares(sold, members, drawn=spec.drawn, least=spec.min_customers)
    growing = growth(sold, least=spec.min_customers, confidence=spec.confidence)
    return FittedBestsellers(spec, as_of, overall, own, growing)


def _positive(n: int) -> int:
    if n < 1:
        raise ConfigurationError(f"A list has at least one item; n is {n}.")
    return n
