"""What known customers did."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import narwhals as nw

from unified_customer.engines.portable import Lazy, Native, before, has, opened

EVENTS: Final = "events"


def acted(
    tables: Mapping[str, Native],
    *,
    as_of: datetime,
    columns: Sequence[str] = (),
    perhaps: Sequence[str] = (),
    zone: str = "UTC",
) -> Lazy:
    """Return the events of known customers before an instant.

    Args:
        tables: `events`, on any engine.
        as_of: The instant; it is left out itself.
        columns: What is wanted beside `customer_id` and `occurred_at`.
        perhaps: What is wanted besides if it is there.
        zone: Zone of times that name none.
    """
    wanted = ["customer_id", "occurred_at", *columns]
    events = opened(tables[EVENTS], columns=wanted, name=EVENTS)
    chosen = events.select(*wanted, *(name for name in perhaps if has(events, name)))
    return before(chosen, "occurred_at", as_of=as_of, zone=zone).filter(~nw.col("customer_id").is_null())
