"""The regimes that come with the library, and where each holds.

They are starting points in force in 2026, written down so that they can be read, compared and corrected; they are not
legal advice. What a law leaves open is set to the stricter reading.

References:
    GDPR: Regulation (EU) 2016/679. ePrivacy: Directive 2002/58/EC. EDPB Guidelines 2/2019 on Art. 6(1)(b). CJEU
    C-252/21.
    UK: UK GDPR and Data Protection Act 2018, s. 9. CCPA: Cal. Civ. Code 1798.100 to 199.100; 11 CCR 7000 to 7304.
    HIPAA: 45 CFR 160 and 164.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from unified_customer.policy.grounds import Ground
from unified_customer.policy.periods import Period
from unified_customer.policy.regimes import BreachClock, Deadlines, Minor, Regime

ANY_INTEREST: Final[tuple[Ground, ...]] = ("consent", "legitimate_interests")
SERVICE_OR_INTEREST: Final[tuple[Ground, ...]] = ("consent", "legitimate_interests", "contract")
NOT_ESSENTIAL: Final = (
    "analytics",
    "functional",
    "marketing",
    "personalize",
    "sales",
    "third_party_sharing",
    "train_ai_system",
)
SALE_AND_SHARING: Final = ("marketing.advertising.third_party", "third_party_sharing")

EUROPEAN: Final[Mapping[str, tuple[Ground, ...]]] = MappingProxyType(
    {
        # Contract carries neither marketing nor the improvement of a service (EDPB 2/2019, 48 to 56).
        "analytics": (*ANY_INTEREST, "public_interest"),
        "marketing": ANY_INTEREST,
        # Profiling for advertising needs consent (CJEU C-252/21, 117), and so does reading a device (ePrivacy Art.
        # 5(3)).
        "marketing.advertising.first_party.targeted": ("consent",),
        "marketing.advertising.profiling": ("consent",),
        "marketing.advertising.third_party": ("consent",),
        "functional.storage": ("consent", "contract", "legal_obligation"),
        "personalize": SERVICE_OR_INTEREST,
        "sales": SERVICE_OR_INTEREST,
        "third_party_sharing": ANY_INTEREST,
        "third_party_sharing.legal_obligation": ("consent", "legal_obligation"),
        "train_ai_system": ANY_INTEREST,
    }
)

GDPR: Final = Regime(
    title="General Data Protection Regulation",
    fallback="consent",
    admissible=EUROPEAN,
    minors=(Minor(below=16, purposes=NOT_ESSENTIAL, needs="guardian_consent"),),
    rights=(
        "access",
        "portability",
        "rectification",
        "erasure",
        "restriction",
        "objection",
        "no_automated_decisions",
    ),
    deadlines=Deadlines(answer=Period(months=1), extension=Period(months=2)),
    breach=(
        BreachClock(whom="authority", within=Period(hours=72), source="GDPR Art. 33(1)"),
        BreachClock(whom="people", within=Period(hours=72), when="high_risk", source="GDPR Art. 34(1)"),
    ),
)

UK: Final = GDPR.model_copy(
    update={
        "title": "UK GDPR and Data Protection Act 2018",
        "minors": (Minor(below=13, purposes=NOT_ESSENTIAL, needs="guardian_consent"),),
        "breach": (
            BreachClock(whom="authority", within=Period(hours=72), source="UK GDPR Art. 33(1)"),
            BreachClock(whom="people", within=Period(hours=72), when="high_risk", source="UK GDPR Art. 34(1)"),
        ),
    }
)

CCPA: Final = Regime(
    title="California Consumer Privacy Act, as amended by the CPRA",
    fallback="opt_out",
    minors=(
        Minor(below=16, purposes=SALE_AND_SHARING, needs="consent"),
        Minor(below=13, purposes=SALE_AND_SHARING, needs="guardian_consent"),
    ),
    rights=("access", "portability", "rectification", "erasure", "restriction", "opt_out", "opt_in"),
    deadlines=Deadlines(
        answer=Period(days=45),
        extension=Period(days=45),
        acknowledge=Period(business_days=10),
        opt_out=Period(business_days=15),
    ),
    breach=(
        BreachClock(whom="people", within=Period(days=30), source="Cal. Civ. Code 1798.82(a)"),
        BreachClock(whom="authority", within=Period(days=45), at_least=501, source="Cal. Civ. Code 1798.82(f)"),
    ),
)

US_STATES: Final = Regime(
    title="Comprehensive privacy law of another state of the United States",
    fallback="opt_out",
    minors=(
        Minor(below=16, purposes=(*SALE_AND_SHARING, "marketing.advertising"), needs="consent"),
        Minor(below=13, purposes=NOT_ESSENTIAL, needs="guardian_consent"),
    ),
    rights=("access", "portability", "rectification", "erasure", "opt_out", "opt_in"),
    deadlines=Deadlines(answer=Period(days=45), extension=Period(days=45), opt_out=Period(business_days=15)),
    breach=(BreachClock(whom="people", within=Period(days=30), source="The shortest of the states' breach laws"),),
)

HIPAA: Final = Regime(
    title="HIPAA Privacy, Security and Breach Notification Rules",
    fallback="consent",
    bases={
        "essential": "permitted_by_law",
        "essential.legal_obligation": "legal_obligation",
        "third_party_sharing.legal_obligation": "legal_obligation",
    },
    admissible=dict.fromkeys((*NOT_ESSENTIAL, "marketing.advertising"), ("consent",))
    | {"third_party_sharing.legal_obligation": ("consent", "legal_obligation")},
    forbidden={"marketing.advertising": ("user.health_and_medical",), "train_ai_system": ("user.health_and_medical",)},
    rights=("access", "portability", "rectification", "restriction"),
    deadlines=Deadlines(answer=Period(days=30), extension=Period(days=30)),
    breach=(
        BreachClock(whom="people", within=Period(days=60), source="45 CFR 164.404(b)"),
        BreachClock(whom="authority", within=Period(days=60), at_least=500, source="45 CFR 164.408(b)"),
        BreachClock(whom="media", within=Period(days=60), at_least=501, source="45 CFR 164.406(b)"),
    ),
)

UNION: Final = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU",
    "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
"""The European Economic Area, where the GDPR holds."""

STATES: Final = (
    "CO", "CT", "DE", "IA", "IN", "KY", "MD", "MN", "MT", "NE", "NH", "NJ", "OR", "RI", "TN", "TX", "UT", "VA",
)  # fmt: skip
"""States with a comprehensive privacy law in force, beside California."""

REGIMES: Final[Mapping[str, Regime]] = MappingProxyType(
    {"gdpr": GDPR, "uk": UK, "ccpa": CCPA, "us_states": US_STATES, "hipaa": HIPAA}
)

PLACES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"gdpr": UNION, "uk": ("GB",), "ccpa": ("US-CA",), "us_states": tuple(f"US-{each}" for each in STATES), "hipaa": ()}
)
"""Where each regime holds; HIPAA holds for kinds of organisations, not for places."""


def under(*names: str) -> dict[str, Mapping[str, object]]:
    """Return the fields of a policy under the regimes of these names."""
    return {
        "regimes": {name: REGIMES[name] for name in names},
        "jurisdictions": {place: name for name in names for place in PLACES[name]},
    }
