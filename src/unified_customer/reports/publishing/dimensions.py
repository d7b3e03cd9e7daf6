"""The dimensions: who, when, what, where and in which segment."""

from typing import Final

from unified_customer.core.tables import CUSTOMERS, GOLDEN_FIELDS
from unified_customer.reports.publishing.columns import PSEUDONYM, moments, taken
from unified_customer.reports.publishing.schema import DAY, FLAG, TEXT, WHOLE, StarColumn, StarTable

OPEN: Final = ("traits",)
"""Fields of the golden record that can hold anything: they are not published, whatever the purpose."""

CUSTOMER: Final = StarTable(
    "dim_customer",
    "dimension",
    "a customer whom the purpose may see; one more is the unknown customer, to whom rows about nobody known belong",
    (
        StarColumn(
            "customer_key",
            TEXT,
            "The customer: a keyed hash, the same at each refresh, and another in what others get.",
            category=PSEUDONYM,
        ),
        StarColumn("is_known", FLAG, "Whether it is a customer, and not the unknown one."),
        *(taken(f"customers.{name}") for name in GOLDEN_FIELDS if name not in OPEN),
        *moments("customers.first_observed_at", "first_seen", "When the customer was first observed"),
        *moments("customers.last_observed_at", "last_seen", "When the customer was last observed"),
        taken("customers.record_count", unit="records"),
    ),
    key=("customer_key",),
    sources=(CUSTOMERS.name,),
)
DATE: Final = StarTable(
    "dim_date",
    "dimension",
    "a day of the calendar of the shop, in every year in which something happened",
    (
        StarColumn("date_key", DAY, "The day."),
        StarColumn("year", WHOLE, "Calendar year."),
        StarColumn("quarter", TEXT, "Calendar quarter, such as 2026-Q2."),
        StarColumn("month", TEXT, "Calendar month, such as 2026-05."),
        StarColumn("month_number", WHOLE, "Number of the month in its year, from 1."),
        StarColumn("month_name", TEXT, "Name of the month in English."),
        StarColumn("month_start", DAY, "First day of the month."),
        StarColumn("week", TEXT, "Week, such as 2026-W20; it belongs to the year that holds most of its days."),
        StarColumn("week_start", DAY, "First day of the week."),
        StarColumn("day_of_month", WHOLE, "Number of the day in its month, from 1."),
        StarColumn("day_of_year", WHOLE, "Number of the day in its year, from 1."),
        StarColumn("day_of_week", WHOLE, "Number of the day in its week, from 1: the first day of a week of the shop."),
        StarColumn("day_name", TEXT, "Name of the day in English."),
        StarColumn("is_weekend", FLAG, "Whether it is a Saturday or a Sunday."),
        StarColumn("fiscal_year", TEXT, "Fiscal year, such as 2026/27 where it does not begin in January."),
        StarColumn("fiscal_quarter", TEXT, "Fiscal quarter, such as 2026/27-Q1."),
        StarColumn("fiscal_month", WHOLE, "Number of the month in its fiscal year, from 1."),
    ),
    key=("date_key",),
)
ITEM: Final = StarTable(
    "dim_item",
    "dimension",
    "something that can be bought, as the catalogue last described it, or that was bought and is in no catalogue",
    (
        StarColumn("item_key", TEXT, "The item: a keyed hash."),
        taken("items.item_id"),
        StarColumn("in_catalogue", FLAG, "Whether the catalogue describes it."),
        taken("items.kind"),
        taken("items.sku"),
        taken("items.name"),
        taken("items.category"),
        taken("items.brand"),
        taken("items.price"),
        taken("items.cost"),
        taken("items.currency"),
        taken("items.available"),
    ),
    key=("item_key",),
    needs=("items.item_id", "items.valid_from"),
)
CHANNEL: Final = StarTable(
    "dim_channel",
    "dimension",
    "where something came from, was bought, asked or spent",
    (
        StarColumn("channel_key", TEXT, "The channel: a keyed hash."),
        StarColumn("channel", TEXT, "The channel: email, paid_search, store, ...; null: the unknown one."),
    ),
    key=("channel_key",),
)
CAMPAIGN: Final = StarTable(
    "dim_campaign",
    "dimension",
    "a campaign",
    (
        StarColumn("campaign_key", TEXT, "The campaign: a keyed hash."),
        StarColumn("campaign", TEXT, "Its name; null: no campaign, or an unknown one."),
    ),
    key=("campaign_key",),
)
SEGMENT: Final = StarTable(
    "dim_segment",
    "dimension",
    "a segment in which somebody is or was",
    (
        StarColumn("segment_key", TEXT, "The segment: a keyed hash."),
        taken("memberships.segmentation"),
        taken("memberships.segment"),
    ),
    key=("segment_key",),
    needs=("memberships.segmentation", "memberships.segment"),
)
DIMENSIONS: Final = (CUSTOMER, DATE, ITEM, CHANNEL, CAMPAIGN, SEGMENT)
