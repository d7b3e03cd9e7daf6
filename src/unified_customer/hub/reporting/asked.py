"""What a report is asked for, and what is read for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import cached_property
from zoneinfo import ZoneInfo

import polars as pl

from unified_customer.core.models import Actor
from unified_customer.engines.portable import Calendar
from unified_customer.governance.coverage import Coverage
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
        """The day before which things count, as it is written, in the zone of the shop; with the hour if it had begun."""
        local = self.as_of.astimezone(ZoneInfo(self.calendar.zone))
        day = f"{local.day} {local:%B %Y}"
        return day if local.time() == time() else f"{day}, {local:%H:%M}"


Tables = Mapping[str, pl.DataFrame]


@dataclass(frozen=True, eq=False)
class Known:
    """What was read for a report.

    Attributes:
        tables: What the purpose may see, by table; of `events` and `order_lines` those of nobody known too, with a null
            customer.
        coverages: How far purposes reach, that of the report first.
    """

    tables: Tables
    coverages: Sequence[Coverage]

    @cached_property
    def customers(self) -> pl.DataFrame:
        """The customers."""
        return self.tables["customers"]

    @cached_property
    def own(self) -> Tables:
        """The rows of known customers alone."""
        return {
            name: frame.filter(pl.col("customer_id").is_not_null()) if "customer_id" in frame.columns else frame
            for name, frame in self.tables.items()
        }
