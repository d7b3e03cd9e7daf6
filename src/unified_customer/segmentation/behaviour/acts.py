"""What known customers did."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import narwhals as nw

from unified_customer.engines.portable import Lazy, Native, before, opened

EVENTS: Final = "events"


def acted(tables: Mapping[str, Native], *, as_of: datetime, columns: Sequence[str] = ()) -> Lazy:
    """Return the events of known customers before an instant: `customer_id`, `occurred_at` and `columns`."""
    wanted = ["customer_id", "occurred_at", *columns]
    events = opened(tables[EVENTS], columns=wanted, name=EVENTS).select(*wanted)
    return before(events, "occurred_at", as_of=as_of, zone="UTC").filter(~nw.col("customer_id").is_null())
