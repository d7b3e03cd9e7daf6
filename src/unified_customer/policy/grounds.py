"""On what the use of data may rest: the legal bases, and the words that are heard under each."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final, Literal

Ground = Literal[
    "never",
    "guardian_consent",
    "consent",
    "opt_out",
    "legitimate_interests",
    "public_interest",
    "contract",
    "permitted_by_law",
    "legal_obligation",
    "vital_interests",
]
"""A legal basis of GDPR Art. 6(1), or what stands in its place.

`never` allows nobody, `guardian_consent` is the consent of whoever has parental responsibility (GDPR Art. 8),
`opt_out` allows until somebody objects (CCPA), `permitted_by_law` is a use that a law names (HIPAA, 45 CFR 164.506).
"""

GROUNDS_BY_STRICTNESS: Final[tuple[Ground, ...]] = (
    "never",
    "guardian_consent",
    "consent",
    "opt_out",
    "legitimate_interests",
    "public_interest",
    "contract",
    "permitted_by_law",
    "legal_obligation",
    "vital_interests",
)
"""Each allows whatever those before it allow."""


def strictest(grounds: Collection[Ground]) -> Ground:
    """Return the strictest of `grounds`, of which there is at least one.

    Examples:
        >>> strictest(["contract", "consent"])
        'consent'
    """
    return min(grounds, key=GROUNDS_BY_STRICTNESS.index)


FORBIDDEN: Final = "forbidden"
"""The reason of a no where the policy allows nobody."""

NO_STATEMENT: Final = "no_statement"
SHARED: Final = "shared_identifier"
NEEDS_GUARDIAN: Final = "needs_guardian"
EXPIRED: Final = "expired"
GRANTED: Final = "granted"
REFUSED: Final = "refused"
OBJECTED: Final = "objected"
RESTRICTED: Final = "restricted"
UNRESTRICTED: Final = "unrestricted"

WORDS: Final = (NO_STATEMENT, SHARED, NEEDS_GUARDIAN, EXPIRED, GRANTED, REFUSED, OBJECTED, RESTRICTED)
"""What the identifiers of a customer can say together: the last one in this order that any of them says."""

_INTERESTS: Final = frozenset({REFUSED, OBJECTED, RESTRICTED})
HEEDED: Final[Mapping[Ground, Collection[str]]] = MappingProxyType(
    {
        "never": frozenset[str](),
        "guardian_consent": frozenset(WORDS),
        "consent": frozenset(WORDS) - {NEEDS_GUARDIAN},
        "opt_out": _INTERESTS,
        "legitimate_interests": _INTERESTS,
        "public_interest": _INTERESTS,
        "contract": frozenset({RESTRICTED}),
        "permitted_by_law": frozenset({RESTRICTED}),
        "legal_obligation": frozenset[str](),
        "vital_interests": frozenset[str](),
    }
)
"""Ground -> the words that decide under it; under every other word the ground alone decides."""
