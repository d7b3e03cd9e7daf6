"""Cohorts: whether customers come back, and what they bring over time."""

from functools import partial

from unified_customer.analytics.cohorts import Cohorts, FittedCohorts
from unified_customer.hub.reporting.asked import Asked, Known
from unified_customer.hub.reporting.drawing import figure
from unified_customer.hub.reporting.topics import COHORTS as TOPIC
from unified_customer.methods.display import COUNT, SHARE
from unified_customer.methods.display import money as money_format
from unified_customer.reports.page import Section

LATEST = 12
"""So many cohorts, the latest, and so many periods of their lives are drawn."""


def cohorts_section(asked: Asked, known: Known) -> Section:
    """Return the section of cohorts.

    Args:
        asked: What the report is about.
        known: What was read for it.
    """
    spec = Cohorts(money=asked.money, calendar=asked.calendar, periods=LATEST + 1)
    cohorts = spec.fit(known.own, as_of=asked.as_of)
    if not cohorts.cells.drop_nulls("retention").height:
        return Section(TOPIC.name, TOPIC.title, (f"No cohort was large enough to show before {asked.day}.",))
    parts = (
        figure(partial(cohorts.chart, at_most=LATEST), wide=True),
        figure(partial(cohorts.chart, kind="curves", at_most=LATEST)),
        figure(partial(cohorts.chart, kind="curves", measure="ltv", at_most=LATEST)),
    )
    notes = (
        (
            "A cohort is everybody whose first purchase was in one month. A month that is not over is blank and in no average; "
            f"cohorts of fewer than {spec.min_customers} customers are not shown. Averages weigh cohorts by their size."
        ),
    )
    return Section(TOPIC.name, TOPIC.title, tuple(_says(cohorts)), parts=parts, notes=notes)


def _says(cohorts: FittedCohorts) -> list[str]:
    averages = {row["period"]: row for row in cohorts.averages.iter_rows(named=True)}
    said = []
    if (later := averages.get(1)) and later["retention"] is not None:
        said.append(
            f"Of {COUNT.written(later['customers'])} customers {SHARE.written(later['retention'])} bought again in the month "
            "after their first purchase" + _in_month(averages, 6) + "."
        )
    worth = [(period, row["ltv"]) for period, row in averages.items() if row["ltv"] is not None]
    if worth:
        period, ltv = max(worth)
        said.append(
            f"By month {period} a new customer has brought {money_format(cohorts.currency or '').written(ltv)} on average."
        )
    return said


def _in_month(averages: dict[int, dict[str, float]], period: int) -> str:
    found = averages.get(period, {}).get("retention")
    return "" if found is None else f", and {SHARE.written(found)} in month {period}"
