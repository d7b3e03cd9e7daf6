"""Hypothesis strategies for the things that the laws are about.

They draw from few values on purpose: laws break where purposes are related, times are equal and identifiers are shared.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Final, get_args

import polars as pl
from hypothesis import strategies as st

from unified_customer.core.kinds import RECORD
from unified_customer.core.models import Consent, Status
from unified_customer.core.models.purposes import DATA_USES, EVERY_PURPOSE, ancestors
from unified_customer.core.tables import CONSENTS
from unified_customer.policy import Minor, Policy, Regime, Request, contains
from unified_customer.policy.grounds import GROUNDS_BY_STRICTNESS, Ground

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""The first of the instants."""

RELATED_PURPOSES: Final = (
    "marketing",
    "marketing.advertising",
    "marketing.communications",
    "marketing.communications.email",
    "marketing.communications.sms",
    "analytics",
)
"""Purposes of which most are parents, children or siblings of each other."""

CHANNELS: Final = (None, "email", "sms")
RECIPIENTS: Final = (None, "acme", "globex")
STATUSES: Final[tuple[Status, ...]] = get_args(Status)
_SPOKEN_GROUNDS: Final[tuple[Ground, ...]] = ("guardian_consent", "consent", "opt_out")
SUBJECT_KINDS: Final = ("email", "phone", "record")


def instants(*, hours: int = 6) -> st.SearchStrategy[datetime]:
    """Instants on the hour, so that two of them are often equal: `START` and the `hours` after it."""
    return st.integers(0, hours).map(lambda after: START + timedelta(hours=after))


def purposes() -> st.SearchStrategy[str]:
    """Purposes that are often related to each other."""
    return st.sampled_from(RELATED_PURPOSES)


def requests() -> st.SearchStrategy[Request]:
    """What somebody may want personal data for."""
    return st.builds(Request, purposes(), channel=st.sampled_from(CHANNELS), recipient=st.sampled_from(RECIPIENTS))


def nested_requests() -> st.SearchStrategy[tuple[Request, Request]]:
    """Two requests of which the first strictly contains the second."""
    every = [Request(*parts) for parts in product(RELATED_PURPOSES, CHANNELS, RECIPIENTS)]
    return st.sampled_from(
        [(one, other) for one, other in product(every, every) if one != other and contains(one, other)]
    )


def nested_purposes() -> st.SearchStrategy[tuple[str, str]]:
    """Two data uses of which the first is the second or one of its ancestors."""
    return st.sampled_from([(above, each) for each in DATA_USES for above in ancestors(each)])


def grounds() -> st.SearchStrategy[Ground]:
    """What a purpose may rest on; often something under which it matters what people say."""
    return st.sampled_from(GROUNDS_BY_STRICTNESS) | st.sampled_from(_SPOKEN_GROUNDS)


def policies() -> st.SearchStrategy[Policy]:
    """Policies without regimes, which differ in what the purposes rest on and in what a narrower yes does."""
    bases = st.dictionaries(purposes(), grounds(), max_size=3)
    return st.builds(Policy, bases=bases, narrower_yes=st.sampled_from(["never", "later"]))


def regimes() -> st.SearchStrategy[Regime]:
    """Regimes that differ in their fallback, in what they name and in what they ask of minors."""
    minors = st.builds(
        Minor,
        below=st.sampled_from([13, 16]),
        purposes=st.tuples(purposes()),
        needs=st.sampled_from(["never", "guardian_consent", "consent"]),
    )
    return st.builds(
        Regime,
        title=st.just("law"),
        fallback=grounds(),
        bases=st.dictionaries(purposes(), grounds(), max_size=2),
        minors=st.lists(minors, max_size=2).map(tuple),
    )


def policies_of_places() -> st.SearchStrategy[Policy]:
    """Policies under up to three regimes: of a country, of a region of it, and of another country."""
    places = {"US": "one", "US-CA": "two", "DE": "three"}
    return st.builds(
        Policy,
        bases=st.dictionaries(purposes(), grounds(), max_size=1),
        regimes=st.fixed_dictionaries({name: regimes() for name in places.values()}),
        jurisdictions=st.sets(st.sampled_from(sorted(places))).map(lambda some: {each: places[each] for each in some}),
        unknown_age=st.sampled_from(["adult", "minor"]),
        narrower_yes=st.sampled_from(["never", "later"]),
    )


def people(customers: int = 3) -> st.SearchStrategy[pl.DataFrame]:
    """Frames of where customers c0, c1, ... live and when they were born; of some nothing is known."""
    one = st.tuples(
        st.sampled_from([None, "US", "DE", "FR"]),
        st.sampled_from([None, "CA", " california", "TX"]),
        st.one_of(
            st.none(),
            st.dates(date(2008, 12, 25), date(2014, 1, 5)),
            st.dates(date(2009, 12, 28), date(2010, 1, 5)),
            st.just(date(1980, 5, 5)),
        ),
    )
    names = {"customer_id": pl.String(), "country": pl.String(), "region": pl.String(), "birth_date": pl.Date()}
    drawn = st.lists(st.one_of(st.none(), one), min_size=customers, max_size=customers)
    return drawn.map(
        lambda known: pl.DataFrame(
            [(f"c{number}", *each) for number, each in enumerate(known) if each is not None], schema=names, orient="row"
        )
    )


def subject_keys(*, count: int = 3) -> st.SearchStrategy[str]:
    """Keys of `count` different identifiers."""
    return st.integers(0, count - 1).map(subject_key)


def subject_key(number: int) -> str:
    """Return the key of the identifier with this number."""
    return f"{number:024x}"


def consents(
    *, statuses: Sequence[Status] = STATUSES, keys: st.SearchStrategy[str] | None = None
) -> st.SearchStrategy[Consent]:
    """One statement; its id says nothing, `statements` gives ids that differ."""
    return st.builds(
        Consent,
        statement_id=st.just("s"),
        subject_kind=st.sampled_from(SUBJECT_KINDS),
        subject_key=subject_keys() if keys is None else keys,
        purpose=st.one_of(purposes(), purposes(), purposes(), st.just(EVERY_PURPOSE)),
        channel=st.none() | st.sampled_from(CHANNELS),
        recipient=st.none() | st.sampled_from(RECIPIENTS),
        status=st.sampled_from(statuses),
        stated_at=instants(),
        expires_at=st.one_of(st.none(), instants()),
        spoken_by=st.sampled_from([None, None, "self", "guardian"]),
        source=st.just("law"),
    )


def statements(
    *,
    statuses: Sequence[Status] = STATUSES,
    keys: st.SearchStrategy[str] | None = None,
    min_size: int = 0,
    max_size: int = 8,
) -> st.SearchStrategy[list[Consent]]:
    """Lists of statements, each with an id of its own."""
    drawn = st.lists(consents(statuses=statuses, keys=keys), min_size=min_size, max_size=max_size)
    return drawn.map(numbered)


def utterances(
    *, statuses: Sequence[Status] = STATUSES, min_size: int = 0, max_size: int = 6
) -> st.SearchStrategy[list[Consent]]:
    """Statements of which each was said of up to three identifiers and records at once, as one person does."""
    subjects = st.tuples(st.sampled_from(SUBJECT_KINDS), subject_keys())
    said = st.tuples(consents(statuses=statuses), st.lists(subjects, min_size=1, max_size=3, unique=True))
    return st.lists(said, min_size=min_size, max_size=max_size).map(_of_each_subject)


def _of_each_subject(said: Iterable[tuple[Consent, Sequence[tuple[str, str]]]]) -> list[Consent]:
    return numbered(
        each.model_copy(update={"subject_kind": kind, "subject_key": key})
        for each, subjects in said
        for kind, key in subjects
    )


def numbered(said: Iterable[Consent]) -> list[Consent]:
    """Return the statements with the ids s0, s1, ..."""
    return [each.model_copy(update={"statement_id": f"s{number}"}) for number, each in enumerate(said)]


def ledger(said: Iterable[Consent]) -> pl.DataFrame:
    """Return the statements as a frame of table `consents`."""
    return pl.DataFrame([each.model_dump() for each in said], schema=CONSENTS.columns)


def ownership(customers: int = 2, *, keys: int = 3) -> st.SearchStrategy[pl.DataFrame]:
    """Frames of `customer_id`, `subject_kind`, `subject_key`: each identifier has an owner, each customer a record."""
    pairs = [(kind, subject_key(number)) for kind in SUBJECT_KINDS for number in range(keys)]
    owners = st.lists(st.integers(0, customers - 1), min_size=len(pairs), max_size=len(pairs))
    return owners.map(lambda drawn: _owned(pairs, drawn, customers))


def shared_ownership(customers: int = 3, *, keys: int = 3) -> st.SearchStrategy[pl.DataFrame]:
    """Frames like those of `ownership`, in which an identifier may have several owners, or none; a record has one."""
    pairs = [(kind, subject_key(number)) for kind in SUBJECT_KINDS for number in range(keys)]
    holding = st.tuples(st.integers(0, customers - 1), st.sampled_from(pairs))
    drawn = st.lists(holding, unique_by=_held_once, max_size=len(pairs) * 2)
    return drawn.map(lambda held: _owned([pair for _, pair in held], [owner for owner, _ in held], customers))


def _held_once(holding: tuple[int, tuple[str, str]]) -> object:
    owner, pair = holding
    return pair if pair[0] == RECORD else (owner, pair)


def _owned(pairs: Sequence[tuple[str, str]], owners: Sequence[int], customers: int) -> pl.DataFrame:
    rows = [(f"c{owner}", *pair) for owner, pair in zip(owners, pairs, strict=True)]
    own_records = [(f"c{number}", "record", subject_key(900 + number)) for number in range(customers)]
    names = {"customer_id": pl.String, "subject_kind": pl.String, "subject_key": pl.String}
    return pl.DataFrame(rows + own_records, schema=names, orient="row")
