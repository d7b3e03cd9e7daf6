"""Orders: what customers bought, one row an order, from its lines or as they are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import narwhals as nw

from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Lazy, Native, before, has, opened
from unified_customer.methods.money import exact

ORDERS: Final = "orders"
LINES: Final = "order_lines"
NEEDED: Final = (LINES,)
"""What a spec that works on orders needs of a hub."""

_ORDER: Final = ("customer_id", "ordered_at")
_LINE: Final = ("customer_id", "order_id", "occurred_at", "kind", "quantity", "amount")


def has_orders(tables: Mapping[str, Native]) -> bool:
    """Return whether tables tell of orders."""
    return ORDERS in tables or LINES in tables


def native_orders(tables: Mapping[str, Native]) -> Native:
    """Return the frame that tells of orders: `orders` if it is there, else `order_lines`.

    Raises:
        SchemaError: There is neither.
    """
    if not has_orders(tables):
        raise SchemaError(
            f"Neither {ORDERS!r} nor {LINES!r} is among the tables; there are: {', '.join(tables) or 'none'}."
        )
    return tables[ORDERS] if ORDERS in tables else tables[LINES]


def orders_before(
    tables: Mapping[str, Native], *, as_of: datetime, zone: str = "UTC", keep: Sequence[str] = ()
) -> Lazy:
    """Return the orders before an instant, one row each.

    An order is a purchase if one of its lines is a sale and not everything was cancelled again. What came back counts
    with its (negative) amount in the order that it is written in; an order of nothing but returns is no purchase.
    An order is of one currency.

    Args:
        tables: `orders` (`customer_id`, `ordered_at`, and if they are there `order_id`, `amount`, `currency`; a
            negative amount is a refund, no purchase), or else `order_lines`, on any engine.
        as_of: Only what was strictly before.
        zone: Zone of times that name none.
        keep: Further columns to bring along, such as `channel`; of an order's lines the least value.

    Returns:
        `customer_id` (null: of nobody known), `ordered_at` (as it came), `purchase`, `amount` (exact; what came back
        taken off), `returned` (exact, at most 0), with `order_id` and `currency` where they are told.

    Raises:
        SchemaError: There are no orders among the tables, or a column is missing.
    """
    native = native_orders(tables)
    if ORDERS in tables:
        return _whole_orders(opened(native, columns=[*_ORDER, *keep], name=ORDERS), as_of, zone, keep)
    lines = before(opened(native, columns=[*_LINE, *keep], name=LINES), "occurred_at", as_of=as_of, zone=zone)
    return _from_lines(lines, keep)


def priced_before(tables: Mapping[str, Native], *, as_of: datetime, zone: str = "UTC") -> Lazy:
    """Return the orders before an instant, as `orders_before` does, if they tell what they came to.

    Raises:
        SchemaError: There are no orders among the tables, or a column is missing, `amount` too.
    """
    if ORDERS in tables:
        opened(tables[ORDERS], columns=["amount"], name=ORDERS)
    return orders_before(tables, as_of=as_of, zone=zone)


def _whole_orders(orders: Lazy, as_of: datetime, zone: str, keep: Sequence[str]) -> Lazy:
    past = before(orders, "ordered_at", as_of=as_of, zone=zone)
    amount = exact(past, "amount") if has(past, "amount") else nw.lit(None, dtype=nw.Decimal(18, 4))
    refund = (nw.col("amount") < 0).fill_null(value=False)
    told = [name for name in ("order_id", "currency") if has(past, name)]
    priced = past.select(*dict.fromkeys([*_ORDER, *told, *keep]), amount=amount)
    return priced.with_columns(purchase=~refund, returned=nw.when(refund).then("amount"))


def _from_lines(lines: Lazy, keep: Sequence[str]) -> Lazy:
    by = [name for name in ("customer_id", "source", "order_id", "currency") if has(lines, name)]
    sale, cancelled = nw.col("kind") == "sale", nw.col("kind") == "cancellation"
    amount = exact(lines, "amount")
    told = lines.with_columns(
        amount=amount,
        returned=nw.when(~sale).then(amount),
        sold_at=nw.when(sale).then("occurred_at"),
        cancelled=cancelled,
        left=nw.when(sale | cancelled).then("quantity"),
    )
    others = [name for name in keep if name not in by]
    sums = (nw.col(name).sum() for name in ("amount", "returned", "left"))
    grouped = told.group_by(*by).agg(nw.col("occurred_at", "sold_at", *others).min(), nw.col("cancelled").any(), *sums)
    bought = ~nw.col("sold_at").is_null() & ~(nw.col("cancelled") & (nw.col("left") <= 0))
    at = nw.coalesce("sold_at", "occurred_at")
    chosen = [*(name for name in by if name != "source"), *others]
    return grouped.select(*chosen, "amount", "returned", ordered_at=at, purchase=bought)
