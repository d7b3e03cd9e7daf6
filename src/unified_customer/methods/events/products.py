"""The products that an event names: order lines and statements about items."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from unified_customer.methods.events.amounts import Aliases, Body, amount_of, currency_of, pick, text_of
from unified_customer.methods.events.vocabulary import Meaning

NO_LIST: Final = "products is no list"
NO_OBJECT: Final = "an entry of products is no object"
NO_ORDER: Final = "an order without an id is named by its event"
NO_LINES: Final = "what came back is not said: neither products nor an amount"
BAD_QUANTITY: Final = "a quantity that is no number: the line was left out"

_TEXTS: Final = ("name", "category", "brand", "variant")
_ONE: Final = Decimal(1)


class Told(NamedTuple):
    """One event with its meaning."""

    event_id: str
    record_id: str | None
    occurred_at: datetime
    channel: str | None
    meaning: Meaning
    body: Body


Found = tuple[str, str]
"""A finding and the field that it is about."""


def products_of(meaning: Meaning, body: Body) -> tuple[list[Body], list[Found]]:
    """Return the entries of the event's list of products, and findings."""
    listed = pick(body, ("products",), meaning.field_aliases)
    if listed is None:
        return [], []
    if not isinstance(listed, list):
        return [], [(NO_LIST, "products")]
    entries: list[Body] = [entry for entry in listed if isinstance(entry, dict)]
    return entries, [] if len(entries) == len(listed) else [(NO_OBJECT, "products")]


def lines_of(told: Told, *, source: str, currency: str | None) -> tuple[list[dict[str, Any]], list[Found]]:
    """Return the order lines that an event stands for, and findings.

    A line costs its own `amount`, or price times quantity less its discount; without a quantity it is one unit. A line
    of a sale is named by its place in the order, so that an order told twice is one order; a line of a return or a
    cancellation is named by its event. What came back is negative. An order without products is one line of one unit.
    """
    entries, found = products_of(told.meaning, told.body)
    code, wrong = currency_of(told.body.get("currency"), default=currency)
    order_id = text_of(pick(told.body, ("order_id",), told.meaning.field_aliases))
    shared = {
        "source": source,
        "order_id": order_id or told.event_id,
        "record_id": told.record_id,
        "occurred_at": told.occurred_at,
        "kind": told.meaning.line_kind,
        "currency": code,
        "coupon": text_of(told.body.get("coupon")),
        "channel": told.channel,
        "event_id": told.event_id,
    }
    lines = list(_lines(told, entries, found)) if entries else _whole_order(told, found)
    if order_id is None:
        found.append((NO_ORDER, "order_id"))
    if wrong and any(line["amount"] is not None for line in lines):
        found.append((wrong, "currency"))
    return [{**shared, **line} for line in lines], found


def _lines(told: Told, entries: list[Body], found: list[Found]) -> Iterator[dict[str, Any]]:
    for number, entry in enumerate(entries, start=1):
        line = _line(entry, told.meaning.field_aliases, found, back=told.meaning.line_kind != "sale")
        coupon = text_of(entry.get("coupon"))
        if line is not None:
            yield {**line, "line_id": _line_id(told, entry, number), **({"coupon": coupon} if coupon else {})}


def _line_id(told: Told, entry: Body, number: int) -> str:
    own = text_of(entry.get("line_id")) or str(number)
    return own if told.meaning.line_kind == "sale" else f"{told.event_id}:{own}"


def _whole_order(told: Told, found: list[Found]) -> list[dict[str, Any]]:
    back = told.meaning.line_kind != "sale"
    amount = _money(pick(told.body, told.meaning.amount, told.meaning.field_aliases), "amount", found)
    if back and amount is None:
        found.append((NO_LINES, "products"))
        return []
    numbers = {
        "quantity": _ONE,
        "amount": amount,
        "discount": _money(told.body.get("discount"), "discount", found),
        "tax": _money(told.body.get("tax"), "tax", found),
    }
    return [{"line_id": f"{told.event_id}:order" if back else "order", **_signed(numbers, back=back)}]


def _line(entry: Body, aliases: Aliases, found: list[Found], *, back: bool) -> dict[str, Any] | None:
    quantity = _ONE if entry.get("quantity") is None else _money(entry["quantity"], "products.$.quantity", found)
    if quantity is None:
        found.append((BAD_QUANTITY, "products.$.quantity"))
        return None
    price = _money(entry.get("price"), "products.$.price", found)
    discount = _money(entry.get("discount"), "products.$.discount", found)
    amount = _money(entry.get("amount"), "products.$.amount", found)
    if amount is None and price is not None:
        amount = _money(price * quantity - (discount or 0), "products.$.price", found)
    tax = _money(entry.get("tax"), "products.$.tax", found)
    numbers = {"quantity": quantity, "discount": discount, "tax": tax, "amount": amount}
    texts = {name: text_of(pick(entry, (name,), aliases)) for name in _TEXTS}
    item_id = text_of(pick(entry, ("product_id",), aliases))
    return {"item_id": item_id, **texts, "unit_price": price, **_signed(numbers, back=back)}


def _signed(numbers: dict[str, Decimal | None], *, back: bool) -> dict[str, Decimal | None]:
    return {name: -abs(value) if back and value is not None else value for name, value in numbers.items()}


def _money(value: Any, field: str, found: list[Found]) -> Decimal | None:
    amount, wrong = amount_of(value)
    if wrong is not None:
        found.append((wrong, field))
    return amount


def items_of(meaning: Meaning, body: Body, entries: list[Body]) -> Iterator[tuple[Any, ...]]:
    """Yield what an event says of each item: its id, then the fields of `ITEM_FIELDS`."""
    for entry in entries or [body]:
        item_id = text_of(pick(entry, ("product_id",), meaning.field_aliases))
        if item_id is not None:
            price, _ = amount_of(entry.get("price"))
            code, _ = currency_of(entry.get("currency") or body.get("currency"), default=None)
            texts = [text_of(pick(entry, (name,), meaning.field_aliases)) for name in ("name", "category", "brand")]
            links = [text_of(entry.get(name)) for name in ("sku", "url", "image_url")]
            yield (item_id, *texts, price, code if price is not None else None, *links)


ITEM_FIELDS: Final = ("name", "category", "brand", "price", "currency", "sku", "url", "image_url")
