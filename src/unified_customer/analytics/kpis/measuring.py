"""From measures to KPIs: values, intervals, and what they are compared with."""

from typing import Final

import polars as pl

from unified_customer.analytics.kpis.kpi import KPI, RANGES
from unified_customer.analytics.kpis.scope import BY, Scope
from unified_customer.analytics.kpis.spec import COLUMNS, Comparison, Scorecard
from unified_customer.engines.portable import Period
from unified_customer.methods.statistics import mean_columns, normal_quantile, ratio_columns, wilson_columns

MONTHS: Final[dict[Period, float]] = {"day": 12 / 365.25, "week": 84 / 365.25, "month": 1, "quarter": 3, "year": 12}
"""How many months a period has."""
YEAR: Final[dict[Period, int]] = {"day": 364, "week": 52, "month": 12, "quarter": 4, "year": 1}
"""How many periods before the same one of the year before is; days keep their weekday."""
DERIVED: Final = frozenset({"ltv", "cac", "monthly_margin"})
"""Measures that are null where there is nothing to divide by; others are null before the first period of their
table."""
_COUNTS: Final = ("denominator", "n")
_TOLD: Final = ("value", "low", "high", "numerator", "denominator", "n")


def derived(spec: Scorecard, wide: pl.DataFrame) -> pl.DataFrame:
    """Return measures with those that are made of others: `one`, `margin`, `cac`, `monthly_margin`, `ltv`."""
    there = set(wide.columns)
    if "spend" in there:
        some = pl.when(pl.col("spend") > 0)
        wide = wide.with_columns(one=some.then(1.0), margin=some.then(spec.margin))
    if {"spend", "won"} <= there:
        wide = wide.with_columns(cac=_quotient("spend", "won"))
    if {"known_revenue", "active_after"} <= there:
        each = spec.margin * _quotient("known_revenue", "active_after")
        months = MONTHS[spec.every]
        periods = max(int(spec.ltv_months / months), 1)
        kept = _quotient("stayed", "were") / (1 + spec.discount) ** (months / 12)
        worth = pl.when(kept < 1).then((1 - kept**periods) / (1 - kept)).otherwise(float(periods))
        known = pl.when(kept.is_not_null()).then(each * worth)
        wide = wide.with_columns(monthly_margin=each / months, ltv=known)
    return wide


def _quotient(above: str, below: str) -> pl.Expr:
    return pl.col(above) / pl.when(pl.col(below) > 0).then(below)


def marked(scope: Scope, wide: pl.DataFrame) -> pl.DataFrame:
    """Return measures with `complete`: whether the period is over."""
    over = [scope.is_over(number) for number in wide["number"]]
    return wide.with_columns(complete=pl.Series(over, dtype=pl.Boolean))


def valued(spec: Scorecard, kpi: KPI, wide: pl.LazyFrame) -> pl.LazyFrame:
    """Return the rows of a KPI.

    Values of the dimension that do not occur in any period are left out, and so are periods before those of its
    measures.
    """
    ends = [name for name in (kpi.above, kpi.below) if name is not None]
    occurs = pl.any_horizontal(
        (pl.col(name).fill_null(0) != 0).any().over(BY) for name in {*ends, kpi.people or kpi.above}
    )
    counted = {*ends, kpi.people or kpi.above} - DERIVED
    begun = pl.all_horizontal(pl.col(name).is_not_null() for name in counted)
    told = wide.filter(occurs & begun).select("number", BY, "complete", **_columns(spec, kpi))
    kept = pl.col("complete") | pl.lit(not kpi.whole)
    many = (pl.col("_people") == 0) | (pl.col("_people") >= spec.min_customers) | pl.lit(kpi.people is None)
    # What is counted of somebody else than the people, as who unsubscribes is, may be of one of them.
    somebodys = (pl.col("_people") == 0) & (pl.col("numerator") != 0)
    shown = pl.when((kept & many).fill_null(value=False))
    clear = pl.when((kept & many & ~somebodys.fill_null(value=False)).fill_null(value=False))
    guarded = [(shown if name in _COUNTS else clear).then(pl.col(name)).alias(name) for name in _TOLD]
    return told.select("number", BY, "complete", *guarded, kpi=pl.lit(kpi.name), unit=pl.lit(kpi.unit))


def _columns(spec: Scorecard, kpi: KPI) -> dict[str, pl.Expr]:
    above, nothing = pl.col(kpi.above), pl.lit(None, dtype=pl.Float64)
    scale = 100 if kpi.interval == "nps" else 1
    value = above if kpi.below is None else scale * _quotient(kpi.above, kpi.below)
    low, high = _interval(spec, kpi, value)
    return {
        "value": value,
        "low": _within(kpi, low, value),
        "high": _within(kpi, high, value),
        "numerator": above,
        "denominator": nothing if kpi.below is None else pl.col(kpi.below),
        "n": pl.col(_counted(kpi)) if _counted(kpi) else nothing,
        "_people": nothing if kpi.people is None else pl.col(kpi.people),
    }


def _counted(kpi: KPI) -> str:
    """Return the measure of how many an interval is worked out from; else of how many people there are."""
    if kpi.interval == "delta":
        return kpi.moments[0]
    return (kpi.people if kpi.interval == "none" else kpi.below) or ""


def _interval(spec: Scorecard, kpi: KPI, value: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    if kpi.interval == "none" or kpi.below is None:
        return pl.lit(None, dtype=pl.Float64), pl.lit(None, dtype=pl.Float64)
    above, below = pl.col(kpi.above), pl.col(kpi.below)
    moments = [pl.col(name) for name in kpi.moments]
    if kpi.interval == "wilson":
        return wilson_columns(above, pl.when(above <= below).then(below), spec.confidence)
    if kpi.interval == "t":
        variance = (moments[0] - below * value * value).clip(lower_bound=0) / (below - 1)
        return mean_columns(value, pl.when(below > 1).then(variance), below, confidence=spec.confidence)
    if kpi.interval == "delta":
        squares = dict(zip(("above_squared", "below_squared", "product"), moments[1:], strict=True))
        return ratio_columns(moments[0], above, below, **squares, confidence=spec.confidence)
    lead, both = value / 100, (moments[0] + moments[1]) / pl.when(below > 0).then(below)
    reach = 100 * normal_quantile(spec.confidence) * ((both - lead * lead).clip(lower_bound=0) / below).sqrt()
    return value - reach, value + reach


def _within(kpi: KPI, end: pl.Expr, value: pl.Expr) -> pl.Expr:
    """Return an end of an interval in the range of the unit, or at the value where that is beyond it."""
    least, most = RANGES[kpi.unit]
    above = end if least is None else pl.max_horizontal(end, pl.min_horizontal(value, pl.lit(float(least))))
    inside = above if most is None else pl.min_horizontal(above, pl.max_horizontal(value, pl.lit(float(most))))
    return pl.when(end.is_not_null()).then(inside)


# -------------------------------------------------------------------------------- comparing


def compared(spec: Scorecard, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with the values of the period before and of a year before, where both are over."""
    told = _beside(spec, rows, "previous", 1, ("change", "growth"))
    return _beside(spec, told, "year_before", YEAR[spec.every], ("year_change", "year_growth"))


def _beside(spec: Scorecard, rows: pl.DataFrame, name: Comparison, away: int, names: tuple[str, str]) -> pl.DataFrame:
    nothing = pl.lit(None, dtype=pl.Float64)
    if name not in spec.compare:
        return rows.with_columns(nothing.alias(each) for each in (name, *names))
    whose = ["kpi", BY, "number"]
    over = rows.filter("complete").select("kpi", BY, pl.col("number") + away, pl.col("value").alias(name))
    joined = rows.join(over, on=whose, how="left", nulls_equal=True, maintain_order="left")
    earlier = pl.when("complete").then(pl.col(name))
    change = pl.col("value") - pl.col(name)
    growth = change / pl.when(pl.col(name) > 0).then(pl.col(name))
    return joined.with_columns(earlier).with_columns(change.alias(names[0]), growth.alias(names[1]))


def named(scope: Scope, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows as people read them: with the first day of each period, and the dimension under its own name."""
    spec = scope.spec
    days = [spec.calendar.start(number, spec.every) for number in rows["number"]]
    dated = rows.with_columns(period=pl.Series(days, dtype=pl.Date))
    by = [] if spec.by is None else [pl.col(BY).alias(spec.by)]
    return dated.select("kpi", "period", *by, *(name for name in COLUMNS if name not in {"kpi", "period"}))
