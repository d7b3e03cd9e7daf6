"""The consent decision for one customer, in plain Python: the reference that `permit` has to agree with.

Four rules give the word of one identifier; only statements made strictly before `as_of` count.

1. Of statements with exactly one scope, the latest counts; at equal times the stricter. A grant that has expired is
   silence, yet it replaced what was said of that scope before. A no never expires.
2. A no is lifted by a later yes whose scope contains it.
3. Of what is left, a yes speaks for a request that lies in its scope, and a no for every request that it overlaps:
   a child never speaks for its parent, and who refused a part is not in a read for the whole.
4. The latest of those that speak is the word; at equal times the stricter.

Across the identifiers of one customer a no beats a yes, and silence is neither. Of an identifier that other customers
hold too, a yes counts only for who says the same at the same time of something that is theirs: see `sharing`.
Restriction (GDPR Art. 18) follows the same four rules on a track of its own: it neither gives nor takes consent. What a
word means is settled by the legal basis, in `HEEDED`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models import Consent, LegalBasis
from unified_customer.policy.policy import Policy
from unified_customer.policy.scopes import Request, contains, overlaps
from unified_customer.policy.sharing import counting

NO_STATEMENT: Final = "no_statement"
SHARED: Final = "shared_identifier"
EXPIRED: Final = "expired"
GRANTED: Final = "granted"
REFUSED: Final = "refused"
OBJECTED: Final = "objected"
RESTRICTED: Final = "restricted"
UNRESTRICTED: Final = "unrestricted"

WORDS: Final = (NO_STATEMENT, SHARED, EXPIRED, GRANTED, REFUSED, OBJECTED, RESTRICTED)
"""What the identifiers of a customer can say together: the last one in this order that any of them says."""

STRICTNESS: Final = (UNRESTRICTED, GRANTED, EXPIRED, REFUSED, OBJECTED, RESTRICTED)
"""What one statement can say, the stricter later: decides between statements made at one time."""

MEANING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "granted": GRANTED,
        "denied": REFUSED,
        "withdrawn": REFUSED,
        "objected": OBJECTED,
        "restricted": RESTRICTED,
        "unrestricted": UNRESTRICTED,
    }
)
"""Status of a statement -> what it says while it has not expired."""

CONSENT_TRACK: Final = frozenset({GRANTED, EXPIRED, REFUSED, OBJECTED})
RESTRICTION_TRACK: Final = frozenset({RESTRICTED, UNRESTRICTED})
YES: Final = frozenset({GRANTED, UNRESTRICTED})
NO: Final = frozenset({REFUSED, OBJECTED, RESTRICTED})

_INTERESTS: Final = frozenset({REFUSED, OBJECTED, RESTRICTED})
HEEDED: Final[Mapping[LegalBasis, Collection[str]]] = MappingProxyType(
    {
        "consent": frozenset(WORDS),
        "legitimate_interests": _INTERESTS,
        "public_interest": _INTERESTS,
        "contract": frozenset({RESTRICTED}),
        "legal_obligation": frozenset[str](),
        "vital_interests": frozenset[str](),
    }
)
"""Legal basis -> the words that decide under it; under every other word the basis alone allows."""

BASIS_REASONS: Final[Mapping[LegalBasis, str]] = MappingProxyType(
    {basis: f"basis:{basis}" for basis in HEEDED if basis != "consent"}
)
"""Reasons of a yes that rests on the basis alone."""

REASONS: Final = (*WORDS, *BASIS_REASONS.values())
"""Every reason a decision can have."""

ALLOWING: Final = frozenset({GRANTED, *BASIS_REASONS.values()})
"""The reasons of a yes."""


@dataclass(frozen=True)
class Decision:
    """Whether a request is allowed for one customer, and why.

    Attributes:
        allowed: The answer.
        basis: The legal basis that the policy names for the purpose.
        reason: One of `REASONS`.
        statement_id: The statement that decided, if one did.
    """

    allowed: bool
    basis: LegalBasis
    reason: str
    statement_id: str | None = None


def decide(
    statements: Sequence[Consent],
    *,
    request: Request,
    policy: Policy,
    as_of: datetime,
    shared: Collection[tuple[str, str]] = (),
) -> Decision:
    """Decide on `request` for one customer.

    Args:
        statements: All statements about the identifiers and records of the customer, in any order.
        request: What the data are wanted for.
        policy: Names the legal basis of the purpose.
        as_of: Only what was stated strictly before counts; with a time zone.
        shared: `(kind, key)` of the identifiers among them that another customer holds too.

    Returns:
        The answer and its reason.

    Raises:
        ConfigurationError: The purpose is unknown, or `as_of` has no time zone.

    Examples:
        >>> now = datetime(2026, 1, 1, tzinfo=UTC)
        >>> decide([], request=Request("marketing"), policy=Policy(), as_of=now)
        Decision(allowed=False, basis='consent', reason='no_statement', statement_id=None)
        >>> decide([], request=Request("analytics"), policy=Policy.quickstart(), as_of=now).reason
        'basis:legitimate_interests'
    """
    basis = policy.basis_of(request.purpose)
    at = check_instant(as_of)
    said, aside = counting(statements, shared)
    heard = [*_heard(said, CONSENT_TRACK, request, at), *_heard(said, RESTRICTION_TRACK, request, at)]
    heard += [_Said(each, SHARED) for each in aside if _would_allow(each, request, at)]
    decisive = [said for said in heard if said.word in HEEDED[basis]]
    if not decisive:
        reason = reason_for(basis, NO_STATEMENT)
        return Decision(reason in ALLOWING, basis, reason)
    last = max(
        decisive, key=lambda said: (WORDS.index(said.word), said.statement.stated_at, said.statement.statement_id)
    )
    return Decision(last.word in ALLOWING, basis, last.word, last.statement.statement_id)


def reason_for(basis: LegalBasis, word: str) -> str:
    """Return the reason of the decision under `basis` when the customer's identifiers together say `word`.

    Examples:
        >>> reason_for("consent", REFUSED), reason_for("contract", REFUSED)
        ('refused', 'basis:contract')
    """
    return word if word in HEEDED[basis] else BASIS_REASONS[basis]


def check_instant(as_of: datetime) -> datetime:
    """Return `as_of` in UTC.

    Raises:
        ConfigurationError: It has no time zone.
    """
    if as_of.tzinfo is None:
        message = f"as_of needs a time zone; found {as_of.isoformat()}. Write datetime(..., tzinfo=UTC)."
        raise ConfigurationError(message)
    return as_of.astimezone(UTC)


@dataclass(frozen=True)
class _Said:
    statement: Consent
    word: str

    @property
    def order(self) -> tuple[datetime, int, str]:
        return self.statement.stated_at, STRICTNESS.index(self.word), self.statement.statement_id


def _heard(statements: Iterable[Consent], track: Collection[str], request: Request, as_of: datetime) -> list[_Said]:
    by_subject: dict[tuple[str, str], list[_Said]] = defaultdict(list)
    for statement in statements:
        if statement.stated_at < as_of and (word := _word(statement, as_of)) in track:
            by_subject[statement.subject_kind, statement.subject_key].append(_Said(statement, word))
    return [said for group in by_subject.values() for said in _word_of_one(group, request)]


def _would_allow(statement: Consent, request: Request, as_of: datetime) -> bool:
    return statement.status == "granted" and statement.stated_at < as_of and contains(statement, request)


def _word(statement: Consent, as_of: datetime) -> str:
    word = MEANING[statement.status]
    over = statement.expires_at is not None and statement.expires_at <= as_of
    return EXPIRED if over and word == GRANTED else word


def _word_of_one(said: list[_Said], request: Request) -> list[_Said]:
    last = _last_of_each_scope(said)
    standing = [each for each in last if not any(_lifts(other, each) for other in last)]
    speaking = sorted((each for each in standing if _speaks(each, request)), key=lambda each: each.order)
    over = [each for each in standing if each.word == EXPIRED and contains(each.statement, request)]
    return speaking[-1:] or over


def _last_of_each_scope(said: list[_Said]) -> list[_Said]:
    scopes = {
        (each.statement.purpose, each.statement.channel, each.statement.recipient): each
        for each in sorted(said, key=lambda each: each.order)
    }
    return list(scopes.values())


def _lifts(later: _Said, earlier: _Said) -> bool:
    return (
        later.word in YES
        and earlier.word in NO
        and later.statement.stated_at > earlier.statement.stated_at
        and contains(later.statement, earlier.statement)
    )


def _speaks(said: _Said, request: Request) -> bool:
    if said.word in NO:
        return overlaps(said.statement, request)
    return said.word in YES and contains(said.statement, request)
