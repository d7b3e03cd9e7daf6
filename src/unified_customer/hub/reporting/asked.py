"""What a report is asked for, and what is read for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from unified_customer.core.models import Actor
from unified_customer.engines.portable import Calendar
from unified_customer.methods.money import Money


@dataclass(frozen=True)
class Asked:
    """What the report is about.

    Attributes:
        purpose: What it is for.
        as_of: The instant before which things count.
        title: Its heading.
        money: In which currency amounts are added.
        calendar: Of the shop.
        actor: Who asks.
    """

    purpose: str
    as_of: datetime
    title: str
    money: Money
    calendar: Calendar
    actor: Actor

    @property
    def day(self) -> str:
        """The day before which things count, as it is written."""
        return f"{self.as_of:%-d %B %Y}"


Tables = Mapping[str, pl.DataFrame]
"""What the purpose may see, by table; of `events` and `order_lines` those of nobody known too, with a null customer."""


def of_customers(tables: Tables) -> Tables:
    """Return the rows of known customers alone."""
    return {
        name: frame.filter(pl.col("customer_id").is_not_null()) if "customer_id" in frame.columns else frame
        for name, frame in tables.items()
    }
