"""A funnel that was counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import polars as pl

from unified_customer.analytics.funnels.chains import chains
from unified_customer.analytics.funnels.spec import Funnel
from unified_customer.analytics.occurrences import native_events
from unified_customer.core.clock import as_utc
from unified_customer.engines.portable import Lazy, Native, collected, given_back, settled
from unified_customer.methods.display import SHARE, result_html
from unified_customer.methods.statistics import wilson_columns

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart

QUARTILES: Final = {"lower_quartile_seconds": 0.25, "median_seconds": 0.5, "upper_quartile_seconds": 0.75}


@dataclass(frozen=True, eq=False)
class FittedFunnel:
    """How many came from step to step.

    Attributes:
        spec: The spec.
        as_of: The instant before which things count.
        steps: One row a step: `step` (from 1), `name`, `count`, `share` of the first step with `low` and `high`
            (Wilson), `share_of_previous` with `previous_low` and `previous_high`, `lost` (since the step before), and
            the time from the step before: `lower_quartile_seconds`, `median_seconds`, `upper_quartile_seconds`. Null
            where too few took the first step. Polars, whatever the engine.
        groups: The same by the column of `by`; None without one.
        table: `customer_id` (and `session_id`), the column of `by`, `reached` (the number of the last step), and
            `seconds_2`, `seconds_3`, ...: the time from the step before; one row for each who took the first step, as
            the kind of frame that was given.
    """

    spec: Funnel
    as_of: datetime
    steps: pl.DataFrame
    groups: pl.DataFrame | None
    table: Any = field(default=None, repr=False)

    def assign(self, tables: Mapping[str, Native], *, as_of: datetime) -> Native:
        """Tell who reached which step in other data.

        Args:
            tables: As for `fit`.
            as_of: What happened at it or later is left out.

        Returns:
            What `table` holds, as the kind of frame that was given.

        Raises:
            SchemaError: The table or a column is missing, or a column holds something else.
        """
        return given_back(chains(self.spec, tables, as_of=as_utc(as_of)), like=native_events(tables))

    def chart(self, *, dark: bool = False) -> "Chart":
        """Draw how many came to each step.

        Raises:
            MissingDependencyError: Altair is not installed.
        """
        from unified_customer.methods.charting import funnel

        title = " to ".join([self.spec.titles[0], self.spec.titles[-1]])
        counted = f"{self.spec.unit}s"
        told = [f"{counted.capitalize()}, before {self.as_of:%Y-%m-%d}"]
        return funnel(
            self.steps, step="name", count="count", count_title=counted, title=title, subtitle=told, dark=dark
        )

    def _repr_html_(self) -> str:
        facts = [("steps", len(self.spec.steps)), ("as of", f"{self.as_of:%Y-%m-%d}")]
        hours = self.steps.select(
            "name", "count", "share", "low", "high", "share_of_previous", "lost", hours=pl.col("median_seconds") / 3600
        )
        shares = dict.fromkeys(("share", "low", "high", "share_of_previous"), SHARE)
        names = {"name": "step", "count": f"{self.spec.unit}s", "low": "from", "high": "to", "hours": "hours (median)"}
        return result_html("Funnel", facts, hours, formats=shares, names=names)

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return nothing: a funnel tells of steps, and `table` of who took them."""
        return {}

    def to_body(self) -> Mapping[str, Any]:
        """Return the counts by step."""
        groups = None if self.groups is None else self.groups.select(str(self.spec.by), "step", "count").to_dicts()
        return {"steps": self.steps.select("name", "count").to_dicts(), "groups": groups}


def fitted(spec: Funnel, tables: Mapping[str, Native], *, as_of: datetime) -> FittedFunnel:
    """Return who reached which step before an instant."""
    native = native_events(tables)
    found = settled(chains(spec, tables, as_of=as_of), like=native)
    whole = found.with_columns(_all=nw.lit(value=True))
    steps = _stepped(spec, whole, "_all").drop("_all")
    groups = None if spec.by is None else _stepped(spec, found, spec.by)
    return FittedFunnel(spec, as_of, steps, groups, given_back(found, like=native))


def _stepped(spec: Funnel, found: Lazy, by: str) -> pl.DataFrame:
    """Return the steps of each group; of nobody, if nobody took the first step."""
    places = range(1, len(spec.steps) + 1)
    reached = {
        f"count_{place}": nw.when(nw.col("reached") >= place).then(1).otherwise(0).alias(f"count_{place}")
        for place in places
    }
    times = {
        f"{name}_{place}": nw.col(f"seconds_{place}").quantile(share, "linear")
        for place in places[1:]
        for name, share in QUARTILES.items()
    }
    counted = found.with_columns(**reached).group_by(by).agg(nw.col(*reached).sum(), **times)
    wide = collected(counted).with_columns(pl.col(*reached).cast(pl.Int64))
    if not wide.height and by == "_all":
        wide = pl.DataFrame([{by: True, **dict.fromkeys(reached, 0)}], schema=wide.schema)
    return pl.concat([_row(spec, wide, by, place) for place in places]).pipe(_measured, spec, by)


def _row(spec: Funnel, wide: pl.DataFrame, by: str, place: int) -> pl.DataFrame:
    nothing = pl.lit(None, dtype=pl.Float64)
    times = {name: nothing if place == 1 else pl.col(f"{name}_{place}") for name in QUARTILES}
    return wide.select(
        by, step=pl.lit(place, dtype=pl.Int64), name=pl.lit(spec.titles[place - 1]), count=f"count_{place}", **times
    )


def _measured(long: pl.DataFrame, spec: Funnel, by: str) -> pl.DataFrame:
    ordered = long.sort(by, "step")
    first, before = pl.col("count").first().over(by), pl.col("count").shift(1).over(by)
    # That nobody came tells of nobody.
    shown = (pl.col("_first") >= spec.min_customers) | (pl.col("_first") == 0)
    placed = ordered.with_columns(_first=first, _before=before).with_columns(
        pl.when(shown).then(pl.col("count", "_first", "_before", *QUARTILES))
    )
    low, high = wilson_columns(pl.col("count"), pl.col("_first"), spec.confidence)
    previous_low, previous_high = wilson_columns(pl.col("count"), pl.col("_before"), spec.confidence)
    return placed.select(
        by,
        "step",
        "name",
        "count",
        share=_share("_first"),
        low=low,
        high=high,
        share_of_previous=_share("_before"),
        previous_low=previous_low,
        previous_high=previous_high,
        lost=pl.col("_before") - pl.col("count"),
        **{name: pl.col(name) for name in QUARTILES},
    )


def _share(of: str) -> pl.Expr:
    return pl.col("count") / pl.when(pl.col(of) > 0).then(of)
