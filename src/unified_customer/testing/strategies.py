"""Hypothesis strategies for the things that the laws are about.

They draw from few values on purpose: laws break where purposes are related, times are equal and identifiers are shared.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Final, get_args

import polars as pl
from hypothesis import strategies as st

from unified_customer.core.models import Consent, LegalBasis, Status
from unified_customer.core.models.purposes import DATA_USES, EVERY_PURPOSE, ancestors
from unified_customer.core.tables import CONSENTS
from unified_customer.policy import Policy, Request, contains

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


def policies() -> st.SearchStrategy[Policy]:
    """Policies that differ in the legal bases of the purposes."""
    bases = st.dictionaries(purposes(), st.sampled_from(get_args(LegalBasis)), max_size=3)
    return bases.map(lambda given: Policy(bases=given))


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
        channel=st.sampled_from(CHANNELS),
        recipient=st.sampled_from(RECIPIENTS),
        status=st.sampled_from(statuses),
        stated_at=instants(),
        expires_at=st.one_of(st.none(), instants()),
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
    """Frames like those of `ownership`, in which an identifier may have several owners, or none."""
    pairs = [(kind, subject_key(number)) for kind in SUBJECT_KINDS for number in range(keys)]
    holding = st.tuples(st.integers(0, customers - 1), st.sampled_from(pairs))
    drawn = st.lists(holding, unique=True, max_size=len(pairs) * 2)
    return drawn.map(lambda held: _owned([pair for _, pair in held], [owner for owner, _ in held], customers))


def _owned(pairs: Sequence[tuple[str, str]], owners: Sequence[int], customers: int) -> pl.DataFrame:
    rows = [(f"c{owner}", *pair) for owner, pair in zip(owners, pairs, strict=True)]
    own_records = [(f"c{number}", "record", subject_key(900 + number)) for number in range(customers)]
    names = {"customer_id": pl.String, "subject_kind": pl.String, "subject_key": pl.String}
    return pl.DataFrame(rows + own_records, schema=names, orient="row")
