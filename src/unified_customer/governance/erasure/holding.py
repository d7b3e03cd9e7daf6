"""Legal holds that stand in the way of an erasure (GDPR Art. 17(3))."""

from datetime import datetime
from typing import NamedTuple

import polars as pl

from unified_customer.core.clock import just_after
from unified_customer.core.errors import ConfigurationError
from unified_customer.governance.holds import standing_holds
from unified_customer.store import Reader


class Hold(NamedTuple):
    """A hold that stands.

    Attributes:
        hold_id: The hold.
        reason: The legal ground.
    """

    hold_id: str
    reason: str


def standing_for(reader: Reader, records: pl.Series, *, as_of: datetime) -> tuple[Hold, ...]:
    """Return the holds that forbid to delete somebody, by any of their ids, or everybody.

    Args:
        reader: One state of the store.
        records: Every id of the customers.
        as_of: Holds that are placed by then and not lifted yet.
    """
    theirs = pl.col("customer_id").is_null() | pl.col("customer_id").is_in(records.implode())
    holds = standing_holds(reader, as_of=just_after(as_of)).filter(theirs)
    return tuple(Hold(*row) for row in holds.select("hold_id", "reason").iter_rows())


def refuse_held(reader: Reader, records: pl.Series, *, as_of: datetime) -> None:
    """Refuse to erase somebody whose data have to be kept.

    Raises:
        ConfigurationError: A hold stands.
    """
    holds = standing_for(reader, records, as_of=as_of)
    if holds:
        named = ", ".join(f"{each.hold_id} ({each.reason})" for each in holds)
        message = (
            f"Legal holds forbid to delete this customer: {named}. Lift them first, or restrict the processing until "
            "they are lifted: hub.consent.record('*', 'restricted', customer_id=...)."
        )
        raise ConfigurationError(message)
