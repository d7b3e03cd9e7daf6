"""Consent as messages carry it: one statement per category, about each id of the message.

Clients repeat the preferences in every message, and each repetition is a statement of its own. None can be left out:
whether the word of an identifier still stands depends on what was said in between, by a message that may arrive later
or by another source, so that the ledger would hold, and decide, other things in another order of arrival.

No client convention puts a TCF or GPP string or Global Privacy Control into such a message, so none is looked for; they
come in through `hub.consent.record_signal`, or as a column of a flat source.

References:
    Segment, consent in the specification: https://segment.com/docs/privacy/consent-management/
    RudderStack, the consent object of events:
    https://www.rudderstack.com/docs/data-governance/consent-management/passing-consent/
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import polars as pl

from unified_customer.core.keys import Keyring
from unified_customer.core.spec import content_hash
from unified_customer.core.tables import CONSENTS
from unified_customer.methods.events.batch import Finding

UPDATED: Final = "Segment Consent Preference Updated"
UNMAPPED: Final = "a consent category without a purpose"
NOBODY: Final = "consent of nobody: neither userId nor anonymousId"

Purposes = Mapping[str, str | Sequence[str]]

_read = msgspec.json.Decoder(dict[str, bool | None]).decode


def statements(
    told: pl.DataFrame, *, source: str, keyring: Keyring, purposes: Purposes
) -> tuple[pl.DataFrame, list[Finding]]:
    """Return rows of `CONSENTS`, and findings of what could not become one.

    A statement is made about `user_id` and about `anonymous_id` where the message has both: the one who said it is
    known by both. A category with no value says nothing (silence is no statement).

    Args:
        told: Rows with `event_id`, `occurred_at`, `user_id`, `anonymous_id`, `preferences` (JSON text).
        source: Name of the source.
        keyring: Names the identifiers.
        purposes: Purposes (dotted fideslang data uses) of each category, or consent id, of the source; of one without,
            nothing is stated, and it stays in the context of the event.
    """
    rows = told.filter(pl.col("preferences").is_not_null())
    names = ("event_id", "occurred_at", "user_id", "anonymous_id", "preferences")
    built: list[dict[str, Any]] = []
    missing: list[Finding] = []
    for event_id, at, user_id, anonymous_id, text in rows.select(names).iter_rows():
        subjects = [(kind, who.strip()) for kind, who in (("user_id", user_id), ("anonymous_id", anonymous_id)) if who]
        keys = [(kind, keyring.value_key(kind, who)) for kind, who in subjects]
        if not keys:
            missing.append((event_id, NOBODY, "context.consent"))
        for category, given in sorted(_read(text).items()):
            if category not in purposes:
                missing.append((event_id, UNMAPPED, category))
            elif given is not None:
                told_at = {"source": source, "event": event_id, "at": at, "category": category}
                built += _statements(told_at, _listed(purposes[category]), keys, given=given)
    return CONSENTS.conform(pl.DataFrame(built, schema=CONSENTS.columns)), missing


def _listed(purposes: str | Sequence[str]) -> Sequence[str]:
    return (purposes,) if isinstance(purposes, str) else purposes


def _statements(
    told: Mapping[str, Any], purposes: Sequence[str], keys: Sequence[tuple[str, str]], *, given: bool
) -> Iterator[dict[str, Any]]:
    for purpose in purposes:
        for kind, key in keys:
            yield {
                "statement_id": content_hash(told["source"], told["event"], told["category"], purpose, kind),
                "subject_kind": kind,
                "subject_key": key,
                "purpose": purpose,
                "status": "granted" if given else "denied",
                "legal_basis": "consent",
                "stated_at": told["at"],
                "verified": False,
                "method": "signal",
                "evidence": f"event {told['event']}",
                "source": told["source"],
            }
