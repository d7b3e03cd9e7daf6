"""The consent decision for one customer, in plain Python: the reference that `permit` has to agree with.

Three rules give what one identifier says; only statements made strictly before `as_of` count.

1. Of statements with exactly one scope, the latest counts; at equal times the stricter. A grant that has expired is
   silence, yet it replaced what was said of that scope before. A no never expires.
2. A no is lifted by a later yes whose scope contains it. With `narrower_yes="later"` a later yes about a part lifts it
   for that part too.
3. Of what is left, a no speaks for every request that it overlaps, and a yes for a request that lies in its scope: a
   child never speaks for its parent, and who refused a part is not in a read for the whole.

A no beats a yes, within one identifier and across those of one customer; silence is neither. Of an identifier that
other customers hold too, a yes counts only for who says the same at the same time of something that is theirs: see
`sharing`. Where the consent of a guardian is needed, a yes of anybody else is none. Restriction (GDPR Art. 18) follows
the same rules on a track of its own: it neither gives nor takes consent. What a word means is settled by what the
purpose rests on, in `HEEDED`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models import Consent
from unified_customer.policy.grounds import (
    EXPIRED,
    FORBIDDEN,
    GRANTED,
    GROUNDS_BY_STRICTNESS,
    HEEDED,
    NEEDS_GUARDIAN,
    NO_STATEMENT,
    OBJECTED,
    REFUSED,
    RESTRICTED,
    SHARED,
    UNRESTRICTED,
    WORDS,
    Ground,
)
from unified_customer.policy.policy import Policy
from unified_customer.policy.scopes import Request, contains, overlaps
from unified_customer.policy.sharing import counting

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

GUARDIAN: Final = "guardian"
CONSENT_TRACK: Final = frozenset({GRANTED, EXPIRED, REFUSED, OBJECTED})
RESTRICTION_TRACK: Final = frozenset({RESTRICTED, UNRESTRICTED})
YES: Final = frozenset({GRANTED, UNRESTRICTED})
NO: Final = frozenset({REFUSED, OBJECTED, RESTRICTED})

BASIS_REASONS: Final[Mapping[Ground, str]] = MappingProxyType(
    {ground: FORBIDDEN if ground == "never" else f"basis:{ground}" for ground in GROUNDS_BY_STRICTNESS}
)
"""The reason where nothing that was said decides."""

REASONS: Final = (*WORDS, *(reason for basis, reason in BASIS_REASONS.items() if NO_STATEMENT not in HEEDED[basis]))
"""Every reason that a decision can have."""

ALLOWING: Final = frozenset({GRANTED, *(reason for reason in REASONS if reason.startswith("basis:"))})
"""The reasons of a yes."""


@dataclass(frozen=True)
class Decision:
    """Whether a request is allowed for one customer, and why.

    Attributes:
        allowed: The answer.
        basis: What the purpose rests on for this customer.
        reason: One of `REASONS`.
        statement_id: The statement that decided, if one did.
    """

    allowed: bool
    basis: Ground
    reason: str
    statement_id: str | None = None


def decide(
    statements: Sequence[Consent],
    *,
    request: Request,
    policy: Policy,
    as_of: datetime,
    shared: Collection[tuple[str, str]] = (),
    jurisdiction: str | None = None,
    years: int | None = None,
) -> Decision:
    """Decide on `request` for one customer.

    Args:
        statements: All statements about the identifiers and records of the customer, in any order.
        request: What the data are wanted for.
        policy: Names what the purpose rests on.
        as_of: Only what was stated strictly before counts; with a time zone.
        shared: `(kind, key)` of the identifiers among them that another customer holds too.
        jurisdiction: Country or region of the customer; None: not known.
        years: Age of the customer in full years; None: not known.

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
    basis = policy.basis_of(request.purpose, jurisdiction=jurisdiction, years=years)
    asked = _Asked(request, check_instant(as_of), narrower_lifts=policy.narrower_yes == "later")
    said, unheard = _heard_under(basis, statements)
    counted, aside = counting(said, shared)
    heard = [*_words(counted, CONSENT_TRACK, asked), *_words(counted, RESTRICTION_TRACK, asked)]
    heard += [_Said(each, SHARED) for each in aside if asked.would_allow(each)]
    heard += [_Said(each, NEEDS_GUARDIAN) for each in unheard if asked.would_allow(each)]
    decisive = [said for said in heard if said.word in HEEDED[basis]]
    if not decisive:
        reason = reason_for(basis, NO_STATEMENT)
        return Decision(reason in ALLOWING, basis, reason)
    last = max(decisive, key=lambda said: (WORDS.index(said.word), *said.order))
    return Decision(last.word in ALLOWING, basis, last.word, last.statement.statement_id)


def reason_for(basis: Ground, word: str) -> str:
    """Return the reason of the decision under `basis` when the customer's identifiers together say `word`.

    Examples:
        >>> reason_for("consent", REFUSED), reason_for("contract", REFUSED), reason_for("never", GRANTED)
        ('refused', 'basis:contract', 'forbidden')
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
        place = STRICTNESS.index(self.word) if self.word in STRICTNESS else 0
        return self.statement.stated_at, place, self.statement.statement_id


@dataclass(frozen=True)
class _Asked:
    request: Request
    as_of: datetime
    narrower_lifts: bool

    def word(self, statement: Consent) -> str:
        word = MEANING[statement.status]
        over = statement.expires_at is not None and statement.expires_at <= self.as_of
        return EXPIRED if over and word == GRANTED else word

    def would_allow(self, statement: Consent) -> bool:
        return (
            self.word(statement) == GRANTED and statement.stated_at < self.as_of and contains(statement, self.request)
        )

    def lifts(self, later: _Said, earlier: _Said) -> bool:
        if later.statement.stated_at <= earlier.statement.stated_at:
            return False
        part = self.narrower_lifts and contains(later.statement, self.request)
        return part or contains(later.statement, earlier.statement)


def _heard_under(basis: Ground, statements: Sequence[Consent]) -> tuple[list[Consent], list[Consent]]:
    """Return the statements that are heard, and each yes that is not, since a guardian has to say it."""
    if basis != "guardian_consent":
        return list(statements), []
    unheard = [each for each in statements if each.status == "granted" and each.spoken_by != GUARDIAN]
    return [each for each in statements if each not in unheard], unheard


def _words(statements: Iterable[Consent], track: Collection[str], asked: _Asked) -> list[_Said]:
    by_subject: dict[tuple[str, str], list[_Said]] = defaultdict(list)
    for statement in statements:
        if statement.stated_at < asked.as_of and (word := asked.word(statement)) in track:
            by_subject[statement.subject_kind, statement.subject_key].append(_Said(statement, word))
    return [said for group in by_subject.values() for said in _words_of_one(group, asked)]


def _words_of_one(said: list[_Said], asked: _Asked) -> list[_Said]:
    last = _last_of_each_scope(said)
    yes = [each for each in last if each.word in YES]
    no = [each for each in last if each.word in NO and overlaps(each.statement, asked.request)]
    standing = [each for each in no if not any(asked.lifts(later, each) for later in yes)]
    over = [each for each in last if each.word == EXPIRED]
    return [*standing, *(each for each in (*yes, *over) if contains(each.statement, asked.request))]


def _last_of_each_scope(said: list[_Said]) -> list[_Said]:
    scopes = {
        (each.statement.purpose, each.statement.channel, each.statement.recipient): each
        for each in sorted(said, key=lambda each: each.order)
    }
    return list(scopes.values())
