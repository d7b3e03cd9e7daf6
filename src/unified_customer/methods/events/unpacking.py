"""Batches of messages of the Segment shape to frames."""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from unified_customer.connectors.consent_rules import Statement
from unified_customer.core.keys import Keyring
from unified_customer.core.tables import EVENTS
from unified_customer.methods.events import pointers
from unified_customer.methods.events.answered import stated_in_answers
from unified_customer.methods.events.batch import EventBatch, reports_of
from unified_customer.methods.events.channels import channels
from unified_customer.methods.events.derive import derive
from unified_customer.methods.events.preferences import Purposes, statements
from unified_customer.methods.events.reading import read_messages
from unified_customer.methods.events.statements import memberships, organisations, own_identifiers, people
from unified_customer.methods.events.vocabulary import Vocabulary, built_in
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
    vocabulary: Vocabulary | None = None,
    currency: str | None = None,
    normalise: Mapping[str, pointers.Normalise] | None = None,
    purposes: Purposes | None = None,
    consents: Sequence[Statement] = (),
    known: pointers.Known | None = None,
    max_bytes: int = MAX_BYTES,
) -> EventBatch:
    """Return the frames of a batch of messages.

    Args:
        raw: One text column; each row the JSON of one message, or of an envelope of messages.
        source: Name of the source.
        keyring: Names identities and identifiers.
        zone: IANA zone of times that name none; without it such a message is refused.
        vocabulary: What event names mean; the built-in vocabularies if none is given.
        currency: ISO 4217 code of amounts that name none.
        normalise: Normalisation of identifier values by kind; from others white space is cut off.
        purposes: Purposes of each consent category of the source; a category without one is reported.
        consents: What answers say of consent.
        known: Tells which identities are stored already; these are not returned again.
        max_bytes: Larger messages are refused.

    Raises:
        SchemaError: `raw` is not one column of text.

    Examples:
        >>> line = '{"type": "track", "event": "view_cart", "userId": "u", "timestamp": "2026-01-01T00:00:00Z"}'
        >>> batch = unpack(pl.DataFrame({"line": [line]}), source="web", keyring=Keyring(b"k" * 32))
        >>> batch.events["name"].to_list(), batch.identifiers["kind"].to_list()
        (['Cart Viewed'], ['user_id'])
    """
    wide, rejects, duplicates = read_messages(raw, source=source, zone=zone, max_bytes=max_bytes)
    named = wide.select(
        pointers.identity_name(SLOTS, extra="extra_ids"), "occurred_at", "extra_ids", *(column for _, column in SLOTS)
    )
    record_ids, seen = pointers.point(named, source=source, keyring=keyring)
    seen = pointers.unknown(seen, known)
    rows = wide.with_columns(record_ids, account_id=pl.col("group_id"), source=pl.lit(source))
    identify, group = (rows.filter(pl.col("type") == kind) for kind in ("identify", "group"))
    found = pointers.identifiers(
        seen, SLOTS, source=source, keyring=keyring, normalise=normalise or {}, extra="extra_ids"
    )
    said = people(identify, source=source)
    preferred, unmapped = statements(rows, source=source, keyring=keyring, purposes=purposes or {})
    placed = rows.with_columns(channels(rows))
    events = EVENTS.conform(placed.select(name for name in EVENTS.columns if name in placed.columns))
    derived = derive(events, vocabulary=vocabulary or built_in(), source=source, currency=currency)
    speakers = rows.select("event_id", "user_id", "anonymous_id")
    answered, unmeant = stated_in_answers(derived.given, speakers, consents, keyring=keyring)
    return EventBatch(
        events=derived.events,
        identities=pointers.identities(seen, source=source),
        identifiers=pl.concat(
            [found, own_identifiers(said, source=source, keyring=keyring, normalise=normalise or {})]
        ),
        records=said.drop("kind", "value"),
        accounts=organisations(group, source=source),
        account_links=memberships(group, source=source),
        order_lines=derived.order_lines,
        items=derived.items,
        answers=derived.answers,
        consents=pl.concat([preferred, answered]),
        rejects=rejects,
        reports=reports_of([*unmapped, *unmeant, *derived.findings]),
        duplicates=duplicates,
        origins=wide.select("event_id", "position"),
    )
