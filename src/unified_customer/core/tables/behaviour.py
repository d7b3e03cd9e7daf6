"""Tables of what people do, buy and say, and of what there is to buy."""

from typing import Final

import dataframely as dy

from unified_customer.core.tables import columns as c
from unified_customer.core.tables import expected
from unified_customer.core.tables.table import Table

BEHAVIOUR: Final = "user.behavior"
PURCHASES: Final = "user.behavior.purchase_history"
EVENT_TYPES: Final = ("identify", "track", "page", "screen", "group", "alias")


class Events(dy.Schema):
    """One thing that happened."""

    event_id = c.text("The source's message id.", required=True)
    source = c.text("Name of the source.", required=True)
    record_id = c.record_reference()
    type = c.choice("Call of the Segment specification.", EVENT_TYPES)
    name = c.text("Event, page or screen name.", category=BEHAVIOUR)
    occurred_at = c.instant("When it happened.", required=True, category=BEHAVIOUR, quality=expected.HAPPENED)
    received_at = c.instant("When the source received it.")
    user_id = c.text("The source's own user id.", category="user.unique_id")
    anonymous_id = c.text("The source's own visitor id.", category="user.unique_id.pseudonymous")
    session_id = c.text("The source's own session id.", category="user.unique_id.pseudonymous")
    account_id = c.text("The organisation it was done for.", category="user.contact.organization")
    channel = c.text("Where it came from: email, paid_search, direct, store, ...", category=BEHAVIOUR)
    campaign = c.text("Campaign name.", category=BEHAVIOUR)
    utm_source = c.text("Campaign source.", category=BEHAVIOUR)
    utm_medium = c.text("Campaign medium.", category=BEHAVIOUR)
    utm_term = c.text("Campaign term.", category=BEHAVIOUR)
    utm_content = c.text("Campaign content.", category=BEHAVIOUR)
    object_kind = c.text("Kind of the thing it is about: order, cart, ticket, ...", category=BEHAVIOUR)
    object_id = c.text("The thing it is about.", category=BEHAVIOUR)
    amount = c.amount("Money that changed hands, negative for a refund.", category=PURCHASES)
    currency = c.currency()
    url = c.text("Page address.", category="user.behavior.browsing_history")
    text = c.text("Body of a message, ticket or review.", category="user.content.private")
    properties = c.json_text("The event's own fields.", category=BEHAVIOUR)
    context = c.json_text("Device, page, campaign and library.", category="user.device")


class OrderLines(dy.Schema):
    """One line of an order or receipt."""

    source = c.text("Name of the source.", required=True)
    order_id = c.text("The order or receipt.", required=True, category=PURCHASES)
    line_id = c.text("The line in it.", required=True)
    record_id = c.record_reference()
    occurred_at = c.instant("When it was ordered.", required=True, category=PURCHASES)
    kind = c.choice("Sale, return (goods came back) or cancellation.", ("sale", "return", "cancellation"))
    item_id = c.text("What was bought.", category=PURCHASES)
    name = c.text("Its name at that time.", category=PURCHASES)
    category = c.text("Its category at that time.", category=PURCHASES)
    brand = c.text("Its brand.", category=PURCHASES)
    variant = c.text("Its variant.", category=PURCHASES)
    quantity = c.amount(
        "Units, negative for what came back.",
        required=True,
        category=PURCHASES,
        quality=expected.NEGATIVE_IF_BACK,
    )
    unit_price = c.amount("Price of one unit before discount.", category=PURCHASES, quality=expected.NOT_NEGATIVE)
    discount = c.amount("Discount of the line.", category=PURCHASES)
    tax = c.amount("Tax of the line.", category=PURCHASES)
    amount = c.amount(
        "What the line cost, negative for what came back.", category=PURCHASES, quality=expected.NEGATIVE_IF_BACK
    )
    currency = c.currency()
    coupon = c.text("Coupon code.", category=PURCHASES)
    channel = c.text("Where it was bought.", category=PURCHASES)
    event_id = c.text("The event it was derived from.")


class Items(dy.Schema):
    """One thing of the catalogue, at one price."""

    item_id = c.text("What the shop calls it.", required=True)
    valid_from = c.instant("From when this row holds.", required=True)
    valid_to = c.instant("Until when, exclusive; null: still.")
    kind = c.choice("What it is.", ("product", "content", "offer", "action"))
    source = c.text("Name of the source.", required=True)
    sku = c.text("Stock-keeping unit.")
    name = c.text("Name.")
    category = c.text("Category; a path is written with ' > '.")
    brand = c.text("Brand.")
    description = c.text("Description.")
    price = c.amount("Price of one unit.", quality=expected.NOT_NEGATIVE)
    cost = c.amount("Cost of one unit.", quality=expected.NOT_NEGATIVE)
    currency = c.text("ISO 4217 currency of price and cost.", quality=expected.CURRENCY)
    available = c.flag("Whether it can be had.")
    stock = c.number("Units in stock.", quality=expected.NOT_NEGATIVE)
    url = c.text("Page address.")
    image_url = c.text("Picture address.")
    attributes = c.json_text("Everything else.")


class Answers(dy.Schema):
    """One answer that a person gave."""

    answer_id = c.text("The source's id of the answer.", required=True)
    source = c.text("Name of the source.", required=True)
    record_id = c.record_reference()
    instrument = c.text("The survey, poll, quiz or preference page.", required=True, category="user.behavior")
    instrument_version = c.text("Its version.")
    question = c.text("The question.", required=True, category="user.behavior")
    value = c.number("The answer as a number.", category="user.content.private", party="zero")
    text = c.text("The answer in words.", category="user.content.private", party="zero")
    scale = c.text("The scale of the number, such as 0-10.")
    answered_at = c.instant("When it was given.", required=True)
    channel = c.text("Where it was asked.", category="user.behavior")
    event_id = c.text("The event it was derived from.")


class Spend(dy.Schema):
    """Marketing spend of one period, channel and campaign."""

    source = c.text("Name of the source.", required=True)
    period_start = c.day("First day.", required=True)
    period_end = c.day("Last day, inclusive.", required=True)
    channel = c.text("Where it was spent.", required=True)
    campaign = c.text("Campaign name; empty where it is for the whole channel.", required=True)
    amount = c.amount("Money spent.", required=True, quality=expected.NOT_NEGATIVE)
    currency = c.text("ISO 4217 currency.", required=True, quality=expected.CURRENCY)
    impressions = c.count("Times shown.", quality=expected.NOT_NEGATIVE)
    clicks = c.count("Times clicked.", quality=expected.NOT_NEGATIVE)


EVENTS: Final = Table(
    "events", Events, ("source", "event_id"), "record", append_only=True, time="occurred_at",
    doc="One thing that happened. The customer is resolved when it is read.", cluster_by=("record_id",),
)  # fmt: skip
ORDER_LINES: Final = Table(
    "order_lines", OrderLines, ("source", "order_id", "line_id"), "record", append_only=True, time="occurred_at",
    doc="One line of an order or receipt.", cluster_by=("record_id",),
)  # fmt: skip
ITEMS: Final = Table(
    "items", Items, ("item_id", "valid_from"), "none", append_only=False, time="valid_from",
    doc="One thing of the catalogue, at one price.",
)  # fmt: skip
ANSWERS: Final = Table(
    "answers", Answers, ("source", "answer_id"), "record", append_only=True, time="answered_at",
    doc="One answer that a person gave.", cluster_by=("record_id",),
)  # fmt: skip
SPEND: Final = Table(
    "spend", Spend, ("source", "period_start", "channel", "campaign", "currency"), "none", append_only=False,
    time="period_end", doc="Marketing spend of one period, channel and campaign.",
)  # fmt: skip
