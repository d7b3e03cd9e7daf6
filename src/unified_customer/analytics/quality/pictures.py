"""Pictures of the quality of data."""

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
_LINES: Final = 7
"""Lines that can be told apart."""


def as_matrix(rows: pl.DataFrame, dimension: str, table: str, *, as_of: datetime, dark: bool) -> "Chart":
    """Draw fields by sources, with all sources together in front; what warns or fails has a frame."""
    from unified_customer.methods.charting import heatmap

    titled, counted = TITLES[dimension]
    shown = rows.with_columns(pl.col("source").fill_null(ALL), framed=pl.col("status").is_in(["warn", "fail"]))
    frames = " What warns or fails has a frame." if shown["framed"].any() else ""
    return heatmap(
        shown, row="field", column="source", value="value", count="n", marked="framed",
        rows=rows["field"].unique(maintain_order=True).to_list(), columns=[ALL], row_title="field", column_title="source",
        value_title=titled, count_title=counted, unit=DAYS if dimension == "freshness" else SHARE,
        title=f"{dimension.capitalize()} of {table}",
        subtitle=[f"{titled.capitalize()}, before {as_of:%Y-%m-%d}.{frames}"], dark=dark,
    )  # fmt: skip


def as_history(told: pl.DataFrame, dimension: str, table: str, *, dark: bool) -> "Chart":
    """Draw how each field went, all sources together; of more than can be told apart those that are worst now."""
    from unified_customer.methods.charting import trend

    whole = told.filter(pl.col("source").is_null(), dimension=dimension, table=table).drop_nulls("value")
    if whole.is_empty():
        raise ConfigurationError(f"No number of {dimension} of {table} is known.")
    last = whole.filter(pl.col("as_of") == pl.col("as_of").max().over("field"))
    worst = last.sort("value", "field", descending=[dimension in MORE_IS_WORSE, False]).head(_LINES)["field"]
    shown = whole.filter(pl.col("field").is_in(worst.implode())).with_columns(
        pl.col("as_of").dt.replace_time_zone(None)
    )
    left_out = whole["field"].n_unique() - len(worst)
    words = [f"All sources together.{f' The {_LINES} worst of {_LINES + left_out} fields.' if left_out else ''}"]
    return trend(
        shown, period="as_of", value="value", low="low", high="high", series="field", period_title="as of",
        value_title=TITLES[dimension][0], unit=DAYS if dimension == "freshness" else SHARE,
        title=f"{dimension.capitalize()} of {table}", subtitle=words, dark=dark,
    )  # fmt: skip
