"""What was bought: orders, revenue, returns, and by how many."""

import narwhals as nw
import polars as pl

from unified_customer.analytics.kpis.scope import KEYS
from unified_customer.engines.portable import Lazy, collected
from unified_customer.methods.money import Exchange

_MONEY = ("revenue", "refunds", "sold")


def bought(orders: Lazy, exchange: Exchange) -> pl.DataFrame:
    """Return the sheet of orders.

    `orders`; `revenue` (what came back taken off), `refunds` (what came back, at least 0), `sold` (what did not come
    off); `customers` (known, with a purchase), `repeat_customers` (of those, with an earlier one or a second one),
    `customer_orders` and `spent` (theirs), `known_revenue` (of all known); `units` (customers, and each order of nobody
    known), with the sums of squares and products over them that intervals need.
    """
    rows = _priced(orders, exchange)
    exact = rows.group_by(*KEYS).agg(each for name in _MONEY for each in exchange.sums(name))
    money = collected(exact.select(*KEYS, **{name: exchange.total(name) for name in _MONEY}))
    return money.join(collected(_counted(_units(rows, exchange))), on=list(KEYS), nulls_equal=True)


def _counted(units: Lazy) -> Lazy:
    buys = (nw.col("orders") > 0) & ~nw.col("customer_id").is_null()
    first = nw.when(buys).then("number").min().over("customer_id")
    twice = nw.col("orders").sum().over("customer_id", "number") > 1
    again = buys & ((nw.col("number") > first) | twice)
    known = ~nw.col("customer_id").is_null()
    told = units.with_columns(
        customers=_whole(buys),
        repeat_customers=_whole(again),
        customer_orders=nw.when(known).then("orders").otherwise(0),
        spent=nw.when(buys).then("revenue").otherwise(0.0),
        known_revenue=nw.when(known).then("revenue").otherwise(0.0),
    )
    squares = {
        f"{name}_sq": _product(name, name)
        for name in ("refunds", "sold", "revenue", "orders", "spent", "customer_orders")
    }
    products = {"refunds_x_sold": _product("refunds", "sold"), "revenue_x_orders": _product("revenue", "orders")}
    sums = ("orders", "customers", "repeat_customers", "customer_orders", "spent", "known_revenue", *squares, *products)
    return told.with_columns(**squares, **products).group_by(*KEYS).agg(nw.col(*sums).sum(), units=nw.len())


def _whole(said: nw.Expr) -> nw.Expr:
    return nw.when(said).then(1).otherwise(0)


def _product(one: str, other: str) -> nw.Expr:
    return nw.col(one).cast(nw.Float64) * nw.col(other).cast(nw.Float64)


def _priced(orders: Lazy, exchange: Exchange) -> Lazy:
    amount, back = nw.col("amount").fill_null(0), nw.col("returned").fill_null(0)
    parts: dict[str, nw.Expr] = {}
    for name, money in {"revenue": amount, "refunds": -back, "sold": amount - back}.items():
        parts |= exchange.parts(name, money)
    return orders.with_columns(**parts, orders=_whole(nw.col("purchase")))


def _units(rows: Lazy, exchange: Exchange) -> Lazy:
    """Return a row for each customer of each period and value, and for each order of nobody known."""
    whose, nobody = ("customer_id", *KEYS), nw.col("customer_id").is_null()
    sums = [each for name in _MONEY for each in exchange.sums(name)]
    told = {name: exchange.total(name) for name in _MONEY} | {"orders": nw.col("orders").cast(nw.Int64)}
    known = rows.filter(~nobody).group_by(*whose).agg(*sums, nw.col("orders").sum())
    return nw.concat([known.select(*whose, **told), rows.filter(nobody).select(*whose, **told)])


def buyers(orders: Lazy) -> Lazy:
    """Return who bought in which period: `customer_id`, `number`, `bought` (1)."""
    purchases = orders.filter(nw.col("purchase"), ~nw.col("customer_id").is_null())
    return purchases.select("customer_id", "number").unique().with_columns(bought=nw.lit(1))
