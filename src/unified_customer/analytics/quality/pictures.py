"""Pictures of the quality of data."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import polars as pl

from unified_customer.analytics.quality.thresholds import MORE_IS_WORSE
from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.display import DAYS, SHARE

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart

ALL: Final = "all"
"""What all sources together are called."""
TITLES: Final = {
    "completeness": ("share of rows with a value", "rows"),
    "validity": ("share of values as expected", "values"),
    "uniqueness": ("share that stands once", "values"),
    "freshness": ("days since the last row", "rows"),
    "consistency": ("share of customers on whom sources agree", "customers"),
    "decay": ("share that is worn out", "values"),
}
LINES: Final = 5
"""Lines that can be told apart."""


def as_matrix(rows: pl.DataFrame, dimension: str, table: str, *, as_of: datetime, dark: bool) -> "Chart":
    """Draw fields by sources, with all sources together in front; what warns or fails has a frame."""
    from unified_customer.methods.charting import heatmap

    titled, counted = TITLES[dimension]
    known = rows.filter(pl.col("value").is_not_null().any().over("field"))
    if known.is_empty():
        raise ConfigurationError(f"No number of {dimension} of {table} is known.")
    shown = known.with_columns(pl.col("source").fill_null(ALL), framed=pl.col("status").is_in(["warn", "fail"]))
    frames = ["What warns or fails has a frame."] if shown["framed"].any() else []
    return heatmap(
        shown, row="field", column="source", value="value", count="n", marked="framed",
        rows=known["field"].unique(maintain_order=True).to_list(), columns=[ALL], row_title="field", column_title="source",
        value_title=titled, count_title=counted, unit=DAYS if dimension == "freshness" else SHARE,
        title=f"{dimension.capitalize()} of {table}",
        subtitle=[f"{titled.capitalize()}, before {as_of:%Y-%m-%d}.", *frames], dark=dark,
    )  # fmt: skip


def as_history(told: pl.DataFrame, dimension: str, table: str, *, fields: Sequence[str] | None, dark: bool) -> "Chart":
    """Draw how fields went, all sources together: those that are named, or those that changed most."""
    from unified_customer.methods.charting import trend

    whole = told.filter(pl.col("source").is_null(), dimension=dimension, table=table).drop_nulls("value")
    chosen = _most_changed(whole, dimension) if fields is None else list(fields)
    shown = whole.filter(pl.col("field").is_in(chosen)).with_columns(pl.col("as_of").dt.replace_time_zone(None))
    if shown.is_empty():
        raise ConfigurationError(f"No number of {dimension} of {table} is known.")
    of = whole["field"].n_unique()
    words = f" Of {of} fields the {len(chosen)} that changed most." if fields is None and of > len(chosen) else ""
    low, high = ("low", "high") if shown["low"].is_not_null().any() else (None, None)
    return trend(
        shown, period="as_of", value="value", low=low, high=high, series="field", period_title="as of",
        value_title=TITLES[dimension][0], unit=DAYS if dimension == "freshness" else SHARE,
        title=f"{dimension.capitalize()} of {table}", subtitle=[f"All sources together.{words}"], dark=dark,
    )  # fmt: skip


def _most_changed(whole: pl.DataFrame, dimension: str) -> list[str]:
    """Return the fields that changed most, of those that changed alike the worst ones first."""
    value = pl.col("value")
    spans = whole.group_by("field").agg(
        span=value.max() - value.min(), last=value.sort_by("as_of").last() * (-1 if dimension in MORE_IS_WORSE else 1)
    )
    chosen: list[str] = spans.sort("span", "last", "field", descending=[True, False, False])["field"].to_list()
    return chosen[:LINES]
