"""What is read for a publication, and what all of its tables are built with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

import polars as pl

from unified_customer.core.tables import TABLES
from unified_customer.engines.portable import Calendar
from unified_customer.reports.publishing.calendar import day_of, local
from unified_customer.reports.publishing.keys import Naming
from unified_customer.reports.publishing.schema import Schema

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
        others = [f"{source}.{column}" for source, column in referring(schema, table.name)]
        for need in (*table.needs, *(each for column in table.columns for each in column.needs), *others):
            source, _, column = need.partition(".")
            needed.setdefault(source, set()).add(column)
    return {name: sorted(columns) for name, columns in sorted(needed.items())}


def _is_about_people(name: str) -> bool:
    return TABLES[name].subject != "none"


def referring(schema: Schema, dimension: str) -> list[tuple[str, str]]:
    """Return the columns that those are made of that hold keys of a dimension: `(table, column)`, each once."""
    columns = [column for table in schema for column in table.references if column.refers_to == dimension]
    needs = dict.fromkeys(need for column in columns for need in column.needs)
    return [(table, column) for table, _, column in (need.partition(".") for need in needs)]


def _before(time: pl.Expr, as_of: datetime) -> pl.Expr:
    return pl.when(time < as_of).then(time)
