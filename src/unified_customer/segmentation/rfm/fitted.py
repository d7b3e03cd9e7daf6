"""An RFM segmentation that was fitted."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import narwhals as nw
import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import SchemaError
from unified_customer.core.tables import SCORES
from unified_customer.engines.portable import Lazy, Native, collected, given_back, opened, settled
from unified_customer.methods.charting import grid
from unified_customer.methods.display import COUNT, result_html
from unified_customer.methods.orders import native_orders
from unified_customer.segmentation.memberships import membership_rows
from unified_customer.segmentation.rfm.cuts import MEASURES, Cuts, ranked
from unified_customer.segmentation.rfm.measures import measured
from unified_customer.segmentation.sizes import formats, in_words, picture, sizes_of

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart
    from unified_customer.segmentation.rfm.spec import RFM

NAME: Final = "rfm"
"""The name of the segmentation in `memberships`, and what its scores are named by."""


@dataclass(frozen=True, eq=False)
class FittedRFM:
    """RFM segments.

    Attributes:
        spec: The spec.
        as_of: The instant before which things count.
        cuts: The cut points; None where scores are ranks.
        currency: ISO 4217 code of `monetary`; None where amounts name none.
        table: `customer_id`, `recency` (days), `frequency` (purchases), `monetary`, `r_score`, `f_score`, `m_score`
            (from 1) and `segment` of everybody who has bought, as the kind of frame that was fitted on.
    """

    spec: "RFM"
    as_of: datetime
    cuts: Cuts | None
    currency: str | None
    table: Any = field(default=None, repr=False)

    @property
    def segmentations(self) -> tuple[str, ...]:
        """What it says everything of in `memberships`."""
        return (NAME,)

    def with_table(self, table: Native) -> "FittedRFM":
        """Return the same with another table."""
        return replace(self, table=table)

    def assign(self, tables: Mapping[str, Native], *, as_of: datetime) -> Native:
        """Score other data at the same cut points; by ranks among them where scores are ranks.

        Args:
            tables: As for `fit`.
            as_of: The instant to look from.

        Returns:
            What `table` holds, as the kind of frame that was given.

        Raises:
            SchemaError: A column is missing, or amounts are of another currency than those fitted on.
        """
        native = native_orders(tables)
        lazy, currency = measured(self.spec, tables, as_of=as_utc(as_of))
        if currency != self.currency and self.cuts is not None:
            found = currency or "no currency"
            raise SchemaError(
                f"The cut points are in {self.currency or 'no currency'}, the amounts in {found}. Name `rates`."
            )
        return given_back(self.scored(settled(lazy, like=native)), like=native)

    def scored(self, lazy: Lazy) -> Lazy:
        """Return measures with their scores and segments."""
        if self.cuts is None:
            scored = ranked(lazy, quantiles=self.spec.highest)
        else:
            scored = lazy.with_columns(self.cuts.score(measure).alias(score) for measure, score in MEASURES.items())
        return scored.with_columns(segment=self.spec.rules.column())

    @cached_property
    def sizes(self) -> pl.DataFrame:
        """Customers, shares and measures by segment, in the order of the rules: an aggregate, whatever the engine.

        `segment`, `customers`, `share` (of customers), `monetary` (of all), `monetary_share`, and the means `recency`,
        `frequency`, `spend` (null where there is nobody).
        """
        table = opened(self.table).with_columns(spend="monetary").to_native()
        return sizes_of(table, names=self.spec.rules.names, means=("recency", "frequency", "spend"))

    @cached_property
    def grid(self) -> pl.DataFrame:
        """Customers and what they paid by scores: `r_score`, `f_score`, `customers`, `monetary`, `segment` (where it is one)."""
        lazy = opened(self.table).group_by("r_score", "f_score")
        named = {"segment": nw.col("segment").min(), "other": nw.col("segment").max()}
        cells = collected(lazy.agg(customers=nw.len(), monetary=nw.col("monetary").sum(), **named))
        one = pl.when(pl.col("segment") == pl.col("other")).then("segment")
        return cells.with_columns(segment=one).drop("other").sort("r_score", "f_score")

    def chart(self, kind: Literal["grid", "bars", "treemap"] = "grid", *, dark: bool = False) -> "Chart":
        """Draw the grid of scores, or the segments: bars of customers against money, or tiles.

        Raises:
            ConfigurationError: Nobody has bought.
            MissingDependencyError: Altair is not installed.
        """
        title, told = "Segments by recency, frequency and monetary value", [self._told()]
        if kind != "grid":
            return picture(self.sizes, kind=kind, title=title, subtitle=told, currency=self.currency, dark=dark)
        return grid(
            self.grid, x="r_score", y="f_score", value="customers", label="segment", x_title="recency score",
            y_title="frequency score", value_title="customers", title=title, subtitle=told, dark=dark,
        )  # fmt: skip

    def __str__(self) -> str:
        """Return the sizes of the segments as text."""
        return in_words("RFM segments", self.sizes, currency=self.currency)

    def _repr_html_(self) -> str:
        facts = [("customers", COUNT.written(self.sizes["customers"].sum())), ("as of", f"{self.as_of:%Y-%m-%d}")]
        formatted = formats(self.currency)
        return result_html("RFM segments", facts, self.sizes, formats=formatted, names={"spend": "paid by one"})

    def _told(self) -> str:
        return f"{COUNT.written(self.sizes['customers'].sum())} customers who bought before {self.as_of:%Y-%m-%d}"

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return the memberships, and the three measures as scores with the score as their label."""
        table = collected(opened(self.table))
        scores = [
            table.select(
                pl.lit(f"{NAME}.{measure}").alias("name"),
                "customer_id",
                as_of=pl.lit(self.as_of).cast(SCORES.columns["as_of"]),
                value=pl.col(measure).cast(pl.Float64),
                label=pl.col(score).cast(pl.String),
            )
            for measure, score in MEASURES.items()
        ]
        return {"memberships": membership_rows(table, segmentation=NAME, as_of=self.as_of), "scores": pl.concat(scores)}

    def to_body(self) -> Mapping[str, Any]:
        """Return the cut points, the currency and the sizes of the segments."""
        sizes = dict(self.sizes.select("segment", "customers").iter_rows())
        cuts = None if self.cuts is None else self.cuts.model_dump(mode="json")
        return {"cuts": cuts, "currency": self.currency, "customers": sizes}
