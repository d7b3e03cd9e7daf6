"""What the signals of the United States say in our purposes.

"Did not opt out" is no consent and takes no objection back, since whoever opted out before has to opt in again in so
many words (CCPA regulations, 11 CCR 7028): it says nothing. Nor do notices, sensitive data (a matter of categories, not
of purposes) and the flags of the MSPA say anything.

References:
    Cal. Civ. Code 1798.120 and 1798.135: opt-out of sale and sharing, and consent of people under 16.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from unified_customer.connectors.signals.said import OPT_OUT, Said, strictest
from unified_customer.connectors.signals.us_layouts import ADVERTISING, LAYOUTS, SALE, SHARING
from unified_customer.connectors.signals.us_privacy import UsPrivacySignal
from unified_customer.connectors.signals.us_section import UsSection

US_OPT_OUTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {SALE: ("third_party_sharing",), SHARING: OPT_OUT, ADVERTISING: ("marketing.advertising.third_party",)}
)
"""Opt-out of a US section -> data uses. To share is to hand data over for advertising across contexts (CPRA)."""

CHILD_CONSENTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        SALE: ("third_party_sharing",),
        SHARING: ("marketing.advertising.third_party",),
        ADVERTISING: ("marketing.advertising.third_party",),
    }
)
"""What a consent about a known child allows: no more than its own use."""

OPTED_OUT, NO_CONSENT, CONSENT = 1, 1, 2


def said_by_gpc(*, given: bool, opt_out: Sequence[str] = OPT_OUT) -> tuple[Said, ...]:
    """Return what Global Privacy Control says: an objection to the purposes `opt_out`, or nothing."""
    return strictest(_objections(opt_out, jurisdiction=None) if given else ())


def said_by_us_privacy(signal: UsPrivacySignal, *, opt_out: Sequence[str] = OPT_OUT) -> tuple[Said, ...]:
    """Return what a US privacy string says: an objection to the purposes `opt_out`, or nothing."""
    return strictest(_objections(opt_out, jurisdiction="US-CA") if signal.opted_out else ())


def said_by_us_section(number: int, section: UsSection, *, opt_out: Sequence[str] = OPT_OUT) -> tuple[Said, ...]:
    """Return what a US section of a GPP string says, sorted by purpose.

    Args:
        number: Id of the section.
        section: What was decoded.
        opt_out: Purposes that Global Privacy Control objects to.
    """
    return strictest(_us_section(number, section, opt_out))


def _us_section(number: int, section: UsSection, opt_out: Sequence[str]) -> Iterable[Said]:
    layout = LAYOUTS[number]
    for name, uses in US_OPT_OUTS.items():
        if getattr(section, name) == OPTED_OUT:
            yield from _objections(uses, jurisdiction=layout.jurisdiction)
    if section.gpc:
        yield from _objections(opt_out, jurisdiction=layout.jurisdiction)
    # A version may have fewer kinds of consent than the layout knows.
    for about, answer in zip(layout.child, section.known_child_consents, strict=False):
        yield from _of_child(about, answer, layout.jurisdiction)


def _of_child(about: str, answer: int, jurisdiction: str) -> Iterable[Said]:
    if answer == NO_CONSENT:
        uses = US_OPT_OUTS[about] if about else OPT_OUT
        yield from (Said(use, "denied", jurisdiction=jurisdiction) for use in uses)
    elif answer == CONSENT and about:
        yield from (Said(use, "granted", jurisdiction=jurisdiction) for use in CHILD_CONSENTS[about])


def _objections(purposes: Iterable[str], *, jurisdiction: str | None) -> Iterable[Said]:
    return (Said(each, "objected", "legitimate_interests", jurisdiction) for each in purposes)
