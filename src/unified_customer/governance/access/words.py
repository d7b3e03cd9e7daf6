"""The words of an answer: what tables, uses, bases, reasons and rights are called for a reader who is no expert."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from unified_customer.core.fields import OPERATIONAL
from unified_customer.policy import Right


@dataclass(frozen=True)
class Words:
    """What a table is called.

    Attributes:
        title: Its heading.
        about: What one of its rows is.
        lead: The columns that are shown first.
    """

    title: str
    about: str
    lead: tuple[str, ...]


CHAPTERS: Final[Mapping[str, tuple[str, ...]]] = {
    "Who you are": ("customers", "records", "identifiers", "account_links"),
    "What you did, bought and answered": ("events", "order_lines", "answers"),
    "What you allowed and refused": ("consents",),
    "What we concluded and showed you": ("memberships", "scores", "exposures", "outcomes"),
    "How we handle your data": (
        "identities",
        "links",
        "link_decisions",
        "artifacts",
        "artifact_subjects",
        "audit",
        "request_events",
        "holds",
        "erasure_steps",
        "tombstones",
        "activity",
    ),
    "What we could not read": ("quarantine",),
}
"""Heading -> the tables under it, in the order of the page."""

TABLE_WORDS: Final[Mapping[str, Words]] = {
    "customers": Words("In one view", "What we take to be true of you, put together from all sources.", ()),
    "records": Words("What each source says of you", "What one of our systems said of you at one time.", ()),
    "identifiers": Words(
        "What you are known by",
        "An address, number or id by which we recognise you.",
        ("kind", "value", "source", "observed_at"),
    ),
    "account_links": Words(
        "Organisations you belong to",
        "That you belong to an organisation, and from when to when.",
        ("account_id", "role", "valid_from", "valid_to", "source"),
    ),
    "events": Words(
        "What happened", "Something that you did, or that happened to you.",
        ("occurred_at", "name", "type", "amount", "currency", "source"),
    ),
    "order_lines": Words(
        "What you bought", "One line of an order or receipt.",
        ("occurred_at", "order_id", "name", "quantity", "amount", "currency"),
    ),
    "answers": Words(
        "What you answered", "One answer that you gave.", ("answered_at", "instrument", "question", "value", "text")
    ),
    "consents": Words(
        "Your statements", "Something that you, or somebody for you, said about one use of your data.",
        ("stated_at", "status", "purpose", "channel", "subject_kind", "source"),
    ),
    "memberships": Words(
        "Segments", "A group that you were put into.", ("segmentation", "segment", "entered_at", "left_at", "probability")
    ),
    "scores": Words("Scores", "What a model says of you.", ("name", "as_of", "value", "label")),
    "exposures": Words(
        "What was shown or sent to you", "Something that was shown or sent to you.",
        ("exposed_at", "item_id", "channel", "campaign", "purpose"),
    ),
    "outcomes": Words(
        "What came of it", "Something that you did after it was shown or sent.",
        ("occurred_at", "kind", "value", "amount", "currency"),
    ),
    "identities": Words("Your record numbers", "A number that stands for you in one source.", ("record_id", "source")),
    "links": Words(
        "Which records are you", "That a record is yours, from when to when, and why.",
        ("record_id", "customer_id", "valid_from", "valid_to", "probability", "reason"),
    ),
    "link_decisions": Words(
        "What people decided about your records", "That two records are of one person, or of two.",
        ("decided_at", "kind", "record_a", "record_b", "reason"),
    ),
    "artifacts": Words(
        "What was computed from your data", "A model, segment or export that your data went into, or that says something of you.",
        ("created_at", "kind", "name", "purpose", "rows"),
    ),
    "artifact_subjects": Words(
        "Where your records went in", "That one of your records went into it.", ("artifact_id", "record_id")
    ),
    "audit": Words(
        "Who asked for your data", "A read or change of your data alone: when, and what for.",
        ("at", "action", "purpose", "subject_table", "rows"),
    ),
    "request_events": Words(
        "Your requests", "Something that happened to a request of yours.",
        ("occurred_at", "request_id", "event", "right", "due_at"),
    ),
    "holds": Words(
        "What may not be deleted yet", "A reason for which your data are kept.", ("placed_at", "reason", "lifted_at")
    ),
    "erasure_steps": Words(
        "Erasures", "How far a step of an erasure is.", ("at", "erasure_id", "step", "target", "state")
    ),
    "activity": Words(
        "When you were last active",
        "The last time that one of our systems heard of you, after what it heard was deleted.",
        ("last_active_at",),
    ),
    "tombstones": Words(
        "Proof of erasures", "A keyed hash, by which we do not let in again what was erased.", ("erased_at", "kind", "value_key")
    ),
    "quarantine": Words(
        "Rows that were not accepted", "A row about you that could not be taken in as it was.",
        ("held_at", "source", "target", "reason", "status"),
    ),
}  # fmt: skip
"""Table -> its words."""

BASES: Final[Mapping[str, str]] = {
    "consent": "your consent",
    "guardian_consent": "the consent of your parent or guardian",
    "contract": "a contract with you",
    "legal_obligation": "a duty under the law",
    "vital_interests": "vital interests",
    "public_interest": "a task in the public interest",
    "legitimate_interests": "our legitimate interests",
    "opt_out": "the law, as long as you do not object",
    "permitted_by_law": "a permission by law",
    "never": "nothing: it is forbidden",
}
"""Legal basis -> what it rests on."""

REASONS: Final[Mapping[str, str]] = {
    "no_statement": "you have not been asked, or have not answered",
    "shared_identifier": "it was allowed under something that others share with you, so that nobody knows who said it",
    "expired": "what you allowed has expired",
    "granted": "you allowed it",
    "refused": "you refused or withdrew it",
    "objected": "you objected to it",
    "restricted": "you restricted it",
    "needs_guardian": "a parent or guardian would have to allow it",
    "forbidden": "our rules forbid it",
}
"""Reason of a decision -> in a few words."""

RIGHTS: Final[Mapping[Right, str]] = {
    "access": "See your data, and get a copy of them (GDPR Art. 15).",
    "rectification": "Have corrected what is wrong, and completed what is missing (Art. 16).",
    "erasure": "Have your data erased (Art. 17).",
    "restriction": "Have the use of your data restricted (Art. 18).",
    "portability": "Get what you gave us in a form that you can take elsewhere (Art. 20).",
    "objection": "Object to a use of your data; to marketing at any time and without a reason (Art. 21).",
    "no_automated_decisions": "Not be subject to a decision that was made by a machine alone (Art. 22).",
    "opt_out": "Opt out of the sale and sharing of your data.",
    "opt_in": "Opt in again after you opted out.",
}
"""Right -> what it lets a person do."""


def use_in_words(purpose: str) -> str:
    """Return a dotted path as words.

    Examples:
        >>> use_in_words("marketing.communications.email")
        'marketing / communications / email'
    """
    return purpose.replace("_", " ").replace(".", " / ")


def category_in_words(category: str) -> str:
    """Return a data category as words.

    Examples:
        >>> category_in_words("user.contact.phone_number")
        'contact / phone number'
    """
    return "how it is kept" if category == OPERATIONAL else use_in_words(category.removeprefix("user."))


def reason_in_words(reason: str) -> str:
    """Return the reason of a decision in a few words.

    Examples:
        >>> reason_in_words("basis:contract"), reason_in_words("granted")
        ('it rests on a contract with you', 'you allowed it')
    """
    if reason.startswith("basis:"):
        basis = reason.removeprefix("basis:")
        return f"it rests on {BASES.get(basis, basis.replace('_', ' '))}"
    return REASONS.get(reason, reason.replace("_", " "))


def column_in_words(column: str) -> str:
    """Return the name of a column as a heading.

    Examples:
        >>> column_in_words("given_name_raw"), column_in_words("as_of")
        ('Given name, as written', 'As of')
    """
    name = column.removesuffix("_raw").replace("_", " ").capitalize().replace("Url", "URL").replace(" id", " ID")
    return f"{name}, as written" if column.endswith("_raw") else name
