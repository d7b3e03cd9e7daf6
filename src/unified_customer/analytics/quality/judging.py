"""From counts to numbers with intervals, thresholds and a status."""

from typing import Final

import polars as pl

from unified_customer.analytics.quality.spec import DataQuality
from unified_customer.analytics.quality.thresholds import DIMENSIONS, threshold_of
from unified_customer.core.tables import TABLES
from unified_customer.methods.statistics import wilson_columns

MEANINGS: Final = {
    "completeness": "rows with a value",
    "validity": "values as expected",
    "uniqueness": "values that stand once",
    "freshness": "days since the last row",
    "consistency": "customers on whom all sources agree, of those of whom several speak",
}


def judged(spec: DataQuality, found: pl.DataFrame) -> pl.DataFrame:
    """Return the table of a result.

    Args:
        spec: The spec.
        found: Counts, as `rows.FOUND` has them.
    """
    low, high = wilson_columns(pl.col("count"), pl.col("n"), spec.confidence)
    share = pl.when(pl.col("n") > 0).then(pl.col("count") / pl.col("n"))
    timed = pl.col("dimension") == "freshness"
    told = found.select(
        "dimension", "table", "field", "source",
        value=pl.when(timed).then("days").otherwise(share), low=pl.when(~timed).then(low), high=pl.when(~timed).then(high),
        n="n",
    )  # fmt: skip
    return _sorted(told.hstack(_verdicts(spec, told)), spec)


def _verdicts(spec: DataQuality, told: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for row in told.iter_rows(named=True):
        about = (row["dimension"], row["table"], row["field"])
        threshold = threshold_of(spec.thresholds, *about, row["source"])
        limits = (None, None) if threshold is None else (threshold.warn, threshold.fail)
        plain = "unknown" if row["value"] is None else "ok"
        rows.append((*limits, plain if threshold is None else threshold.status(row["value"]), _meaning(spec, *about)))
    schema = {"warn": pl.Float64, "fail": pl.Float64, "status": pl.String, "meaning": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _meaning(spec: DataQuality, dimension: str, table: str, field: str) -> str:
    if dimension == "decay":
        mails = f"e-mails that bounced, of those of {spec.bounce_days} days"
        return mails if table == "events" else f"values that were not confirmed for {spec.confirm_days} days"
    expected = TABLES[table].fields[field].quality if dimension == "validity" else None
    return MEANINGS[dimension] + (f": {expected}" if expected else "")


def _sorted(told: pl.DataFrame, spec: DataQuality) -> pl.DataFrame:
    """Order by dimension, table and field, all sources together first."""
    columns = {name: list(TABLES[name].columns) for name in spec.tables}
    fields = {(name, field): place for name, each in columns.items() for place, field in enumerate(each)}
    places = [
        (DIMENSIONS.index(dimension), spec.tables.index(table), fields.get((table, field), -1), field)
        for dimension, table, field in told.select("dimension", "table", "field").iter_rows()
    ]
    order = pl.DataFrame(places, schema=["_dimension", "_table", "_place", "_field"], orient="row")
    keys = [*order.columns, "source"]
    return told.hstack(order).sort(keys, nulls_last=False).drop(order.columns)
