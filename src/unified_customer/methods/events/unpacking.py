"""Batches of messages of the Segment shape to frames."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from unified_customer.core.keys import Keyring
from unified_customer.core.tables import ANSWERS, EVENTS, ITEMS, ORDER_LINES
from unified_customer.methods.events import pointers
from unified_customer.methods.events.batch import REPORTS, EventBatch
from unified_customer.methods.events.preferences import Purposes, statements
from unified_customer.methods.events.reading import read_messages
from unified_customer.methods.events.statements import memberships, organisations, own_identifiers, people
from unified_customer.methods.events.wire import MAX_BYTES

SLOTS: Final = (
    ("user_id", "user_id"),
    ("anonymous_id", "anonymous_id"),
    ("anonymous_id", "previous_id"),
    ("email", "email"),
    ("email", "context_email"),
)
"""Identifiers of a message, in the order in which they make the name of its identity."""


def unpack(
    raw: pl.DataFrame,
    *,
    source: str,
    keyring: Keyring,
    zone: str | None = None,
    normalise: Mapping[str, pointers.Normalise] | None = None,
    purposes: Purposes | None = None,
    max_bytes: int = MAX_BYTES,
) -> EventBatch:
    """Return the frames of a batch of messages.

    Args:
        raw: One text column; each row the JSON of one message, or of an envelope of messages.
        source: Name of the source.
        keyring: Names identities and identifiers.
        zone: IANA zone of times that name none; without it such a message is refused.
        normalise: Normalisation of identifier values by kind; from others white space is cut off.
        purposes: Purposes of each consent category of the source; a category without one is reported.
        max_bytes: Larger messages are refused.

    Raises:
        SchemaError: `raw` is not one column of text.

    Examples:
        >>> line = '{"type": "track", "event": "Hi", "userId": "u", "timestamp": "2026-01-01T00:00:00Z"}'
        >>> batch = unpack(pl.DataFrame({"line": [line]}), source="web", keyring=Keyring(b"k" * 32))
        >>> batch.events["name"].to_list(), batch.identifiers["kind"].to_list()
        (['Hi'], ['user_id'])
    """
    wide, rejects, duplicates = read_messages(raw, source=source, zone=zone, max_bytes=max_bytes)
    named = wide.select(pointers.identity_name(SLOTS, extra="extra_ids"), "occurred_at")
    record_ids, seen = pointers.point(named, source=source, keyring=keyring)
    rows = wide.with_columns(record_ids, account_id=pl.col("group_id"), source=pl.lit(source))
    identify, group = (rows.filter(pl.col("type") == kind) for kind in ("identify", "group"))
    found = pointers.identifiers(seen, source=source, keyring=keyring, normalise=normalise or {})
    consents, reports = statements(rows, source=source, keyring=keyring, purposes=purposes or {})
    return EventBatch(
        events=EVENTS.conform(rows.select(name for name in EVENTS.columns if name in rows.columns)),
        identities=pointers.identities(seen, source=source),
        identifiers=pl.concat([found, own_identifiers(identify, source=source, keyring=keyring)]),
        records=people(identify, source=source),
        accounts=organisations(group, source=source),
        account_links=memberships(group, source=source),
        order_lines=ORDER_LINES.empty(),
        items=ITEMS.empty(),
        answers=ANSWERS.empty(),
        consents=consents,
        rejects=rejects,
        reports=pl.concat([pl.DataFrame(schema=REPORTS), reports]),
        duplicates=duplicates,
    )
