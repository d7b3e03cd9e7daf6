"""What a TCF string says in our purposes."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, Literal

from unified_customer.connectors.signals.said import Said, strictest
from unified_customer.connectors.signals.tcf import TcfSignal
from unified_customer.core.models import Status

Disclosure = Literal["disclosed", "not_disclosed", "no_segment"]
"""Whether a vendor was shown to the person: yes; no; or the string does not tell, as none before TCF 2.3 had to."""

TCF_PURPOSES: Final[Mapping[int, tuple[str, ...]]] = MappingProxyType(
    {
        1: ("functional.storage",),
        2: (
            "marketing.advertising.first_party.contextual",
            "marketing.advertising.frequency_capping",
            "marketing.advertising.negative_targeting",
        ),
        3: ("marketing.advertising.profiling",),
        4: ("marketing.advertising.first_party.targeted", "marketing.advertising.third_party.targeted"),
        5: ("personalize.content.profiling",),
        6: ("personalize.content.profiled",),
        7: ("analytics.reporting.ad_performance",),
        8: ("analytics.reporting.content_performance",),
        9: ("analytics.reporting.campaign_insights",),
        10: ("functional.service.improve",),
        11: ("personalize.content.limited",),
    }
)
"""Purpose of the framework -> data uses."""

BY_INTEREST: Final = frozenset({2, 7, 8, 9, 10, 11})
"""Purposes that may rest on a legitimate interest since TCF 2.2, and so can be objected to."""

UNKNOWN_COUNTRY: Final = frozenset({"AA", "ZZ"})


def disclosure(signal: TcfSignal, vendor_id: int) -> Disclosure:
    """Return whether a TCF string tells that the vendor was shown to the person.

    Examples:
        >>> from unified_customer.connectors.signals.tcf import decode_tcf
        >>> disclosure(decode_tcf("CQdWToAQdWToAAKABBENAwFgAIAAAAAAAAAAAEAEAAAAAAAA"), 8)
        'no_segment'
    """
    if signal.disclosed_vendors is None:
        return "no_segment"
    return "disclosed" if vendor_id in signal.disclosed_vendors else "not_disclosed"


def said_by_tcf(signal: TcfSignal, *, vendor_id: int | None = None) -> tuple[Said, ...]:
    """Return what a TCF string says, sorted by purpose.

    A consent is granted and its absence denied, also where a legitimate interest was disclosed: who refuses a purpose
    has not agreed to it on another basis. Where that interest is missing too, the purpose is objected to. Purpose 1
    says nothing where the string tells that it was not asked about. The publisher's own segment is not heard: tools
    write it, all zeros, for publishers that do not use it.

    Args:
        signal: The decoded string.
        vendor_id: Our own number in the Global Vendor List. A consent then also needs that of the vendor, that the
            vendor was disclosed (a string without that segment says no yes), and that the publisher forbids neither the
            purpose nor consent as its basis; else there is silence, and what a vendor was refused is denied.

    References:
        IAB Europe, TCF Policies, purposes 1 to 11, mapped to the data uses of fideslang 3.1; GDPR Art. 21.
    """
    country = signal.publisher_cc
    about = Said(
        "",
        "denied",
        jurisdiction=None if country in UNKNOWN_COUNTRY else country,
        stated_at=signal.last_updated,
        notice="IAB TCF",
        notice_version=f"policy {signal.policy_version}, vendor list {signal.vendor_list_version}",
        language=signal.consent_language.lower(),
    )
    asked = {number: uses for number, uses in TCF_PURPOSES.items() if number > 1 or not signal.purpose_one_treatment}
    words = {number: _word(signal, number, vendor_id) for number in asked}
    return strictest(
        replace(
            about, purpose=use, status=word, legal_basis="legitimate_interests" if word == "objected" else "consent"
        )
        for number, word in words.items()
        if word is not None
        for use in asked[number]
    )


def _word(signal: TcfSignal, purpose: int, vendor_id: int | None) -> Status | None:
    """Return what a string says about a purpose of the framework; None: nothing."""
    if _given(purpose, vendor_id, signal.purposes_consent, signal.vendor_consents):
        return "granted" if vendor_id is None or _may_rely(signal, purpose, vendor_id) else None
    interest = _given(purpose, vendor_id, signal.purposes_legitimate_interests, signal.vendor_legitimate_interests)
    return "denied" if interest or purpose not in BY_INTEREST else "objected"


def _given(purpose: int, vendor_id: int | None, purposes: frozenset[int], vendors: frozenset[int]) -> bool:
    return purpose in purposes and (vendor_id is None or vendor_id in vendors)


def _may_rely(signal: TcfSignal, purpose: int, vendor_id: int) -> bool:
    forbidden = any(
        restriction.purpose == purpose
        and vendor_id in restriction.vendors
        and restriction.restricts != "require_consent"
        for restriction in signal.publisher_restrictions
    )
    return not forbidden and disclosure(signal, vendor_id) == "disclosed"
