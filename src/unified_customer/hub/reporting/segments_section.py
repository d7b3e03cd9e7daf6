"""Segments: by recency, frequency and value, by stage of life, by value."""

from dataclasses import replace
from datetime import timedelta

import polars as pl

from unified_customer.hub.reporting.asked import Asked, Tables
from unified_customer.hub.reporting.drawing import figure
from unified_customer.methods.display import COUNT, SHARE
from unified_customer.reports.page import Block, Figure, Section
from unified_customer.segmentation import RFM, ByDays, FittedRFM, Lifecycle, Transitions, ValueTiers, transitions
from unified_customer.segmentation.lifecycle import STATES
from unified_customer.segmentation.sizes import formats

BACK = timedelta(days=90)
"""Movements are counted over so long."""


def segments_section(asked: Asked, tables: Tables) -> Section:
    """Return the section of segments.

    Args:
        asked: What the report is about.
        tables: `customers` and `order_lines` of known customers.
    """
    zone, at = asked.calendar.zone, asked.as_of
    rfm = RFM(money=asked.money, zone=zone).fit(tables, as_of=at)
    if rfm.table.is_empty():
        return Section("segments", "Segments", (f"Nobody has bought before {asked.day}.",))
    life = Lifecycle(by=ByDays(), zone=zone).fit(tables, as_of=at)
    moved = transitions(life.assign(tables, as_of=at - BACK), life.table, order=STATES)
    tiers = ValueTiers(money=asked.money, zone=zone).fit(tables, as_of=at)
    named = {"spend": "paid by one", "monetary": "paid", "monetary_share": "share of what was paid"}
    shown = formats(rfm.currency)
    parts: tuple[Figure | Block, ...] = (
        figure(rfm.chart, "grid"),
        figure(rfm.chart, "bars"),
        Block("Segments by recency, frequency and monetary value", rfm.sizes, shown, named),
        figure(life.chart, "bars"),
        figure(tiers.chart, "bars"),
        *([figure(_movements(moved).chart, wide=True)] if moved.table.height else []),
    )
    says = (*_of_tiers(tiers.sizes), *_of_segments(rfm), *_of_movements(moved))
    return Section("segments", "Segments", says, (), parts, _notes(rfm))


def _movements(moved: Transitions) -> Transitions:
    return replace(moved, table=moved.table.filter(pl.col("before") != "not there"))


def _of_tiers(sizes: pl.DataFrame) -> list[str]:
    first = sizes.head(2)
    worth, people = first["monetary_share"].sum(), first["share"].sum()
    return [f"The best {SHARE.written(people)} of those who bought brought {SHARE.written(worth)} of what was paid."]


def _of_segments(rfm: FittedRFM) -> list[str]:
    rows = {row["segment"]: row for row in rfm.sizes.iter_rows(named=True)}
    endangered = [rows[name] for name in ("At risk", "Can't lose") if rows.get(name, {}).get("customers")]
    if not endangered:
        return []
    people = sum(row["customers"] for row in endangered)
    worth = sum(row["monetary_share"] or 0 for row in endangered)
    return [
        (
            f"{COUNT.written(people)} customers who used to buy often have not for a while (at risk, can't lose); they brought "
            f"{SHARE.written(worth)} of what was paid."
        )
    ]


def _of_movements(moved: Transitions) -> list[str]:
    fell = moved.table.filter(
        pl.col("before").is_in(["active", "new", "reactivated"]), pl.col("after").is_in(["at risk", "lapsed", "lost"])
    )
    back = moved.table.filter(pl.col("after") == "reactivated")
    return [
        (
            f"In the last {BACK.days} days {COUNT.written(int(fell['customers'].sum()))} active customers became at risk or lapsed, and "
            f"{COUNT.written(int(back['customers'].sum()))} came back."
        )
    ]


def _notes(rfm: FittedRFM) -> tuple[str, ...]:
    scores = "Scores are cut at fifths of the values; equal values have equal scores."
    days = ByDays()
    stages = (
        f"Stages of life: active up to {days.active} days after the last purchase, at risk up to {days.at_risk}, lapsed up to "
        f"{days.lapsed}, lost after that; new and reactivated for {Lifecycle().new_days} days."
    )
    return (scores, stages, f"Amounts are in {rfm.currency}." if rfm.currency else "Amounts name no currency.")
