"""Stores: where the tables are kept, each behind the `Store` Protocol.

`open_store` is the administrator's API: it is not gated by consent. People who analyse or activate read through the
hub.
"""

from unified_customer.store.opening import open_store
from unified_customer.store.protocol import (
    SCHEMA_VERSION,
    CompactionReport,
    Counts,
    Keys,
    Reader,
    Store,
    Where,
    Writer,
)

__all__ = ["SCHEMA_VERSION", "CompactionReport", "Counts", "Keys", "Reader", "Store", "Where", "Writer", "open_store"]
