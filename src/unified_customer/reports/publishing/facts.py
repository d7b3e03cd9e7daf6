"""The facts: what was ordered, what happened, was answered and spent; who is in which segment, and has which score."""

from typing import Final

from unified_customer.reports.publishing.columns import ONE, customer_key, day_key, key_of, moments, money, taken
from unified_customer.reports.publishing.schema import FLAG, MOMENT, SUM, TEXT, WHOLE, StarColumn, StarTable

CHANNEL: Final = "The channel; the unknown one where none is named."
CAMPAIGN: Final = "The campaign; the unknown one where none is named."
LINES: Final = tuple(
    f"order_lines.{name}" for name in ("source", "order_id", "line_id", "kind", "occurred_at", "quantity")
)
AMOUNT: Final = ("order_lines.amount", "order_lines.currency")

ORDER_LINE: Final = StarTable(
    "fact_order_line",
    "fact",
    "one line of an order or receipt",
    (
        StarColumn("order_key", TEXT, "The order: a keyed hash.", ("order_lines.order_id",), refers_to="fact_order"),
        StarColumn("line_number", WHOLE, "Number of the line in its order, from 1.", ("order_lines.line_id",)),
        customer_key(),
        day_key("order_lines.occurred_at", "on which it was ordered"),
        key_of(
            "dim_item", "item_key", "What was bought; the unknown item where it is not named.", "order_lines.item_id"
        ),
        key_of("dim_channel", "channel_key", CHANNEL, "order_lines.channel"),
        *moments("order_lines.occurred_at", "ordered_at", "When it was ordered"),
        taken("order_lines.kind"),
        taken("order_lines.name", "item_name"),
        taken("order_lines.category", "item_category"),
        taken("order_lines.brand", "item_brand"),
        taken("order_lines.variant", "item_variant"),
        taken("order_lines.coupon"),
        taken("order_lines.quantity", unit="units"),
        money("order_lines.unit_price"),
        money("order_lines.discount"),
        money("order_lines.tax"),
        money("order_lines.amount"),
        taken("order_lines.currency"),
    ),
    key=("order_key", "line_number"),
    needs=LINES,
)
ORDER: Final = StarTable(
    "fact_order",
    "fact",
    "what one customer bought in one order or receipt, in one currency: the sum of its lines",
    (
        StarColumn("order_key", TEXT, "The order: a keyed hash.", ("order_lines.order_id",)),
        customer_key(),
        day_key("order_lines.occurred_at", "on which it was ordered"),
        key_of("dim_channel", "channel_key", "The channel; of lines with several the least.", "order_lines.channel"),
        *moments("order_lines.occurred_at", "ordered_at", "When its first line that is a sale was ordered"),
        StarColumn(
            "is_purchase",
            FLAG,
            "Whether something was bought: not where all was cancelled, or things only came back.",
            ("order_lines.kind",),
        ),
        StarColumn("lines", WHOLE, "Number of its lines.", unit="lines"),
        StarColumn("quantity", SUM, "Sum of the units, less what came back.", ("order_lines.quantity",), unit="units"),
        StarColumn(
            "sold",
            SUM,
            "Sum of the amounts of what was sold; unknown amounts are none.",
            (*AMOUNT, "order_lines.kind"),
            unit=ONE,
        ),
        StarColumn(
            "returned",
            SUM,
            "Sum of the amounts of what came back or was cancelled, negative.",
            (*AMOUNT, "order_lines.kind"),
            unit=ONE,
        ),
        StarColumn("amount", SUM, "Sum of all its amounts; unknown amounts are none.", AMOUNT, unit=ONE),
        StarColumn(
            "discount", SUM, "Sum of the discounts.", ("order_lines.discount", "order_lines.currency"), unit=ONE
        ),
        StarColumn("tax", SUM, "Sum of the taxes.", ("order_lines.tax", "order_lines.currency"), unit=ONE),
        taken("order_lines.currency"),
    ),
    key=("order_key",),
    needs=LINES,
)
EVENT: Final = StarTable(
    "fact_event",
    "fact",
    "one thing that happened, without texts, addresses of pages, and fields of its own",
    (
        customer_key(),
        day_key("events.occurred_at", "on which it happened"),
        key_of("dim_channel", "channel_key", CHANNEL, "events.channel"),
        key_of("dim_campaign", "campaign_key", CAMPAIGN, "events.campaign"),
        StarColumn(
            "session_key", TEXT, "The session: a keyed hash; null where the source names none.", ("events.session_id",)
        ),
        *moments("events.occurred_at", "occurred_at", "When it happened"),
        taken("events.source"),
        taken("events.type"),
        taken("events.name"),
        taken("events.object_kind"),
        taken("events.utm_source"),
        taken("events.utm_medium"),
        taken("events.utm_term"),
        taken("events.utm_content"),
        money("events.amount"),
        taken("events.currency"),
    ),
    needs=("events.occurred_at",),
)
ANSWER: Final = StarTable(
    "fact_answer",
    "fact",
    "one answer that a person gave, without its words",
    (
        customer_key(),
        day_key("answers.answered_at", "on which it was given"),
        key_of("dim_channel", "channel_key", CHANNEL, "answers.channel"),
        *moments("answers.answered_at", "answered_at", "When it was given"),
        taken("answers.source"),
        taken("answers.instrument"),
        taken("answers.instrument_version"),
        taken("answers.question"),
        taken("answers.value"),
        taken("answers.scale"),
    ),
    needs=("answers.instrument", "answers.question", "answers.answered_at"),
)
SPEND: Final = StarTable(
    "fact_spend",
    "fact",
    "marketing spend of one period, channel, campaign and currency",
    (
        StarColumn(
            "date_key",
            taken("spend.period_start").dtype,
            "First day of the period.",
            ("spend.period_start",),
            "dim_date",
        ),
        key_of("dim_channel", "channel_key", CHANNEL, "spend.channel"),
        key_of(
            "dim_campaign",
            "campaign_key",
            "The campaign; the unknown one where it is for the whole channel.",
            "spend.campaign",
        ),
        taken("spend.source"),
        taken("spend.period_end"),
        StarColumn("days", WHOLE, "Days of the period.", ("spend.period_start", "spend.period_end"), unit="days"),
        money("spend.amount"),
        taken("spend.currency"),
        taken("spend.impressions", unit="times"),
        taken("spend.clicks", unit="times"),
    ),
    key=("source", "date_key", "channel_key", "campaign_key", "currency"),
    needs=tuple(
        f"spend.{name}" for name in ("source", "period_start", "period_end", "channel", "campaign", "currency")
    ),
)
BRIDGE: Final = StarTable(
    "bridge_customer_segment",
    "bridge",
    "a customer in a segment at present",
    (
        customer_key(),
        key_of("dim_segment", "segment_key", "The segment.", "memberships.segment"),
        taken("memberships.probability"),
    ),
    key=("customer_key", "segment_key"),
    needs=("memberships.segmentation", "memberships.segment", "memberships.left_at"),
)
MEMBERSHIP: Final = StarTable(
    "fact_membership",
    "fact",
    "a customer in a segment, from when to when",
    (
        customer_key(),
        key_of("dim_segment", "segment_key", "The segment.", "memberships.segment"),
        day_key("memberships.entered_at", "on which the customer was first in it"),
        *moments("memberships.entered_at", "entered_at", "When the customer was first in it"),
        StarColumn(
            "left_at_utc", MOMENT, "When the customer was out again, in UTC; null: still in.", ("memberships.left_at",)
        ),
        StarColumn(
            "left_at_local",
            MOMENT,
            "When the customer was out again, in the zone of the shop.",
            ("memberships.left_at",),
        ),
        taken("memberships.probability"),
    ),
    key=("customer_key", "segment_key", "entered_at_utc"),
    needs=("memberships.segmentation", "memberships.segment", "memberships.entered_at", "memberships.left_at"),
)
SCORE: Final = StarTable(
    "fact_score",
    "fact",
    "what a model said of a customer at one instant",
    (
        customer_key(),
        day_key("scores.as_of", "before which data were read"),
        *moments("scores.as_of", "as_of", "The instant before which data were read"),
        taken("scores.name", "score"),
        taken("scores.value"),
        taken("scores.label"),
    ),
    needs=("scores.name", "scores.as_of", "scores.value"),
)
FACTS: Final = (ORDER, ORDER_LINE, EVENT, ANSWER, SPEND, BRIDGE, MEMBERSHIP, SCORE)
