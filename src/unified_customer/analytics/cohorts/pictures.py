"""Cohorts as pictures."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

import polars as pl

from unified_customer.analytics.cohorts.spec import MEASURES, Cohorts
from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.display import COUNT, NUMBER, SHARE, Format, money

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart

AVERAGE: Final = "weighted average"
"""What the averages are called."""
TITLES: Final[Mapping[str, str]] = {
    "active": "active customers",
    "retention": "share of customers who were active",
    "orders": "orders",
    "orders_per_customer": "orders per customer",
    "revenue": "revenue",
    "revenue_per_customer": "revenue per customer",
    "average_order_value": "average order value",
    "ltv": "revenue per customer so far",
}


def checked(measure: str) -> str:
    """Return the name of a measure.

    Raises:
        ConfigurationError: There is no such measure.
    """
    if measure not in MEASURES:
        raise ConfigurationError(f"There is no measure {measure!r} of cohorts; there are: {', '.join(MEASURES)}.")
    return measure


def format_of(measure: str, currency: str | None) -> Format:
    """Return how a measure is written."""
    if measure == "retention":
        return SHARE
    return COUNT if measure in {"active", "orders"} else NUMBER if "orders" in measure else money(currency or "")


def as_triangle(
    spec: Cohorts, cells: pl.DataFrame, measure: str, *, currency: str | None, as_of: datetime, at_most: int, dark: bool
) -> "Chart":
    """Draw the latest cohorts by the periods of their life, blank where nothing is known."""
    from unified_customer.methods.charting import triangle

    latest = cells["starts"].unique().sort().tail(at_most)
    known = pl.col("period").filter("complete").max().fill_null(0)
    young = (pl.col("period") <= known) & (pl.col("period") < at_most)
    shown = cells.filter(pl.col("starts").is_in(latest.implode())).filter(young)
    return triangle(
        shown, cohort="cohort", period="period", value=measure, size="customers", cohort_title=f"{spec.period} of the start",
        period_title=f"{spec.period}s since the start", value_title=TITLES[measure], unit=format_of(measure, None),
        title=f"Cohorts: {TITLES[measure]}{_in(measure, currency)}", subtitle=_told(spec, as_of), dark=dark,
    )  # fmt: skip


def _in(measure: str, currency: str | None) -> str:
    """Return the currency as it stands behind a title: in each cell it would be too much."""
    return f", {currency}" if currency and format_of(measure, currency).currency else ""


def as_curves(
    spec: Cohorts,
    cells: pl.DataFrame,
    averages: pl.DataFrame,
    measure: str,
    *,
    currency: str | None,
    as_of: datetime,
    at_most: int,
    dark: bool,
) -> "Chart":
    """Draw a curve for each of the latest cohorts, and their weighted average with its band."""
    from unified_customer.methods.charting import bands

    # Only retention has an interval.
    banded = {"low": "low", "high": "high"} if measure == "retention" else {}
    columns = ["period", measure, *banded]
    latest = cells["starts"].unique().sort().tail(at_most)
    single = cells.filter(pl.col("starts").is_in(latest.implode()), pl.col(measure).is_not_null())
    name = f"the {AVERAGE}"
    mean = averages.select(pl.lit(name).alias("cohort"), *columns)
    rows = pl.concat([single.select("cohort", *columns), mean], how="vertical_relaxed")
    return bands(
        rows.filter(pl.col("period") < at_most), x="period", y=measure, **banded, series="cohort", mean=name,
        x_title=f"{spec.period}s since the start", y_title=TITLES[measure], unit=format_of(measure, currency),
        title=f"Cohorts: {TITLES[measure]}", subtitle=_told(spec, as_of), dark=dark,
    )  # fmt: skip


def _told(spec: Cohorts, as_of: datetime) -> list[str]:
    how = "in each period or a later one" if spec.returning == "on_or_after" else "in each period"
    least = f" Cohorts of fewer than {spec.min_customers} customers are not shown." if spec.min_customers > 1 else ""
    return [f"What customers did {how}, before {as_of:%Y-%m-%d}.{least}"]
