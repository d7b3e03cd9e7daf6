"""Lifetime value: what customers are expected to bring, and how well that was foretold so far."""

import polars as pl

from unified_customer.analytics import CLV
from unified_customer.analytics.value import MEDIAN, NAIVE, Evaluation, FittedCLV
from unified_customer.hub.reporting.asked import Asked, Known
from unified_customer.hub.reporting.drawing import figure
from unified_customer.hub.reporting.topics import VALUE as TOPIC
from unified_customer.methods.buy_till_die import TITLES
from unified_customer.methods.display import COUNT, NUMBER, SHARE
from unified_customer.methods.display import money as money_format
from unified_customer.reports.page import Block, Figure, Section, Tile

FEWEST = 100
"""So many customers a model of purchases needs to be shown to others."""


def value_section(asked: Asked, known: Known) -> Section | None:
    """Return the section of lifetime value, or None where too few have bought.

    Args:
        asked: What the report is about.
        known: What was read for it.
    """
    tables = known.own
    buyers = tables["order_lines"]["customer_id"].n_unique()
    if buyers < FEWEST:
        return None
    clv = CLV(money=asked.money, zone=asked.calendar.zone).fit(tables, as_of=asked.as_of)
    table, worth = clv.table, money_format(clv.currency or "")
    total = float(table["clv"].fill_null(0).sum())
    alive = float(table["p_alive"].fill_null(0).sum())
    tiles = (
        Tile("expected in the next year", worth.written(total), "discounted, at full margin"),
        Tile("still customers", COUNT.written(round(alive)), f"of {COUNT.written(table.height)} who ever bought"),
        Tile("one customer", worth.written(total / table.height if table.height else None), "on average"),
    )
    best = table.sort("clv", descending=True, nulls_last=True).head(max(table.height // 10, 1))
    share = float(best["clv"].fill_null(0).sum()) / total if total else None
    says = (
        (
            f"Those who bought so far are expected to bring {worth.written(total)} in the next year; the most promising tenth of "
            f"them {SHARE.written(share)} of it."
        ),
    )
    tried = () if clv.holdout is None else (figure(clv.chart, wide=True), _tried(clv.holdout, clv.currency))
    return Section(TOPIC.name, TOPIC.title, says, tiles, tiles[:1], tried, _notes(clv))


def _tried(holdout: Evaluation, currency: str | None) -> Figure | Block:
    """Return how far each forecast was from what came, the past rate among them."""
    means = holdout.table.filter(~pl.col("forecast").str.ends_with(MEDIAN))
    named = means.with_columns(pl.col("forecast").replace({**TITLES, NAIVE: "everybody goes on as so far"}))
    formats = {"mae": NUMBER, "total_error": SHARE, "spend_mae": money_format(currency or "")}
    columns = {"mae": "purchases a customer", "total_error": "all purchases together", "spend_mae": "money a customer"}
    title = f"How far forecasts were from what came in the last {holdout.days} days"
    return Block(title, named.select("forecast", *formats), formats, columns)


def _notes(clv: FittedCLV) -> tuple[str, ...]:
    findings = tuple(finding.message for finding in clv.diagnosis)
    if clv.holdout is None:
        return ("There was too little history to try the forecast on it.", *findings)
    told = (
        f"The models were tried on the last {clv.holdout.days} days, which they had not seen. Errors of one customer are mean "
        "absolute ones; the last line is what any model has to beat."
    )
    return (told, *findings)
