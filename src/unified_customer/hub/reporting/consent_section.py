"""Who may be used for what."""

from collections.abc import Sequence

import polars as pl

from unified_customer.governance.coverage import Coverage
from unified_customer.hub.reporting.asked import Asked, Known
from unified_customer.hub.reporting.drawing import figure
from unified_customer.hub.reporting.topics import CONSENT as TOPIC
from unified_customer.methods.charting import Chart, bars
from unified_customer.methods.display import COUNT, SHARE
from unified_customer.reports.page import Block, Section

_MOST_REASONS = 12


def consent_section(asked: Asked, known: Known) -> Section:
    """Return the section of consent.

    Args:
        asked: What the report is about.
        known: What was read for it.
    """
    purpose, coverages, seen = asked.purpose, known.coverages, known.customers.height
    table = reach_table(coverages)
    own = next(each for each in coverages if each.purpose == purpose)
    left = own.customers - own.allowed
    says = (
        (
            f"This report was made for {purpose!r}, which rests on {own.basis.replace('_', ' ')}: it may see "
            f"{COUNT.written(own.allowed)} of {COUNT.written(own.customers)} customers, and holds nothing of the other "
            f"{COUNT.written(left)}."
        ),
        *_widest(table, purpose),
    )
    reasons = _reasons(own)
    parts = (
        figure(_picture, table, wide=True),
        Block("How far each purpose reaches", table, {"customers": COUNT, "share": SHARE}),
        Block(f"Why {purpose!r} may or may not see customers", reasons, {"customers": COUNT}),
    )
    return Section(
        TOPIC.name, TOPIC.title, says, parts=parts if own.customers else (), notes=_notes(asked, own.allowed - seen)
    )


def _notes(asked: Asked, later: int) -> tuple[str, ...]:
    known = "Customers count here who are known today, by what they have said so far."
    return (
        (known, f"{COUNT.written(later)} of those who may be seen had not been seen by {asked.day}.")
        if later > 0
        else ()
    )


def reach_table(coverages: Sequence[Coverage]) -> pl.DataFrame:
    """Return `purpose`, `basis`, `customers` (who may be seen) and `share` (of all)."""
    rows = [
        (
            each.purpose,
            each.basis.replace("_", " "),
            each.allowed,
            each.allowed / each.customers if each.customers else None,
        )
        for each in coverages
    ]
    schema = {"purpose": pl.String, "basis": pl.String, "customers": pl.Int64, "share": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("customers", "purpose", descending=[True, False])


def _widest(table: pl.DataFrame, purpose: str) -> list[str]:
    marketing = table.filter(pl.col("purpose").str.starts_with("marketing"), pl.col("purpose") != purpose)
    rows = marketing.head(1).iter_rows(named=True)
    return [f"For {row['purpose']!r} {SHARE.written(row['share'])} of all customers may be reached." for row in rows]


def _reasons(coverage: Coverage) -> pl.DataFrame:
    told = coverage.reasons.sort("customers", "reason", descending=[True, False]).head(_MOST_REASONS)
    word = pl.when("allowed").then(pl.lit("seen")).otherwise(pl.lit("not seen"))
    return told.select(pl.col("reason").str.replace_all("[_:]", " "), word.alias("is"), "customers")


def _picture(table: pl.DataFrame, *, dark: bool) -> Chart:
    return bars(
        table, name="purpose", values={"share": "share of customers who may be seen"}, value_title="share of customers",
        title="How far each purpose reaches", subtitle=["Silence is not consent: who said nothing is not counted."], dark=dark,
    )  # fmt: skip
