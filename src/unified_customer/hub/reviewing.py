"""The review of links, and what reviews teach the matcher: read through the door, as all that leaves the hub."""

from typing import Final

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models import Actor
from unified_customer.core.tables import LINK_DECISIONS
from unified_customer.governance.door import Door, query
from unified_customer.governance.gate import Admission
from unified_customer.hub.resolving import latest_people
from unified_customer.identity import Identity, MatchedIdentity
from unified_customer.identity.decisions import standing
from unified_customer.identity.matching import FittedMatcher
from unified_customer.identity.reviewing import Stored, review
from unified_customer.store import Keys, Reader

REVIEWED: Final = "review"
"""So the reasons of decisions begin that were made in a review: about links that the hub chose, whatever the answer."""

_CONTACTS: Final = frozenset({"email", "phone"})


def reviewed_reason(reason: str | None) -> str:
    """Return the reason of a decision that was made in a review.

    Examples:
        >>> reviewed_reason(None), reviewed_reason("called")
        ('review', 'review: called')
    """
    return REVIEWED if reason is None else f"{REVIEWED}: {reason}"


def judged_pairs(decisions: pl.DataFrame, *, corrections: bool) -> pl.DataFrame:
    """Return standing decisions as judged pairs: `record_a`, `record_b`, `same`.

    Args:
        decisions: Rows of the table `link_decisions`.
        corrections: Also those that were not made in a review.
    """
    words = standing(decisions)
    if not corrections:
        words = words.filter(pl.col("reason").str.contains(rf"^{REVIEWED}(?:$|: )"))
    return words.select("record_a", "record_b", same=pl.col("kind") == "must_link").unique(maintain_order=True)


def read_review(door: Door, spec: Identity, *, purpose: str, limit: int, actor: Actor) -> pl.DataFrame:
    """Return the links to look at among the customers that a purpose may see."""
    matched = _matched(spec)
    asked = query("records", purpose, columns=["record_id"], actor=actor)
    named = query("identifiers", purpose, actor=actor)
    visible = set(door.columns(query("records", purpose, actor=actor)))
    if "value" not in door.columns(named):
        visible -= _CONTACTS
    visible -= set(door.withheld_kinds(named))
    with door.opened(asked, action="review") as (reader, admission):
        stored = stored_of(reader, admission, matched)
    return review(matched, stored, limit=limit, told=visible)


def refined_matcher(door: Door, spec: Identity, *, purpose: str, corrections: bool, actor: Actor) -> FittedMatcher:
    """Return the matcher of the hub, refined by the decisions about the customers that a purpose may see."""
    matched = _matched(spec)
    asked = query("records", purpose, columns=["record_id"], actor=actor)
    with door.opened(asked, action="refine") as (reader, admission):
        stored = stored_of(reader, admission, matched)
    records = stored.records()
    judged = judged_pairs(stored.decisions, corrections=corrections)
    ids = records["record_id"].implode()
    here = judged.filter(pl.col("record_a").is_in(ids), pl.col("record_b").is_in(ids))
    return matched.fitted(records).refined(records, here)


def stored_of(reader: Reader, admission: Admission, spec: MatchedIdentity) -> Stored:
    """Return what the store holds of the customers who are admitted."""
    records = admission.records.select("record_id")
    keys = Keys(records, ("record_id",))
    people = latest_people(reader, spec.reads)
    return Stored(
        links=admission.records.select("record_id", "customer_id"),
        identities=reader.read("identities", columns=["record_id", "source", "origin", "seq"], keys=keys),
        identifiers=reader.read("identifiers", columns=["record_id", "kind", "value_key", "value"], keys=keys),
        people=people.join(records, on="record_id", how="semi"),
        decisions=reader.read("link_decisions", columns=[*LINK_DECISIONS.columns, "seq"], order_by=["seq"]),
    )


def _matched(spec: Identity) -> MatchedIdentity:
    if isinstance(spec, MatchedIdentity):
        return spec
    message = (
        "Exact identifiers are certain or not there: only matching knows how likely a link is. Open the hub with"
        " CustomerHub(..., identity=MatchedIdentity())."
    )
    raise ConfigurationError(message)
