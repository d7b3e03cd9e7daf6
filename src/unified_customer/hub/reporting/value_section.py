"""Lifetime value: what customers are expected to bring, and how well that was foretold so far."""

from unified_customer.analytics import CLV
from unified_customer.analytics.value import Evaluation
from unified_customer.hub.reporting.asked import Asked, Tables
from unified_customer.hub.reporting.drawing import figure
from unified_customer.methods.display import COUNT, NUMBER, SHARE
from unified_customer.methods.display import money as money_format
from unified_customer.reports.page import Section, Tile

FEWEST = 100
"""So many customers a model of purchases needs to be shown to others."""


def value_section(asked: Asked, tables: Tables) -> Section | None:
    """Return the section of lifetime value, or None where too few have bought.

    Args:
        asked: What the report is about.
        tables: `order_lines` of known customers.
    """
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
        *(finding.message for finding in clv.diagnosis),
    )
    parts = () if clv.holdout is None else (figure(clv.chart, wide=True),)
    return Section("value", "What customers are worth", says, tiles, parts, _notes(clv.holdout))


def _notes(holdout: Evaluation | None) -> tuple[str, ...]:
    if holdout is None:
        return ("There was too little history to try the forecast on it.",)
    told = ", ".join(f"{row['forecast']} {NUMBER.written(row['mae'])}" for row in holdout.table.iter_rows(named=True))
    return (
        f"Tried on the last {holdout.days} days, which the models had not seen: mean absolute error of purchases a customer: {told}.",
    )
