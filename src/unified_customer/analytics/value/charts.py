"""What a valuation shows of itself."""

from typing import TYPE_CHECKING, Final

import polars as pl

from unified_customer.methods.buy_till_die import TITLES
from unified_customer.methods.charting import Chart, tracking
from unified_customer.methods.display import COUNT, NUMBER, SHARE, money, result_html

if TYPE_CHECKING:
    from unified_customer.analytics.value.evaluation import Evaluation
    from unified_customer.analytics.value.fitted import FittedCLV
    from unified_customer.analytics.value.subscription_fitted import FittedSubscriptionValue


WEEKS: Final = 520
"""So many weeks, the latest, can be told apart in a picture."""


def tracked(evaluation: "Evaluation", *, cumulative: bool, dark: bool) -> "Chart":
    """Draw the tracking of an evaluation."""
    suffix = "_so_far" if cumulative else ""
    shown = evaluation.tracking.sort("week_ends").tail(WEEKS)
    cut = [f"The last {WEEKS:,} weeks."] if shown.height < evaluation.tracking.height else []
    first = evaluation.table.row(0, named=True)
    naive = evaluation.table.row(-1, named=True)
    return tracking(
        shown,
        x="week_ends",
        actual=f"actual{suffix}",
        expected=f"expected{suffix}",
        split_at=evaluation.as_of.date(),
        x_title="week that ends on",
        y_title="repeat purchases" + (" so far" if cumulative else " of the week"),
        title="Repeat purchases as they came and as expected",
        subtitle=[
            f"{evaluation.customers:,} customers acquired before {evaluation.as_of:%Y-%m-%d}; model {TITLES[first['forecast']]}",
            f"Mean absolute error {NUMBER.written(first['mae'])} purchases; by the past rate {NUMBER.written(naive['mae'])}",
            *cut,
        ],
        dark=dark,
    )


_FORMATS = {"mae": NUMBER, "rmse": NUMBER, "spend_mae": NUMBER, "total_error": SHARE, "spend_total_error": SHARE}


def evaluation_html(evaluation: "Evaluation") -> str:
    """Return an evaluation as HTML: the forecasts beside each other."""
    facts = {
        "customers": COUNT.written(evaluation.customers),
        "days held out": COUNT.written(evaluation.days),
        "from": f"{evaluation.as_of:%Y-%m-%d}",
        "until": f"{evaluation.until:%Y-%m-%d}",
    }
    return result_html("Forecasts against what came", facts, evaluation.table, formats=_FORMATS)


def value_html(fitted: "FittedCLV") -> str:
    """Return a valuation as HTML: totals, findings, and the value by tenths of the customers."""
    table, unit = fitted.table, money(fitted.currency or "")
    facts = {
        "customers": COUNT.written(table.height),
        f"value within {fitted.spec.horizon_days} days": unit.short(table["clv"].sum()),
        "mean P(alive)": SHARE.written(table["p_alive"].mean()),
        "purchases expected": COUNT.short(table["expected_purchases"].sum()),
        "model": fitted.learned.purchases.name,
    }
    note = " ".join(each.message for each in fitted.diagnosis)
    formats = {"value": unit, "share": SHARE, "p_alive": SHARE}
    title = f"Customer lifetime value as of {fitted.as_of:%Y-%m-%d}"
    return result_html(
        title, facts, by_tenths(table), formats=formats, table_title="Tenths of the customers", note=note
    )


def by_tenths(table: pl.DataFrame) -> pl.DataFrame:
    """Return who brings how much, from the tenth of the customers with the most value down; nothing below 100 customers.

    `tenth`, `customers`, `value`, `share` of all value, mean `p_alive`.
    """
    valued = table.drop_nulls("clv")
    rank = pl.col("clv").rank("ordinal", descending=True)
    if valued.height < 100:
        valued = valued.clear()
    tenths = valued.sort("clv", "customer_id").with_columns(tenth=((rank - 1) * 10 // pl.len() + 1).cast(pl.Int64))
    grouped = tenths.group_by("tenth").agg(
        customers=pl.len().cast(pl.Int64), value=pl.col("clv").sum(), p_alive=pl.col("p_alive").mean()
    )
    total = pl.when(pl.col("value").sum() > 0).then(pl.col("value").sum())
    return grouped.sort("tenth").select("tenth", "customers", "value", "p_alive", share=pl.col("value") / total)


def survived(fitted: "FittedSubscriptionValue", *, dark: bool) -> "Chart":
    """Draw the share of contracts left after each renewal; points of fewer than ten contracts are left out."""
    survival = fitted.survival.filter(pl.col("contracts") >= 10)
    return tracking(
        survival,
        x="renewal",
        actual="actual",
        expected="expected",
        x_title=f"renewals, by the {fitted.spec.interval}",
        y_title="share of contracts that is left",
        unit=SHARE,
        title="Contracts that are left after each renewal",
        subtitle=[f"{fitted.retention.customers:,} contracts as of {fitted.as_of:%Y-%m-%d}"],
        dark=dark,
    )


def subscription_html(fitted: "FittedSubscriptionValue") -> str:
    """Return the value of contracts as HTML: totals, findings, and what is left after each renewal."""
    table, unit = fitted.table, money(fitted.currency or "")
    facts = {
        "customers": COUNT.written(table.height),
        "contracts that run": COUNT.written(table["running"].sum()),
        f"value within {fitted.spec.horizon_days} days": unit.short(table["clv"].sum()),
        "renewals expected": COUNT.short(table["expected_renewals"].sum()),
    }
    survival = fitted.survival.filter(pl.col("contracts") >= 10)
    formats = {"actual": SHARE, "expected": SHARE}
    note = " ".join(each.message for each in fitted.diagnosis)
    title = f"Value of contracts as of {fitted.as_of:%Y-%m-%d}"
    return result_html(title, facts, survival, formats=formats, table_title="Contracts left by renewal", note=note)
