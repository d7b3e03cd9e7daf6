"""An RFM segmentation that was fitted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import SchemaError
from unified_customer.core.tables import SCORES
from unified_customer.engines.portable import Lazy, Native, collected, given_back, opened, settled
from unified_customer.methods.orders import native_orders
from unified_customer.segmentation.memberships import membership_rows
from unified_customer.segmentation.rfm.cuts import MEASURES, Cuts, ranked
from unified_customer.segmentation.rfm.measures import measured

if TYPE_CHECKING:
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
        table: `customer_id`, `recency` (days), `frequency` (purchases), `monetary`, `r_score`, `f_score`, `m_score` (from
            1) and `segment` of everybody who has bought, as the kind of frame that was fitted on.
    """

    spec: "RFM"
    as_of: datetime
    cuts: Cuts | None
    currency: str | None
    table: Any = None

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

        `segment`, `customers`, `share` (of customers), `monetary` (of all), `monetary_share` (null where all is zero),
        `recency`, `frequency`, `spend` (means).
        """
        columns = {"monetary": nw.col("monetary").sum(), "recency": nw.col("recency").mean()}
        means = {"frequency": nw.col("frequency").mean(), "spend": nw.col("monetary").mean()}
        grouped = collected(opened(self.table).group_by("segment").agg(customers=nw.len(), **columns, **means))
        names = pl.DataFrame({"segment": self.spec.rules.names}, schema={"segment": pl.String})
        whole = names.join(grouped, on="segment", how="left", maintain_order="left")
        customers, monetary = pl.col("customers").fill_null(0), pl.col("monetary").fill_null(0.0)
        total = pl.when(monetary.sum() != 0).then(monetary.sum())
        return whole.select(
            "segment",
            customers=customers,
            share=customers / pl.when(customers.sum() > 0).then(customers.sum()),
            monetary=monetary,
            monetary_share=monetary / total,
            recency="recency",
            frequency="frequency",
            spend="spend",
        )

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
