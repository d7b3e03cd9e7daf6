"""TCF strings of IAB Europe, versions 2.0 to 2.3: what somebody allows whom, read bit by bit.

The decoder is our own, since the one Python package, `iab-tcf` 0.2.2 of 2022, reads a string that was cut off without
complaint and finds consents of vendors in it that nobody gave.

References:
    IAB Tech Lab, Transparency and Consent String with Global Vendor and CMP List Formats v2.3 (2025).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from unified_customer.connectors.signals.bits import BitReader
from unified_customer.core.errors import SignalError

Restricts = Literal["not_allowed", "require_consent", "require_legitimate_interests"]

PURPOSES: Final = 24
"""Purposes that a string has room for; the framework defines 11 of them."""

WHAT: Final = "TCF string"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RESTRICTIONS: Final[tuple[Restricts, ...]] = ("not_allowed", "require_consent", "require_legitimate_interests")
_DISCLOSED, _ALLOWED, _PUBLISHER = 1, 2, 3


@dataclass(frozen=True, slots=True)
class PublisherRestriction:
    """What a publisher forbids some vendors: a purpose, or a legal basis for it."""

    purpose: int
    restricts: Restricts
    vendors: frozenset[int]


@dataclass(frozen=True, slots=True)
class PublisherPurposes:
    """The segment about the publisher's own use: standard purposes and purposes of its own, by number."""

    consents: frozenset[int]
    legitimate_interests: frozenset[int]
    custom_purposes: int
    """How many purposes of its own it has."""
    custom_consents: frozenset[int]
    custom_legitimate_interests: frozenset[int]


@dataclass(frozen=True, slots=True)
class TcfSignal:
    """A TCF string, field by field. Purposes, features and vendors are sets of their numbers, which begin with 1."""

    version: int
    created: datetime
    last_updated: datetime
    """In UTC; since TCF 2.2 only the day is told."""
    cmp_id: int
    cmp_version: int
    consent_screen: int
    consent_language: str
    """Two capital letters of ISO 639-1."""
    vendor_list_version: int
    policy_version: int
    """2 in TCF 2.0, 4 in TCF 2.2, 5 in TCF 2.3."""
    is_service_specific: bool
    use_non_standard_texts: bool
    """Called `UseNonStandardStacks` before TCF 2.2."""
    special_feature_opt_ins: frozenset[int]
    purposes_consent: frozenset[int]
    purposes_legitimate_interests: frozenset[int]
    """Purposes for which a legitimate interest was disclosed and nobody objected."""
    purpose_one_treatment: bool
    """Purpose 1 was not disclosed at all, since the publisher's law does not ask for it."""
    publisher_cc: str
    """ISO 3166-1 code of the law that the publisher is under; `AA` where it is not known."""
    vendor_consents: frozenset[int]
    vendor_legitimate_interests: frozenset[int]
    publisher_restrictions: tuple[PublisherRestriction, ...]
    disclosed_vendors: frozenset[int] | None
    """Vendors that were shown; None: the string has no such segment, which TCF 2.3 demands."""
    allowed_vendors: frozenset[int] | None
    """Vendors that may work outside the framework; None: no such segment."""
    publisher: PublisherPurposes | None
    """The publisher's own purposes; None: no such segment."""
    other_segments: tuple[str, ...] = ()
    """Segments of types that are not defined yet, as they came."""


def decode_tcf(text: str) -> TcfSignal:
    """Return what a TCF string says.

    Args:
        text: The string as the consent tool wrote it: segments of base64url, joined by dots; space around it is cut
            off.

    Raises:
        SignalError: It is a string of TCF 1, or none at all. The message holds no part of it.

    Examples:
        >>> signal = decode_tcf("CQdWToAQdWToAAKABBENAwFgAIAAAAAAAAAAAEAEAAAAAAAA.IF5wBAABAAGAAQAvMAAA.YAAAAAAAAAAA")
        >>> sorted(signal.purposes_consent), sorted(signal.vendor_consents), sorted(signal.disclosed_vendors or ())
        ([1], [8], [2, 6, 8, 755])

    References:
        IAB Tech Lab, TC string format, "The core string" to "Publisher purposes transparency and consent".
    """
    core, *others = text.strip().split(".")
    segments = _segments(others)
    reader = BitReader(core, what=WHAT)
    _check_version(version := reader.number(6))
    signal = TcfSignal(
        version=version,
        created=_instant(reader),
        last_updated=_instant(reader),
        cmp_id=reader.number(12),
        cmp_version=reader.number(12),
        consent_screen=reader.number(6),
        consent_language=reader.letters(),
        vendor_list_version=reader.number(12),
        policy_version=reader.number(6),
        is_service_specific=reader.flag(),
        use_non_standard_texts=reader.flag(),
        special_feature_opt_ins=reader.positions(12),
        purposes_consent=reader.positions(PURPOSES),
        purposes_legitimate_interests=reader.positions(PURPOSES),
        purpose_one_treatment=reader.flag(),
        publisher_cc=reader.letters(),
        vendor_consents=_vendors(reader),
        vendor_legitimate_interests=_vendors(reader),
        publisher_restrictions=tuple(_restriction(reader) for _ in range(reader.number(12))),
        disclosed_vendors=_vendors_of(segments.get(_DISCLOSED)),
        allowed_vendors=_vendors_of(segments.get(_ALLOWED)),
        publisher=_publisher(segments.get(_PUBLISHER)),
        other_segments=_undefined(others),
    )
    reader.finish()
    return signal


def _segments(texts: list[str]) -> dict[int, BitReader]:
    """Return a reader of each segment behind its type; they come in any order."""
    found: dict[int, BitReader] = {}
    for text in texts:
        reader = BitReader(text, what=WHAT)
        kind = reader.number(3)
        if kind == 0 or kind in found:
            raise reader.wrong("it has two segments of one type")
        found[kind] = reader
    return found


def _undefined(texts: list[str]) -> tuple[str, ...]:
    return tuple(sorted(text for text in texts if BitReader(text, what=WHAT).number(3) > _PUBLISHER))


def _check_version(version: int) -> None:
    if version == 1:
        message = "This is a string of TCF 1, which has not been valid since August 2020. Ask for consent anew."
        raise SignalError(message)
    if version != 2:
        message = f"This is no {WHAT}: its version is {version}, and 2 is the only one there is."
        raise SignalError(message)


def _instant(reader: BitReader) -> datetime:
    return _EPOCH + timedelta(milliseconds=100 * reader.number(36))


def _vendors(reader: BitReader) -> frozenset[int]:
    highest, in_ranges = reader.number(16), reader.flag()
    return reader.ranges(highest=highest) if in_ranges else reader.positions(highest)


def _restriction(reader: BitReader) -> PublisherRestriction:
    purpose, kind = reader.number(6), reader.number(2)
    if kind >= len(_RESTRICTIONS) or not 1 <= purpose <= PURPOSES:
        raise reader.wrong("a publisher restriction in it is of a kind, or about a purpose, that is not defined")
    return PublisherRestriction(purpose, _RESTRICTIONS[kind], reader.ranges(highest=2**16 - 1))


def _vendors_of(reader: BitReader | None) -> frozenset[int] | None:
    if reader is None:
        return None
    vendors = _vendors(reader)
    reader.finish()
    return vendors


def _publisher(reader: BitReader | None) -> PublisherPurposes | None:
    if reader is None:
        return None
    consents, interests, count = reader.positions(PURPOSES), reader.positions(PURPOSES), reader.number(6)
    found = PublisherPurposes(consents, interests, count, reader.positions(count), reader.positions(count))
    reader.finish()
    return found
