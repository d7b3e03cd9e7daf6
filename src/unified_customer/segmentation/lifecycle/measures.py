"""What stages of life are made from: when each customer bought, and how long the gaps were."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import narwhals as nw

from unified_customer.core.clock import as_utc
from unified_customer.engines.portable import Calendar, Lazy, Native, civil, day_number, opened
from unified_customer.methods.orders import orders_before

PEOPLE = "customers"


def measured(tables: Mapping[str, Native], *, as_of: datetime, zone: str, usual_percent: int, new_days: int) -> Lazy:
    """Return a row for each customer: those of `customers`, if that is there, and those who have bought.

    Returns:
        `customer_id` and `orders` (days of purchase, from 0), then in days, null without a purchase: `days_since` the
        last, `days_known` since the first, `span` between them. Of the gaps between days of purchase `gaps` (how many),
        and null without any: `usual_gap` (which `usual_percent` of them do not exceed), `longest_gap`; `recent_gap`,
        the longest that ended in the last `new_days` days, `earlier_gap`, the longest before, and `earlier_gaps`, how
        many.
    """
    today = Calendar().number(as_utc(as_of).astimezone(ZoneInfo(zone)).date(), "day")
    gaps = _gaps(tables, as_of=as_of, zone=zone)
    recent = today - nw.col("day") <= new_days
    parts = gaps.with_columns(
        usual=nw.when((nw.col("place") - 1) * 100 < nw.col("own") * usual_percent).then("gap"),
        recent=nw.when(recent).then("gap"),
        earlier=nw.when(~recent).then("gap"),
    )
    most = [nw.col(name).max().alias(f"{name}_gap") for name in ("usual", "recent", "earlier")]
    told = parts.group_by("customer_id").agg(
        *most,
        longest_gap=nw.col("gap").max(),
        gaps=nw.col("own").max().cast(nw.Int64),
        earlier_gaps=nw.col("earlier").count().cast(nw.Int64),
        first=nw.col("day").min(),
        last=nw.col("day").max(),
        orders=nw.len().cast(nw.Int64),
    )
    times = {"days_since": today - nw.col("last"), "days_known": today - nw.col("first")}
    bought = told.with_columns(**times, span=nw.col("last") - nw.col("first")).drop("first", "last")
    return _with_prospects(bought, tables)


def _gaps(tables: Mapping[str, Native], *, as_of: datetime, zone: str) -> Lazy:
    """Return the days of purchase, each with the `gap` before it, its `place` among the `own` ones from the shortest."""
    orders = orders_before(tables, as_of=as_of, zone=zone)
    bought = orders.filter(nw.col("purchase"), ~nw.col("customer_id").is_null())
    days = civil(bought, "ordered_at", zone=zone).select("customer_id", day=day_number(nw.col("ordered_at"))).unique()
    gap = nw.col("day") - nw.col("day").shift(1).over("customer_id", order_by="day")
    gaps = days.with_columns(gap=gap)
    return gaps.with_columns(
        place=nw.col("gap").rank("ordinal").over("customer_id"), own=nw.col("gap").count().over("customer_id")
    )


def _with_prospects(bought: Lazy, tables: Mapping[str, Native]) -> Lazy:
    if PEOPLE not in tables:
        return bought
    known = opened(tables[PEOPLE], columns=["customer_id"], name=PEOPLE).select("customer_id").unique()
    others = known.join(bought.select("customer_id"), on="customer_id", how="anti")
    schema = bought.collect_schema()
    empty = {name: nw.lit(None, dtype=dtype) for name, dtype in schema.items() if name != "customer_id"}
    counts = {name: nw.lit(0).cast(nw.Int64) for name in ("orders", "gaps", "earlier_gaps")}
    return nw.concat([bought, others.with_columns(**{**empty, **counts}).select(*schema)])
