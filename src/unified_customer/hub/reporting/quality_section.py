"""Data quality: what is missing, wrong, doubled, old, contradictory or worn out."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

import polars as pl

from unified_customer.analytics.quality import DataQuality, FittedDataQuality
from unified_customer.analytics.quality.thresholds import Dimension
from unified_customer.hub.reporting.asked import Asked, Known
from unified_customer.hub.reporting.drawing import figure
from unified_customer.hub.reporting.topics import QUALITY as TOPIC
from unified_customer.methods.display import COUNT, DAYS, SHARE
from unified_customer.reports.page import Block, Figure, Section, Tile

WORST: Final = 12
"""So many of what warns are shown."""
DRAWN: Final[tuple[Dimension, ...]] = ("completeness", "consistency", "validity")


def quality_section(asked: Asked, known: Known) -> Section:
    """Return the section of data quality.

    Args:
        asked: What the report is about.
        known: What was read for it.
    """
    spec = DataQuality(warns=False)
    looked_at = {name: known.tables[name] for name in spec.tables if known.tables[name].height}
    if not looked_at:
        return Section(TOPIC.name, TOPIC.title, ("There is nothing to look at.",))
    quality = spec.fit(looked_at, as_of=asked.as_of)
    counts, told = quality.counts, sum(quality.counts.values()) - quality.counts["unknown"]
    tiles = (
        Tile(
            "as they should be",
            COUNT.written(counts["ok"]),
            f"of {COUNT.written(told)} measures",
            _all(counts["ok"], told),
        ),
        Tile("to watch", COUNT.written(counts["warn"])),
        Tile("to mend", COUNT.written(counts["fail"]), good=None),
    )
    parts: tuple[Figure | Block, ...] = (*(each for name in DRAWN if (each := _drawn(quality, name))), *_worst(quality))
    return Section(TOPIC.name, TOPIC.title, _says(quality), tiles, (), parts, _NOTES)


_NOTES: Final = (
    (
        "Completeness is the share of rows with a value, validity that of values of the expected form, consistency that of "
        "customers on whom all systems agree. Rows about nobody known count in events and order lines. What a number has to reach stands in the thresholds of DataQuality."
    ),
)


def _all(good: int, told: int) -> bool | None:
    return True if told and good == told else None


def _drawn(quality: FittedDataQuality, dimension: Dimension) -> Figure | None:
    """Draw a dimension, without fields of which no row says anything."""
    said = pl.col("value").max().over("dimension", "table", "field") > 0
    told = replace(quality, table=quality.table.filter(said, dimension=dimension))
    return None if told.table.is_empty() else figure(partial(told.chart, dimension))


def _overall(quality: FittedDataQuality) -> pl.DataFrame:
    """Return what warns or fails, all sources together, the worst first."""
    bad = quality.problems.filter(pl.col("source").is_null())
    good = pl.when(pl.col("dimension") == "decay").then(1 - pl.col("value")).otherwise("value")
    short = pl.when(pl.col("dimension") != "freshness").then(good)
    return bad.sort(pl.col("status") != "fail", short, nulls_last=True, maintain_order=True)


def _worst(quality: FittedDataQuality) -> tuple[Block, ...]:
    worst = _overall(quality).head(WORST)
    rows = [
        (row["status"], row["dimension"], f"{row['table']}.{row['field']}", _written(row), row["n"], row["meaning"])
        for row in worst.iter_rows(named=True)
    ]
    columns = {
        "is": pl.String,
        "dimension": pl.String,
        "field": pl.String,
        "value": pl.String,
        "n": pl.Int64,
        "meaning": pl.String,
    }
    told = pl.DataFrame(rows, schema=columns, orient="row")
    return (
        (Block("What to mend or to watch first, all systems together", told, {"n": COUNT}, {"n": "of"}),)
        if rows
        else ()
    )


def _says(quality: FittedDataQuality) -> tuple[str, ...]:
    worst = _overall(quality).head(1)
    if worst.is_empty():
        return ("Everything that was measured is as it should be.",)
    row, counts = worst.row(0, named=True), quality.counts
    bad = (
        f"{COUNT.written(counts['fail'])} measures of the data are to mend and {COUNT.written(counts['warn'])} to watch"
    )
    return (f"{bad}, first of all the {row['dimension']} of {row['table']}.{row['field']} ({_written(row)}).",)


def _written(row: Mapping[str, Any]) -> str:
    return (DAYS if row["dimension"] == "freshness" else SHARE).written(row["value"])
