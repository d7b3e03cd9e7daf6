"""Who is known, and by which sources."""

import polars as pl

from unified_customer.hub.reporting.asked import Asked, Known
from unified_customer.hub.reporting.drawing import figure
from unified_customer.hub.reporting.topics import IDENTITY as TOPIC
from unified_customer.methods.charting import Chart, bars
from unified_customer.methods.display import COUNT, NUMBER, SHARE
from unified_customer.reports.page import Block, Figure, Section, Tile


def identity_section(asked: Asked, known: Known) -> Section:
    """Return the section of identity.

    Args:
        asked: What the report is about.
        known: What was read for it.
    """
    customers, coverage = known.customers, known.coverages[0]
    several = customers.filter(pl.col("sources").list.len() > 1).height
    records = int(customers["record_count"].sum())
    seen = customers.height
    share = several / seen if seen else None
    says = (
        (
            (
                f"{COUNT.written(records)} records and visitors turned out to be {COUNT.written(seen)} customers; "
                f"{SHARE.written(share)} of them are known to more than one system."
            ),
            "Every record belongs to one customer, and each link can be explained and taken back.",
        )
        if seen
        else (f"{asked.purpose!r} may see nobody.",)
    )
    tiles = (
        Tile("customers in the base", COUNT.written(coverage.customers)),
        Tile("of them in this report", COUNT.written(seen), SHARE.written(_share(seen, coverage.customers))),
        Tile("records of one customer", NUMBER.written(records / seen if seen else None), "on average"),
        Tile("known to several systems", SHARE.written(share)),
    )
    parts = _parts(customers) if seen else ()
    return Section(TOPIC.name, TOPIC.title, says, tiles, tiles[:1], parts)


def _parts(customers: pl.DataFrame) -> tuple[Figure | Block, ...]:
    table = sources_table(customers)
    formats = {"customers": COUNT, "share": SHARE, "alone": COUNT, "alone_share": SHARE}
    names = {"alone": "known to it alone", "alone_share": "share of its own"}
    if table.is_empty():
        return ()
    return (figure(_picture, table), figure(_systems, customers), Block("Customers by system", table, formats, names))


def sources_table(customers: pl.DataFrame) -> pl.DataFrame:
    """Return `source`, `customers`, `share` of all, `alone` (known to no other) and `alone_share` of its own."""
    known = customers.select("sources", single=pl.col("sources").list.len() == 1).explode("sources")
    grouped = (
        known.group_by(source="sources").agg(customers=pl.len(), alone=pl.col("single").sum()).drop_nulls("source")
    )
    shared = grouped.with_columns(
        share=pl.col("customers") / max(customers.height, 1), alone_share=pl.col("alone") / pl.col("customers")
    )
    columns = ("source", "customers", "share", "alone", "alone_share")
    return shared.select(columns).sort("customers", "source", descending=[True, False])


def _picture(table: pl.DataFrame, *, dark: bool) -> Chart:
    return bars(
        table, name="source", values={"share": "share of customers"}, value_title="share of customers",
        title="Customers by system", subtitle=["One customer may be known to several."], dark=dark,
    )  # fmt: skip


def _systems(customers: pl.DataFrame, *, dark: bool) -> Chart:
    number = pl.col("sources").list.len()
    named = pl.when(number > 3).then(pl.lit("4 or more")).otherwise(number.cast(pl.String))
    counted = customers.group_by(systems=named).agg(customers=pl.len()).sort("systems")
    return bars(
        counted, name="systems", values={"customers": "customers"}, value_title="customers", unit=COUNT, in_order=True,
        title="Customers by number of systems", dark=dark,
    )  # fmt: skip


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
