"""Key figures: how the latest month went, and how it compares."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import polars as pl

from unified_customer.analytics.kpis import KPIS, FittedScorecard, Scorecard
from unified_customer.analytics.kpis.pictures import as_table, format_of
from unified_customer.hub.reporting.asked import Asked, Known, Tables
from unified_customer.hub.reporting.drawing import figure
from unified_customer.hub.reporting.topics import BOUGHT
from unified_customer.hub.reporting.topics import KPI as TOPIC
from unified_customer.methods.display import SHARE
from unified_customer.reports.page import Block, Figure, Section, Tile

READ: Final[Mapping[str, tuple[str, ...]]] = {
    "order_lines": BOUGHT,
    "events": ("customer_id", "occurred_at", "name"),
    "answers": ("customer_id", "answered_at", "instrument", "question", "value"),
    "spend": ("period_start", "period_end", "channel", "amount", "currency"),
}
"""The columns without which a table tells no KPI."""
FIRST: Final = ("revenue", "customers", "new_customers", "average_order_value", "repeat_rate", "nps")
"""What is seen first on the page, as far as it is told."""
TRENDS: Final = (
    "revenue", "new_customers", "average_order_value", "retention_rate", "conversion_rate", "cac_blended", "open_rate", "nps",
    "csat",
)  # fmt: skip
MOST_TRENDS: Final = 6


def kpis_section(asked: Asked, known: Known) -> Section:
    """Return the section of key figures.

    Args:
        asked: What the report is about.
        known: What was read for it.
    """
    nothing = Section(TOPIC.name, TOPIC.title, (f"No month was over before {asked.day} of which enough is known.",))
    tables = _telling(known.tables)
    if not tables:
        return nothing
    card = Scorecard(money=asked.money, calendar=asked.calendar).fit(tables, as_of=asked.as_of)
    latest = card.latest.drop_nulls("value")
    if latest.is_empty():
        return nothing
    rows = {row["kpi"]: row for row in latest.iter_rows(named=True)}
    month = f"{latest['period'][0]:%B %Y}"
    drawn = [name for name in TRENDS if name in rows and _months(card, name) > 1][:MOST_TRENDS]
    parts: tuple[Figure | Block, ...] = (
        *(figure(partial(card.chart, name, at_most=24)) for name in drawn),
        Block(f"Key figures of {month}", as_table(card.spec, latest, card.currency)),
    )
    headline = tuple(_tile(rows[name], card) for name in FIRST if name in rows)
    return Section(TOPIC.name, TOPIC.title, _says(rows, card, month), (), headline, parts, _notes(card))


def _telling(tables: Tables) -> Tables:
    """Return the tables of which enough may be seen, and which hold anything."""
    return {
        name: tables[name]
        for name, columns in READ.items()
        if tables[name].height and not set(columns) - set(tables[name].columns)
    }


def _months(card: FittedScorecard, kpi: str) -> int:
    return card.table.filter(pl.col("kpi") == kpi, "complete").drop_nulls("value").height


def _tile(row: Mapping[str, Any], card: FittedScorecard) -> Tile:
    kpi = KPIS[row["kpi"]]
    change, _ = _change(row)
    rises = change is not None and change != 0 and (change > 0) == (kpi.good == "up")
    good = None if not change or kpi.good is None else rises
    value = format_of(kpi.unit, card.currency).written(row["value"])
    return Tile(_name(row), value, _moved(row), good)


def _name(row: Mapping[str, Any]) -> str:
    """Return what a KPI is called within a sentence; abbreviations stay as they are."""
    title = KPIS[row["kpi"]].title
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def _change(row: Mapping[str, Any]) -> tuple[float | None, str]:
    """Return the change since the year before, or else since the month before: in points where it is a share."""
    measure = "change" if row["unit"] in {"share", "rate", "score"} else "growth"
    year = row[f"year_{measure}"]
    return (year, "a year before") if year is not None else (row[measure], "the month before")


def _moved(row: Mapping[str, Any]) -> str:
    """Return how a KPI changed, in words."""
    change, since = _change(row)
    if change is None:
        return ""
    if change == 0:
        return f"as {since}"
    points = {"share": 100, "rate": 100, "score": 1}.get(row["unit"])
    size = SHARE.written(abs(change)) if points is None else f"{abs(change) * points:.1f} points"
    return f"{size} {'more' if change > 0 else 'less'} than {since}"


def _says(rows: Mapping[str, Mapping[str, Any]], card: FittedScorecard, month: str) -> tuple[str, ...]:
    told = [_sentence(rows[name], card) for name in ("revenue", "new_customers", "retention_rate") if name in rows]
    return (f"In {month}: {'; '.join(told)}.",) if told else (f"What is known of {month} stands below.",)


def _sentence(row: Mapping[str, Any], card: FittedScorecard) -> str:
    kpi = KPIS[row["kpi"]]
    moved = f" ({told})" if (told := _moved(row)) else ""
    return f"{_name(row)} {format_of(kpi.unit, card.currency).written(row['value'])}{moved}"


def _notes(card: FittedScorecard) -> tuple[str, ...]:
    spec = card.spec
    by = {"contracts": "subscriptions", "purchases": f"purchases in the last {spec.churn_days} days"}
    kept = f"Retention and churn are told by {by[card.retained]}." if card.retained in by else ""
    few = f"What fewer than {spec.min_customers} people would tell is left blank; intervals hold {SHARE.written(spec.confidence)}."
    nobody = "Visits and purchases of people who are not known count too."
    return tuple(filter(None, (kept, _assumed(card), few, nobody)))


def _assumed(card: FittedScorecard) -> str:
    """Return on what the lifetime value rests."""
    spec = card.spec
    return (
        (
            f"The lifetime value among these figures assumes a contribution margin of {SHARE.written(spec.margin)}, {spec.ltv_months} months "
            f"and a discount of {SHARE.written(spec.discount)} a year."
        )
        if "cltv" in card.kpis
        else ""
    )
