"""Building the tables of a publication from what was read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import polars as pl

from unified_customer.engines.portable import collected
from unified_customer.methods.orders import orders_before
from unified_customer.reports.publishing.calendar import calendar_days, clipped, day_of
from unified_customer.reports.publishing.keys import UNKNOWN_KEY
from unified_customer.reports.publishing.schema import StarTable
from unified_customer.reports.publishing.sources import Sources, referring

EVER: Final = datetime.max.replace(tzinfo=UTC)


def build(sources: Sources, names: Sequence[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield some tables of a publication, sorted.

    Args:
        sources: What was read: all columns that the tables need.
        names: The tables to build.
    """
    for name in names:
        yield name, _finished(_BUILDERS[name](sources), sources.schema.table(name))


def _finished(frame: pl.DataFrame, table: StarTable) -> pl.DataFrame:
    columns = [pl.col(column.name).cast(column.dtype) for column in table.columns]
    chosen = frame.select(columns)
    return chosen.sort(list(dict.fromkeys([*table.key, *table.names])))


# -------------------------------------------------------------------------------------------------------- dimensions


def _customers(sources: Sources) -> pl.DataFrame:
    told = sources.frame("customers")
    ids = sources.customers.alias("customer_id").cast(pl.String).unique().sort().to_frame()
    known = ids.join(told, on="customer_id", how="left", maintain_order="left")
    keyed = known.with_columns(
        *sources.both("first_observed_at", "first_seen"),
        *sources.both("last_observed_at", "last_seen"),
        customer_key=sources.naming.key("customer", known, "customer_id"),
        is_known=pl.lit(value=True),
    )
    return _with_unknown(keyed, customer_key=UNKNOWN_KEY, is_known=False)


def _dates(sources: Sources) -> pl.DataFrame:
    days = pl.concat(
        [pl.Series(dtype=pl.Date), *(_days(sources, need) for need in referring(sources.schema, "dim_date"))]
    )
    return calendar_days(days, sources.calendar)


def _days(sources: Sources, need: tuple[str, str]) -> pl.Series:
    values = sources.frames[need[0]].select(value=need[1])
    day = pl.col("value")
    found = clipped(day) if values.schema["value"] == pl.Date else day_of(day, zone=sources.calendar.zone)
    return values.select(found).to_series()


def _items(sources: Sources) -> pl.DataFrame:
    catalogue = sources.frame("items").sort("item_id", "valid_from").group_by("item_id", maintain_order=True).last()
    bought = _values(sources, "dim_item", "item_id")
    every = catalogue.with_columns(in_catalogue=pl.lit(value=True)).join(
        bought, on="item_id", how="full", coalesce=True
    )
    keyed = sources.keyed(every, item="item_id")
    filled = keyed.with_columns(pl.col("in_catalogue").fill_null(value=False))
    return _with_unknown(filled, item_key=UNKNOWN_KEY, in_catalogue=False)


def _channels(sources: Sources) -> pl.DataFrame:
    found = _values(sources, "dim_channel", "channel")
    return _with_unknown(sources.keyed(found, channel="channel"), channel_key=UNKNOWN_KEY)


def _campaigns(sources: Sources) -> pl.DataFrame:
    found = _values(sources, "dim_campaign", "campaign").filter(pl.col("campaign") != "")
    return _with_unknown(sources.keyed(found, campaign="campaign"), campaign_key=UNKNOWN_KEY)


def _segments(sources: Sources) -> pl.DataFrame:
    return sources.memberships.select("segment_key", "segmentation", "segment").unique()


def _with_unknown(frame: pl.DataFrame, **row: object) -> pl.DataFrame:
    unknown = pl.DataFrame([row], schema={name: frame.schema[name] for name in row})
    return pl.concat([frame, unknown], how="diagonal")


def _values(sources: Sources, dimension: str, name: str) -> pl.DataFrame:
    """Return what the columns that hold keys of a dimension are made of, each value once."""
    parts = [
        sources.frames[table].select(pl.col(column).alias(name))
        for table, column in referring(sources.schema, dimension)
    ]
    return pl.concat([pl.DataFrame(schema={name: pl.String}), *parts]).drop_nulls().unique().sort(name)


# -------------------------------------------------------------------------------------------------- bridges and facts


def _orders(sources: Sources) -> pl.DataFrame:
    kept = ("order_key", "customer_key", "channel")
    orders = collected(orders_before({"order_lines": sources.lines}, as_of=sources.as_of or EVER, keep=kept))
    told = orders.with_columns(sold=pl.col("amount") - pl.col("returned")).rename({"purchase": "is_purchase"})
    sums = sources.lines.group_by("order_key").agg(pl.col("quantity", "discount", "tax").sum(), lines=pl.len())
    keyed = sources.keyed(told.join(sums, on="order_key"), channel="channel")
    return keyed.with_columns(sources.dated("ordered_at", "ordered_at"))


def _order_lines(sources: Sources) -> pl.DataFrame:
    numbered = sources.keyed(sources.lines, item="item_id", channel="channel").with_columns(
        *sources.dated("occurred_at", "ordered_at"),
        line_number=pl.col("line_id").rank("ordinal").over("order_key"),
    )
    return numbered.rename(
        {"name": "item_name", "category": "item_category", "brand": "item_brand", "variant": "item_variant"}
    )


def _events(sources: Sources) -> pl.DataFrame:
    events = sources.of_customers("events")
    session = sources.naming.key("session", events, "source", "session_id")
    named = pl.when(pl.col("session_id").is_not_null()).then(session)
    without = events.with_columns(campaign=_named(pl.col("campaign")))
    keyed = sources.keyed(without, channel="channel", campaign="campaign").with_columns(session_key=named)
    return keyed.with_columns(sources.dated("occurred_at", "occurred_at"))


def _answers(sources: Sources) -> pl.DataFrame:
    answers = sources.keyed(sources.of_customers("answers"), channel="channel")
    return answers.with_columns(sources.dated("answered_at", "answered_at"))


def _spend(sources: Sources) -> pl.DataFrame:
    spend = sources.frame("spend").with_columns(campaign=_named(pl.col("campaign")))
    days = (pl.col("period_end") - pl.col("period_start")).dt.total_days() + 1
    keyed = sources.keyed(spend, channel="channel", campaign="campaign")
    return keyed.with_columns(date_key=clipped(pl.col("period_start")), days=days)


def _bridge(sources: Sources) -> pl.DataFrame:
    present = sources.memberships.filter(pl.col("left_at").is_null())
    return present.group_by("customer_key", "segment_key").agg(pl.col("probability").max())


def _memberships(sources: Sources) -> pl.DataFrame:
    both = sources.both("left_at", "left_at")
    return sources.memberships.with_columns(*sources.dated("entered_at", "entered_at"), *both)


def _scores(sources: Sources) -> pl.DataFrame:
    scores = sources.of_customers("scores").rename({"name": "score"})
    return scores.with_columns(sources.dated("as_of", "as_of"))


def _named(campaign: pl.Expr) -> pl.Expr:
    return pl.when(campaign != "").then(campaign)


_BUILDERS: Final[Mapping[str, Callable[[Sources], pl.DataFrame]]] = {
    "dim_customer": _customers,
    "dim_date": _dates,
    "dim_item": _items,
    "dim_channel": _channels,
    "dim_campaign": _campaigns,
    "dim_segment": _segments,
    "fact_order": _orders,
    "fact_order_line": _order_lines,
    "fact_event": _events,
    "fact_answer": _answers,
    "fact_spend": _spend,
    "bridge_customer_segment": _bridge,
    "fact_membership": _memberships,
    "fact_score": _scores,
}
