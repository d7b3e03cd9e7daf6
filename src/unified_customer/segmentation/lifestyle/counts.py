"""How often each customer bought or viewed each thing."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import narwhals as nw

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Lazy, Native, before, has, opened
from unified_customer.methods.money import exact

if TYPE_CHECKING:
    from unified_customer.segmentation.lifestyle.spec import Lifestyle


def source_of(spec: "Lifestyle", tables: Mapping[str, Native]) -> Native:
    """Return the frame that tells what customers do.

    Raises:
        SchemaError: It is not among the tables.
    """
    if spec.source not in tables:
        raise SchemaError(f"{spec.source!r} is not among the tables; there are: {', '.join(tables) or 'none'}.")
    return tables[spec.source]


def counted(spec: "Lifestyle", tables: Mapping[str, Native], *, as_of: datetime) -> Lazy:
    """Return `customer_id`, `item`, `times`, `value` and `name`: one row a customer and thing, on the engine of the table.

    A customer without any thing that counts has a row with `times` 0.

    Raises:
        SchemaError: The table or a column is missing, or amounts are of several currencies.
    """
    lazy = opened(source_of(spec, tables), columns=_columns(spec), name=spec.source)
    past = before(lazy, "occurred_at", as_of=as_of, zone=spec.zone).filter(~nw.col("customer_id").is_null())
    if spec.window_days is not None:
        past = past.filter(nw.col("occurred_at") >= nw.lit(as_utc(as_of) - timedelta(days=spec.window_days)))
    counts = _counts(spec) & ~nw.col(spec.by).is_null()
    value, sums, total = _value(spec, past)
    named = nw.col("name").cast(nw.String) if spec.by == "item_id" and has(past, "name") else nw.lit(None, nw.String)
    told = past.select(
        "customer_id",
        item=nw.when(counts).then(nw.col(spec.by).cast(nw.String)),
        name=nw.when(counts).then(named),
        times=nw.when(counts).then(nw.lit(1)).otherwise(nw.lit(0)),
        **{name: nw.when(counts).then(each) for name, each in value.items()},
    )
    grouped = told.group_by("customer_id", "item").agg(nw.col("times").sum(), nw.col("name").max(), *sums)
    return grouped.select("customer_id", "item", nw.col("times").cast(nw.Int64), "name", value=total)


def _columns(spec: "Lifestyle") -> list[str]:
    measured = {"times": [], "quantity": ["quantity"], "amount": ["amount"]}[spec.measure]
    told = ["kind"] if spec.source == "order_lines" else ["name"] if spec.event_names else []
    return ["customer_id", "occurred_at", spec.by, *told, *measured]


def _counts(spec: "Lifestyle") -> nw.Expr:
    if spec.source == "order_lines":
        return (nw.col("kind") == "sale").fill_null(value=False)
    if spec.event_names:
        return nw.col("name").is_in(list(spec.event_names)).fill_null(value=False)
    return nw.lit(value=True)


def _value(spec: "Lifestyle", past: Lazy) -> tuple[dict[str, Any], list[nw.Expr], nw.Expr]:
    """Return what is summed up, the sums, and the value made from them."""
    if spec.measure == "times":
        return {}, [], nw.col("times").cast(nw.Float64)
    if spec.measure == "quantity":
        return {"quantity": exact(past, "quantity")}, [nw.col("quantity").sum()], nw.col("quantity").cast(nw.Float64)
    exchange = spec.money.exchange(past)
    return exchange.parts("amount", exact(past, "amount")), exchange.sums("amount"), exchange.total("amount")
