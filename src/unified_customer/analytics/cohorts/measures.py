"""From counts to what is read: retention, revenue, orders, value; their averages and trends."""

from typing import Final

import polars as pl

from unified_customer.analytics.cohorts.spec import Cohorts
from unified_customer.methods.statistics import difference_of_shares, weighted_trend, wilson_columns

_PER_CUSTOMER: Final = ("revenue_per_customer", "orders_per_customer", "ltv")


def measured(spec: Cohorts, cells: pl.DataFrame) -> pl.DataFrame:
    """Return cells with their names and measures; null where a cell is not complete or its cohort not shown."""
    by = [] if spec.by is None else [spec.by]
    known = cells.with_columns(pl.when("complete").then(pl.col("active", "orders", "revenue")))
    whose = [*by, "first"]
    spent = pl.col("revenue").cum_sum().over(whose, order_by="period")
    low, high = _share_ends(spec)
    customers = pl.col("customers")
    starts = {number: spec.calendar.start(number, spec.period) for number in cells["first"].unique()}
    ends = {number: spec.calendar.end(number, spec.period) for number in cells["last"].unique()}
    valued = known.select(
        *by,
        cohort=_names(spec, cells),
        starts=pl.col("first").replace_strict(starts, return_dtype=pl.Date),
        ends=pl.col("last").replace_strict(ends, return_dtype=pl.Date),
        period="period",
        complete="complete",
        customers=customers,
        active="active",
        retention=pl.col("active") / customers,
        low=low,
        high=high,
        orders="orders",
        orders_per_customer=pl.col("orders") / customers,
        revenue="revenue",
        revenue_per_customer=pl.col("revenue") / customers,
        average_order_value=_quotient("revenue", "orders"),
        ltv=spent / customers,
    )
    return valued if spec.periods is None else valued.filter(pl.col("period") < spec.periods)


def _share_ends(spec: Cohorts) -> tuple[pl.Expr, pl.Expr]:
    return wilson_columns(pl.col("active"), pl.col("customers"), spec.confidence)


def _quotient(above: str, below: str) -> pl.Expr:
    return pl.col(above) / pl.when(pl.col(below) != 0).then(below)


def _names(spec: Cohorts, cells: pl.DataFrame) -> pl.Expr:
    numbers = cells["first"].append(cells["last"]).unique()
    labels = {number: spec.calendar.label(number, spec.period) for number in numbers}
    first, last = (pl.col(end).replace_strict(labels, return_dtype=pl.String) for end in ("first", "last"))
    return pl.when(pl.col("first") == pl.col("last")).then(first).otherwise(first + " to " + last)


def averaged(spec: Cohorts, cells: pl.DataFrame) -> pl.DataFrame:
    """Return the averages over cohorts by period, each weighing as many as it has customers.

    Only cells that are complete and shown have a part. `period`, `cohorts` and `customers` (that have a part),
    `active`, `retention` with `low` and `high` (Wilson, as if all were one cohort), `orders`, `orders_per_customer`,
    `revenue`, `revenue_per_customer`, `average_order_value`, `ltv`, and the column of `by`.
    """
    by = [] if spec.by is None else [spec.by]
    shown = cells.filter("complete", pl.col("customers").is_not_null())
    worth = (pl.col("ltv") * pl.col("customers")).sum() / pl.col("customers").sum()
    revenue = pl.when(pl.col("revenue").is_not_null().any()).then(pl.col("revenue").sum())
    sums = shown.group_by(*by, "period").agg(
        pl.len().cast(pl.Int64).alias("cohorts"),
        pl.col("customers", "active", "orders").sum(),
        revenue=revenue,
        ltv=pl.when(pl.col("ltv").is_not_null().any()).then(worth),
    )
    low, high = _share_ends(spec)
    return sums.sort(*by, "period").select(
        *by,
        "period",
        "cohorts",
        "customers",
        "active",
        retention=pl.col("active") / pl.col("customers"),
        low=low,
        high=high,
        orders="orders",
        orders_per_customer=pl.col("orders") / pl.col("customers"),
        revenue="revenue",
        revenue_per_customer=pl.col("revenue") / pl.col("customers"),
        average_order_value=_quotient("revenue", "orders"),
        ltv="ltv",
    )


_TRENDS: Final = {
    "period": pl.Int64,
    "measure": pl.String,
    "cohorts": pl.Int64,
    "slope": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "latest": pl.String,
    "before": pl.String,
    "difference": pl.Float64,
    "difference_low": pl.Float64,
    "difference_high": pl.Float64,
}


def trended(spec: Cohorts, cells: pl.DataFrame) -> pl.DataFrame:
    """Return how measures of each period change from cohort to cohort.

    `slope` is the change from one cohort to the next by least squares, each cohort weighing as many as it has
    customers, with an interval by Student's distribution from how far the cohorts scatter about the line (for retention
    not less than chance alone makes them); null with fewer than three cohorts. `difference` is that of the two latest
    complete cohorts, for retention with Newcombe's interval.

    Returns:
        `period`, `measure` (`retention`, `orders_per_customer`, `revenue_per_customer` or `ltv`), `cohorts`, `slope`,
        `low`, `high`, `latest` and `before` (names of cohorts), `difference`, `difference_low`, `difference_high`, and
        the column of `by`.
    """
    by = [] if spec.by is None else [spec.by]
    shown = cells.filter("complete", pl.col("customers").is_not_null()).sort(*by, "period", "starts")
    # Nothing changes in the retention of period 0, which is 1.
    parts = shown.partition_by([*by, "period"], maintain_order=True) if shown.height else []
    rows = [
        {**{name: part[name][0] for name in by}, **row}
        for part in parts
        for row in (_trend(spec, part, measure) for measure in _changing(part["period"][0]))
        if row is not None
    ]
    return pl.DataFrame(rows, schema={**{name: cells.schema[name] for name in by}, **_TRENDS})


def _changing(period: int) -> tuple[str, ...]:
    return ("retention", *_PER_CUSTOMER) if period else _PER_CUSTOMER


def _trend(spec: Cohorts, part: pl.DataFrame, measure: str) -> dict[str, object] | None:
    known = part.drop_nulls(measure)
    if not known.height:
        return None
    places = [spec.calendar.number(day, spec.period) for day in known["starts"]]
    share = float(known["active"].sum()) / float(known["customers"].sum())
    trend = weighted_trend(
        places,
        known[measure].to_list(),
        known["customers"].to_list(),
        least_variance=share * (1 - share) if measure == "retention" else 0.0,
        confidence=spec.confidence,
    )
    slope, low, high = trend.slope if trend is not None else (None, None, None)
    told = {"period": known["period"][0], "measure": measure, "cohorts": known.height}
    return {**told, "slope": slope, "low": low, "high": high, **_difference(spec, known, measure)}


def _difference(spec: Cohorts, known: pl.DataFrame, measure: str) -> dict[str, object]:
    if known.height < 2:
        return {}
    before, latest = known.tail(2).iter_rows(named=True)
    named = {"latest": latest["cohort"], "before": before["cohort"]}
    if measure != "retention":
        return {**named, "difference": latest[measure] - before[measure]}
    counts = (latest["active"], latest["customers"], before["active"], before["customers"])
    found = difference_of_shares(*counts, confidence=spec.confidence)
    difference, low, high = found if found is not None else (None, None, None)
    return {**named, "difference": difference, "difference_low": low, "difference_high": high}
