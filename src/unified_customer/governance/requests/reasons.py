"""Why a request may be denied: a closed set, each with the article that says so and its name in other protocols."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from unified_customer.core.errors import ConfigurationError

DenialReason = Literal[
    "manifestly_unfounded",
    "excessive",
    "identity_not_verified",
    "no_match",
    "legal_obligation",
    "legal_claims",
    "freedom_of_expression",
    "public_interest",
    "rights_of_others",
    "compelling_grounds",
    "accuracy_confirmed",
    "not_covered",
    "outside_jurisdiction",
    "repeated",
    "suspected_fraud",
]
"""Why a request is denied; no other reason is taken."""

DRPReason = Literal[
    "suspected_fraud",
    "insuf_verification",
    "no_match",
    "claim_not_covered",
    "outside_jurisdiction",
    "too_many_requests",
    "other",
]


@dataclass(frozen=True)
class Denial:
    """What a reason to deny a request means.

    Attributes:
        meaning: What the person can be told.
        article: The law that allows it.
        drp: Its name in the Data Rights Protocol.
        rights: The rights that it is about; empty: all.
    """

    meaning: str
    article: str
    drp: DRPReason
    rights: tuple[str, ...] = ()


DENIALS: Final[dict[DenialReason, Denial]] = {
    "manifestly_unfounded": Denial("The request is manifestly unfounded.", "GDPR Art. 12(5)", "other"),
    "excessive": Denial(
        "The request is excessive, in particular because it is repeated.", "GDPR Art. 12(5)", "too_many_requests"
    ),
    "identity_not_verified": Denial(
        "It could not be established who asks.", "GDPR Art. 12(2) and 12(6); 11 CCR § 7060", "insuf_verification"
    ),
    "no_match": Denial("Nothing is held about such a person.", "GDPR Art. 11(2)", "no_match"),
    "legal_obligation": Denial(
        "A law obliges us to keep the data.", "GDPR Art. 17(3)(b)", "claim_not_covered", ("erasure",)
    ),
    "legal_claims": Denial(
        "The data are needed to establish, exercise or defend legal claims.",
        "GDPR Art. 17(3)(e), 21(1)",
        "claim_not_covered",
        ("erasure", "objection"),
    ),
    "freedom_of_expression": Denial(
        "The data are needed for the freedom of expression and information.",
        "GDPR Art. 17(3)(a)",
        "claim_not_covered",
        ("erasure",),
    ),
    "public_interest": Denial(
        "The data are needed for public health, archiving, research or statistics in the public interest.",
        "GDPR Art. 17(3)(c) and (d), 20(3), 21(6)",
        "claim_not_covered",
        ("erasure", "portability", "objection"),
    ),
    "rights_of_others": Denial(
        "A copy would adversely affect the rights and freedoms of others.",
        "GDPR Art. 15(4), 20(4)",
        "claim_not_covered",
        ("access", "portability"),
    ),
    "compelling_grounds": Denial(
        "Compelling legitimate grounds override; never so where it is about direct marketing.",
        "GDPR Art. 21(1)",
        "claim_not_covered",
        ("objection",),
    ),
    "accuracy_confirmed": Denial(
        "The data were checked and are accurate.", "GDPR Art. 16, 18(1)(a)", "other", ("rectification", "restriction")
    ),
    "not_covered": Denial("The law does not give this right here.", "the regime's rights", "claim_not_covered"),
    "outside_jurisdiction": Denial(
        "The person is not under the law that was named.", "GDPR Art. 3; Cal. Civ. Code § 1798.140(i)",
        "outside_jurisdiction",
    ),
    "repeated": Denial(
        "The same was asked and answered shortly before.",
        "GDPR Art. 12(5); Cal. Civ. Code § 1798.130(b)",
        "too_many_requests",
    ),
    "suspected_fraud": Denial(
        "The request is believed to be fraudulent.", "GDPR Art. 12(6); 11 CCR § 7060(d)", "suspected_fraud"
    ),
}  # fmt: skip
"""Each reason with its meaning and law."""

NOTHING_HELD: Final = "nothing_held"
"""Why a request for access was answered without data: there are none. Not a denial, but the honest answer."""


def denial(reason: str, right: str) -> Denial:
    """Return what `reason` means, if a request for `right` may be denied for it.

    Raises:
        ConfigurationError: There is no such reason, or the law does not admit it against this right.

    Examples:
        >>> denial("legal_obligation", "erasure").article
        'GDPR Art. 17(3)(b)'
        >>> denial("too busy", "erasure")
        Traceback (most recent call last):
        ...
        unified_customer.core.errors.ConfigurationError: No law knows the reason 'too busy'. Known ones for erasure:
        manifestly_unfounded, excessive, identity_not_verified, no_match, legal_obligation, legal_claims,
        freedom_of_expression, public_interest, not_covered, outside_jurisdiction, repeated, suspected_fraud.
    """
    known: tuple[DenialReason, ...] = get_args(DenialReason)
    fitting = [each for each in known if not DENIALS[each].rights or right in DENIALS[each].rights]
    found = next((each for each in fitting if each == reason), None)
    if found is None:
        known_elsewhere = f"A request for {right} cannot be denied for {reason!r}"
        lead = known_elsewhere if reason in known else f"No law knows the reason {reason!r}"
        message = f"{lead}. Known ones for {right}: {', '.join(fitting)}."
        raise ConfigurationError(message)
    return DENIALS[found]
