"""One thing that a consent signal says, and which of two counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from unified_customer.core.models import LegalBasis, Status

OPT_OUT: Final = ("marketing.advertising.third_party", "third_party_sharing")
"""Sale and sharing, where a policy names nothing else: the default of `Policy.gpc`."""

STRICTNESS: Final[tuple[Status, ...]] = ("granted", "denied", "objected")
"""What a signal can say, the stricter later."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a signal says about one purpose.

    Attributes:
        purpose: Dotted path in the data uses.
        status: granted, denied or objected.
        legal_basis: The basis that it is about.
        jurisdiction: Law under which it was said, such as `US-CA`.
        stated_at: When, where the signal tells it.
        recipient: Only for this recipient; None: for all.
        method: How it was collected.
        evidence: The signal itself.
        spoken_by: Who said it; None: the person.
        notice: What was shown.
        notice_version: Its version.
        language: In which it was shown.
    """

    purpose: str
    status: Status
    legal_basis: LegalBasis = "consent"
    jurisdiction: str | None = None
    stated_at: datetime | None = None
    recipient: str | None = None
    method: str = "signal"
    evidence: str | None = None
    spoken_by: str | None = None
    notice: str | None = None
    notice_version: str | None = None
    language: str | None = None


def strictest(said: Iterable[Said]) -> tuple[Said, ...]:
    """Return one statement for each purpose, the strictest of what was said about it, sorted by purpose."""
    found: dict[str, Said] = {}
    for each in said:
        known = found.setdefault(each.purpose, each)
        if STRICTNESS.index(each.status) > STRICTNESS.index(known.status):
            found[each.purpose] = each
    return tuple(sorted(found.values(), key=in_order))


def in_order(said: Said) -> tuple[str, ...]:
    """Return what statements are sorted by."""
    return said.purpose, said.status, said.jurisdiction or "", str(said.stated_at)
