"""Orders as sets of items, out of order lines or of rows that name a basket."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import narwhals as nw
import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Lazy, Native, before, collected, has, opened
from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import Names

LINES: Final = "order_lines"
BASKETS: Final = "baskets"
_ORDER: Final = ("customer_id", "source", "order_id")


@dataclass(frozen=True, eq=False)
class Orders:
    """Which items each of some orders holds.

    Attributes:
        lines: `order` and `item` (places), each pair once.
        owners: The customer of each order, as a number; each order of nobody known has one of its own.
        items: What the items are.
    """

    lines: pl.DataFrame = field(repr=False)
    owners: Ints = field(repr=False)
    items: Names = field(repr=False)

    def __len__(self) -> int:
        """Return how many orders there are."""
        return len(self.owners)


def orders_before(
    tables: Mapping[str, Native], *, as_of: datetime, zone: str, window_days: float | None, most_items: int | None
) -> Orders:
    """Return what the orders before an instant hold.

    Args:
        tables: `baskets` or `order_lines`, as `BoughtTogether.fit` takes them.
        as_of: Only what was strictly before.
        zone: Zone of times that name none.
        window_days: Only orders of so many times 24 hours before it; None: all.
        most_items: Orders that hold more different items are left out; None: none is.

    Raises:
        SchemaError: Neither table is there, or a column is missing.
    """
    rows = _recent(_read(tables), as_of, zone, window_days)
    by = [name for name in _ORDER if has(rows, name)]
    bought = _kept(rows, by).rename({"item_id": "name"})
    owned = bought.select(by).unique().with_row_index("order")
    lines = bought.join(owned, on=by, nulls_equal=True)
    if most_items is not None:
        lines = lines.filter(pl.len().over("order") <= most_items)
    return _coded(lines)


def _read(tables: Mapping[str, Native]) -> Lazy:
    if BASKETS in tables:
        rows = opened(tables[BASKETS], columns=["basket_id", "item_id"], name=BASKETS)
        return rows.rename({"basket_id": "order_id"}).with_columns(kind=nw.lit("sale"))
    if LINES in tables:
        return opened(tables[LINES], columns=["order_id", "item_id", "kind", "occurred_at"], name=LINES)
    found = ", ".join(tables) or "none"
    raise SchemaError(f"Neither {BASKETS!r} nor {LINES!r} is among the tables; there are: {found}.")


def _recent(rows: Lazy, as_of: datetime, zone: str, window_days: float | None) -> Lazy:
    if not has(rows, "occurred_at"):
        return rows
    past = before(rows, "occurred_at", as_of=as_of, zone=zone)
    if window_days is None:
        return past
    begin = as_utc(as_of) - timedelta(days=window_days)
    zoned = getattr(past.collect_schema()["occurred_at"], "time_zone", None) is not None
    from_then = begin if zoned else begin.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return past.filter(nw.col("occurred_at").cast(nw.Datetime("us", "UTC" if zoned else None)) >= nw.lit(from_then))


def _kept(rows: Lazy, by: list[str]) -> pl.DataFrame:
    """Return each order and item once, where something of it was sold and not all of that was taken back in it."""
    named = rows.filter(~nw.col("item_id").is_null(), ~nw.col("order_id").is_null())
    counted = nw.col("quantity").cast(nw.Float64).abs() if has(rows, "quantity") else nw.lit(1.0)
    sale = nw.col("kind") == "sale"
    told = named.select(*by, "item_id", sold=nw.when(sale).then(counted).otherwise(-counted), sale=sale)
    whole = collected(told.group_by(*by, "item_id").agg(nw.col("sold").sum(), nw.col("sale").any()))
    texts = pl.col(*by, "item_id").cast(pl.String)
    return whole.filter(pl.col("sale") & (pl.col("sold") > 0)).select(texts)


def _coded(lines: pl.DataFrame) -> Orders:
    """Return lines with places in place of names; orders and customers are numbered as they come."""
    items = lines["name"].unique().sort()
    places = items.rename("name").to_frame().with_row_index("item")
    who = pl.col("customer_id") if "customer_id" in lines.columns else pl.lit(None, pl.String)
    orders = lines.select("order", customer=who).unique().with_row_index("place")
    people = orders["customer"].drop_nulls().unique().to_frame().with_row_index("owner")
    owned = orders.join(people, on="customer", how="left", maintain_order="left")
    nobody = pl.col("place").cast(pl.Int64) + people.height
    owners = owned.select(pl.coalesce(pl.col("owner").cast(pl.Int64), nobody)).to_series()
    coded = lines.join(places, on="name").join(orders.select("order", "place"), on="order")
    return Orders(coded.select("item", order="place"), owners.to_numpy(), Names(items))
