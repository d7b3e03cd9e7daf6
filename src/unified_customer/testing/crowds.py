"""Crowds: many small groups of people who said different things, so that a law meets every kind of decision at once.

Drawn from a seed rather than value by value: a law over a thousand decisions would else take a thousand draws.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from random import Random
from typing import Any, Final

import polars as pl
from hypothesis import strategies as st

from unified_customer.core.models import Consent
from unified_customer.core.models.purposes import EVERY_PURPOSE
from unified_customer.policy import Request
from unified_customer.testing.strategies import START, ledger

Subject = tuple[str, str]

PURPOSES: Final = ("marketing", "marketing.communications", "marketing.communications.email", "marketing.advertising")
WORDS: Final = ("granted",) * 5 + ("denied", "withdrawn", "objected", "restricted", "unrestricted")
HOURS: Final = 5
BORN: Final = (None, date(1980, 5, 5), date(2010, 1, 1), date(2010, 1, 2), date(2013, 1, 2))
PLACES: Final = ((None, None), ("US", "CA"), ("US", "TX"), ("DE", None), ("FR", None))


@dataclass(frozen=True)
class Crowd:
    """People, what is theirs, and what was said of it.

    Attributes:
        held: Customer -> the subjects that are theirs; an identifier may be of several customers, a record of one.
        said: The statements about them.
        people: `customer_id`, `country`, `region`, `birth_date`.
    """

    held: dict[str, list[Subject]]
    said: list[Consent]
    people: pl.DataFrame

    @property
    def subjects(self) -> pl.DataFrame:
        """The subjects as `permit` takes them."""
        rows = [(customer, *each) for customer, theirs in self.held.items() for each in theirs]
        names = ("customer_id", "subject_kind", "subject_key")
        return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")

    @property
    def statements(self) -> pl.DataFrame:
        """The statements as `permit` takes them."""
        return ledger(self.said)

    @cached_property
    def shared(self) -> set[Subject]:
        """What several customers hold."""
        holders = Counter(each for theirs in self.held.values() for each in theirs)
        return {each for each, count in holders.items() if count > 1}

    def about(self, customer: str) -> list[Consent]:
        """Return the statements about what is a customer's."""
        theirs = set(self.held[customer])
        return [each for each in self._of_group[customer.partition("-")[0]] if _subject(each) in theirs]

    @cached_property
    def _of_group(self) -> dict[str, list[Consent]]:
        groups: dict[str, list[Consent]] = {customer.partition("-")[0]: [] for customer in self.held}
        for each in self.said:
            groups[each.statement_id.partition("-")[0]].append(each)
        return groups


def crowds(*, groups: int = 60) -> st.SearchStrategy[Crowd]:
    """Crowds of so many groups of one to three people, who may share identifiers with each other alone."""
    return st.integers(0, 2**32 - 1).map(lambda seed: crowd(Random(seed), groups=groups))


def some_requests(*, count: int = 8) -> st.SearchStrategy[list[Request]]:
    """What a crowd may be asked: `count` different requests."""
    requests = [Request(purpose, channel, to) for purpose in PURPOSES for channel in _CHANNELS for to in _RECIPIENTS]
    return st.lists(st.sampled_from(requests), min_size=count, max_size=count, unique=True)


_CHANNELS: Final = (None, "sms", "email")
_RECIPIENTS: Final = (None, "acme")


def crowd(random: Random, *, groups: int) -> Crowd:
    """Return a crowd: the same for the same state of `random`."""
    held: dict[str, list[Subject]] = {}
    said: list[Consent] = []
    for number in range(groups):
        theirs = _group(random, number)
        held |= theirs
        said += _said(random, number, sorted({each for subjects in theirs.values() for each in subjects}))
    rows = [(customer, *random.choice(PLACES), random.choice(BORN)) for customer in held]
    names = {"customer_id": pl.String(), "country": pl.String(), "region": pl.String(), "birth_date": pl.Date()}
    random.shuffle(said)
    return Crowd(held, said, pl.DataFrame(rows, schema=names, orient="row"))


def _group(random: Random, number: int) -> dict[str, list[Subject]]:
    customers = [f"g{number}-c{place}" for place in range(random.randint(1, 3))]
    held: dict[str, list[Subject]] = {each: [("record", f"{each}-r")] for each in customers}
    for kind in ("email", "phone"):
        for holder in random.sample(customers, random.randint(0, len(customers))):
            held[holder].append((kind, f"g{number}-{kind}"))
    return held


def _said(random: Random, number: int, subjects: list[Subject]) -> Iterator[Consent]:
    for utterance in range(random.randint(0, 4)):
        content = _content(random)
        for place, (kind, key) in enumerate(random.sample(subjects, random.randint(1, min(3, len(subjects))))):
            statement_id = f"g{number}-{utterance}-{place}"
            yield Consent.model_construct(
                statement_id=statement_id, subject_kind=kind, subject_key=key, source="law", **content
            )


def _content(random: Random) -> dict[str, Any]:
    until = random.choice([None, None, None, *range(HOURS + 2)])
    return {
        "purpose": random.choice([*PURPOSES, EVERY_PURPOSE]),
        "channel": random.choice([None, None, None, "sms", "email"]),
        "recipient": random.choice([None, None, None, "acme"]),
        "status": random.choice(WORDS),
        "stated_at": START + timedelta(hours=random.randint(0, HOURS)),
        "expires_at": None if until is None else START + timedelta(hours=until),
        "spoken_by": random.choice([None, "self", "agent", "guardian", "guardian"]),
    }


def _subject(said: Consent) -> Subject:
    return said.subject_kind, said.subject_key
