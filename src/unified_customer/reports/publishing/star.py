"""Building the tables of a publication from what was read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

import polars as pl

from unified_customer.core.tables import TABLES
from unified_customer.engines.portable import Calendar
from unified_customer.reports.publishing.calendar import calendar_days, clipped, day_of, local
from unified_customer.reports.publishing.keys import UNKNOWN_KEY, Naming
from unified_customer.reports.publishing.schema import Schema, StarTable

READ: Final = ("customers", "order_lines", "events", "answers", "memberships", "scores", "items", "spend")
"""Tables that a publication is made of."""


@dataclass(frozen=True, eq=False)
class Sources:
    """What was read for a publication.

    Attributes:
        schema: What the whole publication holds.
        frames: Frames by table, with the columns that were read; those about people with `customer_id`.
        customers: Ids of the customers who are in it.
        naming: Gives keys.
        calendar: Zone, weeks and fiscal year of the shop.
        as_of: Only what happened strictly before was read; None: everything.
    """

    schema: Schema
    frames: Mapping[str, pl.DataFrame]
    customers: pl.Series
    naming: Naming
    calendar: Calendar
    as_of: datetime | None = None

    def frame(self, name: str) -> pl.DataFrame:
        """Return what was read of a table, with nulls in the columns that were not."""
        given = self.frames[name]
        columns = {"customer_id": pl.String(), **TABLES[name].columns}
        missing = {column: dtype for column, dtype in columns.items() if column not in given.columns}
        return given.with_columns(pl.lit(None, dtype=dtype).alias(column) for column, dtype in missing.items())

    def of_customers(self, name: str) -> pl.DataFrame:
        """Return what `frame` does, with the key of each row's customer."""
        frame = self.frame(name)
        return frame.with_columns(customer_key=self.naming.key("customer", frame, "customer_id"))

    @cached_property
    def lines(self) -> pl.DataFrame:
        """The order lines with keys, in the order in which they were bought."""
        lines = self.of_customers("order_lines")
        keys = self.naming.key("order", lines, "source", "order_id", "customer_id", "currency")
        return lines.with_columns(order_key=keys).sort("order_key", "occurred_at", "line_id")

    @cached_property
    def memberships(self) -> pl.DataFrame:
        """Who is in which segment, once; an end at or after `as_of` was not known then.

        Of two customers who were merged the longer of two equal memberships counts.
        """
        frame = self.of_customers("memberships")
        keyed = frame.with_columns(segment_key=self.naming.key("segment", frame, "segmentation", "segment"))
        ended = pl.col("left_at") if self.as_of is None else _before(pl.col("left_at"), self.as_of)
        still = pl.col("left_at").is_null().any()
        return (
            keyed.with_columns(left_at=ended)
            .group_by("customer_key", "segment_key", "segmentation", "segment", "entered_at")
            .agg(
                left_at=pl.when(still).then(None).otherwise(pl.col("left_at").max()),
                probability=pl.col("probability").max(),
            )
        )

    def keyed(self, frame: pl.DataFrame, **kinds: str) -> pl.DataFrame:
        """Return a frame with a column of keys of each kind, by the column that names it."""
        keys = [self.naming.key(kind, frame, column).alias(f"{kind}_key") for kind, column in kinds.items()]
        return frame.with_columns(keys)

    def dated(self, column: str, name: str) -> list[pl.Expr]:
        """Return an instant in UTC and in the zone of the shop, and its day."""
        day = day_of(pl.col(column), zone=self.calendar.zone).alias("date_key")
        return [*self.both(column, name), day]

    def both(self, column: str, name: str) -> list[pl.Expr]:
        """Return an instant in UTC and in the zone of the shop."""
        instant = pl.col(column)
        plain = instant.dt.replace_time_zone(None).alias(f"{name}_utc")
        return [plain, local(instant, zone=self.calendar.zone).alias(f"{name}_local")]


def columns_to_read(schema: Schema, names: Sequence[str], *, past: bool) -> dict[str, list[str]]:
    """Return which columns of which tables have to be read to build some tables of a publication.

    Args:
        schema: What the whole publication holds.
        names: The tables to build.
        past: Whose rows there are tells who was known then, so every table about people is read, if only for that.
    """
    needed: dict[str, set[str]] = {}
    if past:
        needed = {name: set() for table in schema for name in table.reads if name in READ and _is_about_people(name)}
    for table in map(schema.table, names):
        referring = [f"{source}.{column}" for source, column in _referring(schema, table.name)]
        for need in (*table.needs, *(each for column in table.columns for each in column.needs), *referring):
            source, _, column = need.partition(".")
            needed.setdefault(source, set()).add(column)
    return {name: sorted(columns) for name, columns in sorted(needed.items())}


def _is_about_people(name: str) -> bool:
    return TABLES[name].subject != "none"


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


def _before(time: pl.Expr, as_of: datetime) -> pl.Expr:
    return pl.when(time < as_of).then(time)


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
        [pl.Series(dtype=pl.Date), *(_days(sources, need) for need in _referring(sources.schema, "dim_date"))]
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
        for table, column in _referring(sources.schema, dimension)
    ]
    return pl.concat([pl.DataFrame(schema={name: pl.String}), *parts]).drop_nulls().unique().sort(name)


def _referring(schema: Schema, dimension: str) -> list[tuple[str, str]]:
    """Return the columns that those are made of that hold keys of a dimension: `(table, column)`, each once."""
    columns = [column for table in schema for column in table.references if column.refers_to == dimension]
    needs = dict.fromkeys(need for column in columns for need in column.needs)
    return [(table, column) for table, _, column in (need.partition(".") for need in needs)]


# -------------------------------------------------------------------------------------------------- bridges and facts


def _orders(sources: Sources) -> pl.DataFrame:
    sale = pl.col("kind") == "sale"
    orders = sources.lines.group_by("order_key", maintain_order=True).agg(
        pl.col("customer_key", "currency", "occurred_at").first(),
        pl.col("channel").drop_nulls().first(),
        pl.col("quantity", "amount", "discount", "tax").sum(),
        is_sale=sale.any(),
        lines=pl.len(),
        sold=pl.col("amount").filter(sale).sum(),
        returned=pl.col("amount").filter(~sale).sum(),
    )
    return sources.keyed(orders, channel="channel").with_columns(sources.dated("occurred_at", "ordered_at"))


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
