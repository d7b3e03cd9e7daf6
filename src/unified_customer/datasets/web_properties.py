"""The properties of web messages: products, carts, orders, pages, in the names of the Segment e-commerce spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from unified_customer.datasets.catalogue import shop_items
from unified_customer.datasets.json_text import json_object, members, money, number, plain, quoted
from unified_customer.datasets.web_events import (
    ADDED,
    CART,
    CHECKOUT,
    COMPLETED,
    LISTED,
    PAGE,
    REFUNDED,
    REVIEWED,
    SEARCHED,
    VIEWED,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Mapping

SITE: Final = "https://shop.example.com"
_FREE_SHIPPING: Final = 5000
_SHIPPING: Final = 395
_REVIEWS: Final = (
    "Lovely, exactly as described.", "Good quality for the price.", "Smaller than I thought, but nice.",
    "Broke after a week.", "Bought it again for my sister.", "Arrived late, but it is beautiful.",
)  # fmt: skip


def item_columns() -> pl.DataFrame:
    """Return the catalogue with what messages say of each item, as JSON members."""
    items = pl.DataFrame([(i.product_id, i.sku, i.category, i.name, i.brand) for i in shop_items()], orient="row",
                         schema=["product_id", "sku", "category", "name", "brand"])  # fmt: skip
    return items.with_columns(
        about=members({name: quoted(pl.col(name)) for name in ("product_id", "sku", "category", "name", "brand")}),
        url=pl.concat_str(pl.lit(f"{SITE}/p/"), pl.col("sku").str.to_lowercase()),
        path=pl.concat_str(pl.lit("/p/"), pl.col("sku").str.to_lowercase()),
        list_path=pl.concat_str(pl.lit("/c/"), pl.col("sku").str.head(2).str.to_lowercase()),
        query=pl.col("name").str.to_lowercase(),
    )


def cart_columns(carts: pl.DataFrame) -> pl.DataFrame:
    """Return per cart, sorted: `products` (JSON), `goods` (minor units), `discount`, `shipping`, `tax`, `total`.

    Prices include value added tax: `revenue` is what is left of the total without shipping and tax.
    """
    items = item_columns()
    lines = carts.with_columns(
        about=items["about"].gather(carts["item"]), position=pl.int_range(1, pl.len() + 1).over("cart")
    )
    facts = members(
        {
            "price": money(pl.col("price")),
            "quantity": number(pl.col("quantity")),
            "position": number(pl.col("position")),
        }
    )
    lines = lines.select(
        "cart",
        json=pl.concat_str(pl.lit("{"), pl.col("about").str.strip_prefix(","), facts, pl.lit("}")),
        goods=pl.col("price") * pl.col("quantity"),
    )
    summed = lines.group_by("cart", maintain_order=True).agg(pl.col("json").str.join(","), pl.col("goods").sum())
    discount = pl.when(pl.col("cart") % 10 == 0).then(pl.col("goods") // 10).otherwise(0)
    paid = pl.col("goods") - discount
    shipping = pl.when(paid >= _FREE_SHIPPING).then(0).otherwise(_SHIPPING)
    return summed.select(
        "cart",
        products=pl.concat_str(pl.lit("["), "json", pl.lit("]")),
        goods="goods",
        discount=discount,
        shipping=shipping,
        tax=paid // 6,
        total=paid + shipping,
    )


def properties(kind: int) -> pl.Expr:
    """Return the properties of messages of one kind as JSON.

    The expression reads the columns of `item_columns` and `cart_columns` and `cart`, `euro`, `price`, `quantity`,
    `number`, `page_path`, `page_url`, `page_title`, `review_body`.
    """
    shape = _shape(kind)
    return json_object(shape) if shape else pl.lit("{}")


def _shape(kind: int) -> Mapping[str, pl.Expr]:
    product = {name: quoted(pl.col(name)) for name in ("product_id", "sku", "category", "name", "brand")}
    cart, price = {"cart_id": _cart_id()}, {"price": money(pl.col("price"))}
    bought = {"products": pl.col("products")}
    total = {"total": money(pl.col("total"))}
    shapes: dict[int, Mapping[str, pl.Expr]] = {
        PAGE: {
            "path": plain(pl.col("page_path")),
            "url": plain(pl.col("page_url")),
            "title": quoted(pl.col("page_title")),
        },
        SEARCHED: {"query": quoted(pl.col("query"))},
        LISTED: {"list_id": plain(pl.col("list_path").str.tail(2)), "category": product["category"]},
        VIEWED: {**product, **price, "currency": _currency(), "url": plain(pl.col("url"))},
        ADDED: {**cart, **product, **price, "quantity": number(pl.col("quantity"))},
        CART: {**cart, **bought},
        CHECKOUT: {**_order(), "value": money(pl.col("total")), **bought},
        COMPLETED: {"checkout_id": _cart_id(), "subtotal": money(pl.col("goods")), **_order(), **total, **bought},
        REFUNDED: {"order_id": _order_id(), **total, "currency": _currency()},
        REVIEWED: _review(product["product_id"]),
    }
    return shapes.get(kind, {})


def _order() -> dict[str, pl.Expr]:
    return {
        "order_id": _order_id(),
        "affiliation": pl.lit('"Web shop"'),
        "revenue": money(pl.col("total") - pl.col("shipping") - pl.col("tax")),
        "shipping": money(pl.col("shipping")),
        "tax": money(pl.col("tax")),
        "discount": money(pl.col("discount")),
        "coupon": pl.when(pl.col("discount") > 0).then(pl.lit('"TEN"')),
        "currency": _currency(),
    }


def _review(product_id: pl.Expr) -> dict[str, pl.Expr]:
    return {
        "product_id": product_id,
        "review_id": plain(pl.concat_str(pl.lit("rv_"), pl.col("number").cast(pl.String))),
        "review_body": quoted(pl.col("review_body")),
        "rating": plain((5 - pl.col("number") % 5 * (pl.col("number") % 2)).cast(pl.String)),
    }


def review_bodies(number: pl.Series) -> pl.Series:
    """Return a review for each message number."""
    return pl.Series(_REVIEWS).gather(number % len(_REVIEWS))


def _cart_id() -> pl.Expr:
    return plain(pl.concat_str(pl.lit("cart_"), pl.col("cart").cast(pl.String).str.zfill(8)))


def _order_id() -> pl.Expr:
    return plain(pl.concat_str(pl.lit("W-"), (pl.col("cart") + 500_001).cast(pl.String)))


def _currency() -> pl.Expr:
    return plain(pl.when("euro").then(pl.lit("EUR")).otherwise(pl.lit("GBP")))
