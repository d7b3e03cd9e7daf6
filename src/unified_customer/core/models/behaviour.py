"""One thing that a person did, bought or said."""

from decimal import Decimal
from typing import Literal

from pydantic import AwareDatetime, Field

from unified_customer.core.models.base import Model


class Event(Model):
    """One thing that happened: a row of `events`."""

    event_id: str = Field(min_length=1)
    source: str = Field(min_length=1)
    type: Literal["identify", "track", "page", "screen", "group", "alias"]
    name: str | None = None
    occurred_at: AwareDatetime
    received_at: AwareDatetime | None = None
    user_id: str | None = None
    anonymous_id: str | None = None
    session_id: str | None = None
    account_id: str | None = None
    channel: str | None = None
    campaign: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    object_kind: str | None = None
    object_id: str | None = None
    amount: Decimal | None = Field(default=None, max_digits=18, decimal_places=4)
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    url: str | None = None
    text: str | None = None
    properties: str | None = None
    context: str | None = None


class OrderLine(Model):
    """One line of an order or receipt: a row of `order_lines`."""

    source: str = Field(min_length=1)
    order_id: str = Field(min_length=1)
    line_id: str = Field(min_length=1)
    occurred_at: AwareDatetime
    kind: Literal["sale", "return", "cancellation"] = "sale"
    item_id: str | None = None
    name: str | None = None
    category: str | None = None
    brand: str | None = None
    variant: str | None = None
    quantity: Decimal = Field(max_digits=18, decimal_places=4)
    unit_price: Decimal | None = Field(default=None, max_digits=18, decimal_places=4)
    discount: Decimal | None = Field(default=None, max_digits=18, decimal_places=4)
    tax: Decimal | None = Field(default=None, max_digits=18, decimal_places=4)
    amount: Decimal | None = Field(default=None, max_digits=18, decimal_places=4)
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    coupon: str | None = None
    channel: str | None = None
    event_id: str | None = None


class Item(Model):
    """One thing of the catalogue, at one price: a row of `items`."""

    item_id: str = Field(min_length=1)
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None = None
    kind: Literal["product", "content", "offer", "action"] = "product"
    source: str = Field(min_length=1)
    sku: str | None = None
    name: str | None = None
    category: str | None = None
    brand: str | None = None
    description: str | None = None
    price: Decimal | None = Field(default=None, max_digits=18, decimal_places=4)
    cost: Decimal | None = Field(default=None, max_digits=18, decimal_places=4)
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    available: bool | None = None
    stock: float | None = None
    url: str | None = None
    image_url: str | None = None
    attributes: str | None = None


class Answer(Model):
    """One answer that a person gave: a row of `answers`."""

    answer_id: str = Field(min_length=1)
    source: str = Field(min_length=1)
    instrument: str = Field(min_length=1)
    instrument_version: str | None = None
    question: str = Field(min_length=1)
    value: float | None = None
    text: str | None = None
    scale: str | None = None
    answered_at: AwareDatetime
    channel: str | None = None
    event_id: str | None = None
