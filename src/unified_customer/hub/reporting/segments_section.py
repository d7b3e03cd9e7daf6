"""Segments: by recency, frequency and value, by stage of life, by value."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import polars as pl

from unified_customer.hub.reporting.asked import Asked, Known, Tables
from unified_customer.hub.reporting.drawing import figure
from unified_customer.hub.reporting.topics import SEGMENTS as TOPIC
from unified_customer.methods.display import COUNT, SHARE
from unified_customer.reports.page import Block, Figure, Section
from unified_customer.segmentation import RFM, ByDays, FittedRFM, Lifecycle, Transitions, ValueTiers, transitions
from unified_customer.segmentation.lifecycle import STATES
from unified_customer.segmentation.sizes import formats, guarded, picture

BACK = timedelta(days=90)
"""Movements are counted over so long."""
LEAST = 5
"""What fewer customers paid is not told."""


def segments_section(asked: Asked, known: Known) -> Section:
    """Return the section of segments.

    Args:
        asked: What the report is about.
        known: What was read for it.
    """
    zone, at, tables = asked.calendar.zone, asked.as_of, known.own
    rfm = RFM(money=asked.money, zone=zone).fit(tables, as_of=at)
    if rfm.table.is_empty():
        return Section(TOPIC.name, TOPIC.title, (f"Nobody has bought before {asked.day}.",))
    life = Lifecycle(by=ByDays(), zone=zone).fit(tables, as_of=at)
    moved = _movements(transitions(life.assign(_by_then(known, at - BACK), as_of=at - BACK), life.table, order=STATES))
    tiers = ValueTiers(money=asked.money, zone=zone).fit(tables, as_of=at)
    paid, ranked = guarded(rfm.sizes, least=LEAST), guarded(tiers.sizes, least=LEAST)
    told = [f"{COUNT.written(rfm.sizes['customers'].sum())} customers who bought before {asked.day}"]
    named = {"spend": "paid by one", "monetary": "paid", "monetary_share": "share of what was paid"}
    shown = formats(rfm.currency)
    parts: tuple[Figure | Block, ...] = (
        figure(rfm.chart, "grid"),
        figure(life.chart, "bars"),
        figure(partial(picture, paid, kind="bars", title="Segments and what they paid", subtitle=told)),
        figure(partial(picture, ranked, kind="bars", title="Tiers of value", subtitle=told)),
        Block("Segments by recency, frequency and monetary value", paid, shown, named),
        *([figure(moved.chart, wide=True)] if moved.table.height else []),
    )
    says = (*_of_tiers(ranked), *_of_segments(paid), *_of_movements(moved))
    return Section(TOPIC.name, TOPIC.title, says, parts=parts, notes=_notes(rfm))


def _by_then(known: Known, then: datetime) -> Tables:
    """Return the tables without customers who were not known yet."""
    customers = known.customers
    if "first_observed_at" in customers.columns:
        customers = customers.filter((pl.col("first_observed_at") < then).fill_null(value=True))
    return {**known.own, "customers": customers}


def _movements(moved: Transitions) -> Transitions:
    return replace(moved, table=moved.table.filter(pl.col("before") != "not there"))


def _of_tiers(sizes: pl.DataFrame) -> list[str]:
    first = sizes.head(2)
    if first["customers"].sum() == 0 or first["monetary_share"].null_count():
        return []
    worth, people = first["monetary_share"].sum(), first["share"].sum()
    return [f"The best {SHARE.written(people)} of those who bought brought {SHARE.written(worth)} of what was paid."]


def _of_segments(sizes: pl.DataFrame) -> list[str]:
    endangered = sizes.filter(pl.col("segment").is_in(["At risk", "Can't lose"]), pl.col("customers") > 0)
    if endangered.is_empty() or endangered["monetary_share"].null_count():
        return []
    people, worth = endangered["customers"].sum(), endangered["monetary_share"].sum()
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
    small = f"What fewer than {LEAST} customers paid is not shown, nor what it could be worked out from."
    scores = "Scores are cut at fifths of the values; equal values have equal scores."
    days = ByDays()
    stages = (
        f"Stages of life: active up to {days.active} days after the last purchase, at risk up to {days.at_risk}, lapsed up to "
        f"{days.lapsed}, lost after that; new and reactivated for {Lifecycle().new_days} days."
    )
    return (scores, stages, small, f"Amounts are in {rfm.currency}." if rfm.currency else "Amounts name no currency.")
