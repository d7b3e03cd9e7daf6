"""Invented weights, levels and components for the laws of matching: any at all, likely or not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from hypothesis import strategies as st

from unified_customer.identity.matching.arrays import NONE, Floats, Ints, Levels
from unified_customer.identity.matching.encoding import Column
from unified_customer.identity.matching.evidence import Evidence
from unified_customer.identity.matching.groups import bonds_between
from unified_customer.identity.matching.linkage import FORBIDDEN, Scored
from unified_customer.identity.matching.mixture import Mixture
from unified_customer.identity.matching.roles import Role
from unified_customer.identity.matching.scales import SCALES

PERSON: tuple[Role, ...] = ("given_name", "family_name", "birth_date", "street", "email")

_ALPHABETS: dict[str, str] = {
    "birth_date": "0129",
    "phone": "0129",
    "identifier": "019a",
    "house_number": "12a",
    "postcode": "LS019",
    "email": "ab.",
}
_WORDS = [
    "anna",
    "ann",
    "robert",
    "bob",
    "james",
    "jim",
    "a",
    "b",
    "okafor",
    "okafro",
    "marsh",
    "de",
    "la",
    "high",
    "street",
    "lane",
    "leeds",
    "leeds2",
]


def values_of(role: Role) -> st.SearchStrategy[str]:
    """Values that could be normal forms of a role, many of them nearly equal."""
    if role == "birth_date":
        return st.builds("19{}{}{}".format, *(st.sampled_from(("11", "12", "21", "07")),) * 3) | st.just("1971")
    if role == "email":
        return st.builds("{}@{}".format, st.text("abc.", max_size=6), st.sampled_from(("x.org", "x.com", "mail.net")))
    if role in _ALPHABETS:
        return st.text(_ALPHABETS[role], min_size=1, max_size=8)
    word = st.sampled_from(_WORDS)
    return word | st.lists(word, min_size=1, max_size=3).map(" ".join)


def empty_columns(roles: Sequence[Role]) -> tuple[Column, ...]:
    """Return columns of these roles of which nothing is known but the role."""
    nothing, none = np.empty((0, 1), dtype=np.int32), np.empty(0, dtype=np.int64)
    return tuple(Column(role, role, pl.Series(role, [], dtype=pl.String), nothing, none) for role in roles)


@dataclass(frozen=True)
class Model:
    """A mixture and the columns it is of."""

    columns: tuple[Column, ...]
    mixture: Mixture


@st.composite
def models(draw: st.DrawFn, roles: Sequence[Role] = PERSON) -> Model:
    """Any mixture over columns of these roles."""
    columns = empty_columns(roles)
    sizes = [len(SCALES[role]) for role in roles]
    chance = tuple(draw(_shares(size)) for size in sizes)
    one = tuple(draw(_shares(size)) for size in sizes)
    bonds = bonds_between(columns)[: draw(st.integers(0, 2))]
    bound = tuple(tuple(draw(st.just(each) | _shares(len(each))) for each in chance) for _ in bonds)
    shares = np.array([draw(st.floats(1e-8, 0.1)) for _ in range(1 + len(bonds))])
    return Model(columns, Mixture(chance, one, bonds, bound, shares, rounds=1))


def _shares(size: int) -> st.SearchStrategy[Floats]:
    weights = st.lists(st.sampled_from((1e-6, 1e-3, 0.1, 1.0, 5.0)), min_size=size, max_size=size)
    return weights.map(lambda found: np.array(found) / sum(found))


@st.composite
def evidences(draw: st.DrawFn, *, fields: int = 3) -> Evidence:
    """Any weights of a few fields with a few levels, for one person and up to two bonds."""
    sizes = [draw(st.integers(2, 4)) for _ in range(fields)]
    bonds = draw(st.integers(0, 2))
    weights = [_weights(size) for size in sizes]
    return Evidence(
        prior=np.array([draw(st.floats(-12, 4, width=16)) for _ in range(1 + bonds)]),
        one=tuple(draw(each) for each in weights),
        bound=tuple(tuple(draw(st.none() | each) for each in weights) for _ in range(bonds)),
    )


def _weights(size: int) -> st.SearchStrategy[Floats]:
    bits = st.lists(st.floats(-9, 12, width=16), min_size=size, max_size=size)
    return bits.map(lambda found: np.array(sorted(found)))


def levels_of(evidence: Evidence, *, rows: int) -> st.SearchStrategy[Levels]:
    """Levels of so many pairs, of which some are silent."""
    row = st.tuples(*(st.integers(NONE, len(weights) - 1) for weights in evidence.one))
    return st.lists(row, min_size=rows, max_size=rows).map(
        lambda found: np.array(found, dtype=np.int8).reshape(rows, len(evidence.one))
    )


@dataclass(frozen=True)
class Linking:
    """What is linked: components of records, and all pairs within them, scored."""

    labels: Ints
    scored: Scored
    evidence: Evidence

    def component(self, label: int) -> "Linking":
        """Return one of the components alone, with its records numbered anew."""
        members = np.flatnonzero(self.labels == label)
        first, second = np.divmod(self.scored.pairs, len(self.labels))
        inside = np.isin(first, members)
        pairs = np.searchsorted(members, first[inside]) * len(members) + np.searchsorted(members, second[inside])
        scored = Scored(pairs, self.scored.levels[inside], self.scored.log_odds[inside])
        return Linking(np.zeros(len(members), dtype=np.int64), scored, self.evidence)


@st.composite
def linkings(draw: st.DrawFn, *, sizes: Sequence[int] = (1, 2, 3, 4, 5), most: int = 3) -> Linking:
    """A few components with any levels at all, in which some records must not be together."""
    evidence = draw(evidences())
    members = draw(st.lists(st.sampled_from(sizes), min_size=1, max_size=most))
    labels = np.array(draw(st.permutations([label for label, size in enumerate(members) for _ in range(size)])))
    first, second = np.triu_indices(len(labels), 1)
    inside = labels[first] == labels[second]
    pairs = first[inside].astype(np.int64) * len(labels) + second[inside]
    levels = draw(levels_of(evidence, rows=len(pairs)))
    barred = np.array(draw(st.lists(st.sampled_from((False,) * 5 + (True,)), min_size=len(pairs), max_size=len(pairs))))
    log_odds = np.where(barred.astype(np.bool_), FORBIDDEN, evidence.log_odds(levels))
    return Linking(labels, Scored(pairs, levels, log_odds), evidence)


@dataclass(frozen=True)
class Truth:
    """A mixture of which pairs can be drawn: levels are independent within chance, one person and household."""

    roles: tuple[Role, ...]
    chance: tuple[Floats, ...]
    one: tuple[Floats, ...]
    household: tuple[Floats, ...]
    share_of_one: float
    share_of_household: float

    def pairs(self, size: int, *, seed: int, silent: float = 0.0) -> Levels:
        """Draw levels of so many pairs, of which a share is silent in each field."""
        random = np.random.Generator(np.random.PCG64(seed))
        kinds = random.choice(3, size, p=[1 - self.share_of_one - self.share_of_household, *self._shares])
        levels = np.empty((size, len(self.roles)), dtype=np.int8)
        for kind, classes in enumerate((self.chance, self.one, self.household)):
            rows = kinds == kind
            for field, shares in enumerate(classes):
                levels[rows, field] = random.choice(len(shares), rows.sum(), p=shares)
        levels[random.random(levels.shape) < silent] = NONE
        return levels

    @property
    def _shares(self) -> tuple[float, float]:
        return self.share_of_one, self.share_of_household


@st.composite
def truths(draw: st.DrawFn) -> Truth:
    """Mixtures in which one person mostly agrees, and a household agrees in family name and street."""
    roles: tuple[Role, ...] = ("given_name", "family_name", "birth_date", "street")
    rare = draw(st.sampled_from((0.01, 0.03)))
    agree = [draw(st.sampled_from((0.7, 0.85, 0.93))) for _ in roles]
    chance = tuple(_peaked(role, rare, unlike=0.98 - rare) for role in roles)
    one = tuple(_peaked(role, share, unlike=0.03) for role, share in zip(roles, agree, strict=True))
    bound = {field: _peaked(field, 0.95, unlike=0.03) for field in (roles[1], roles[3])}
    household = tuple(bound.get(role, by_chance) for role, by_chance in zip(roles, chance, strict=True))
    return Truth(
        roles, chance, one, household, draw(st.sampled_from((0.01, 0.03))), draw(st.sampled_from((0.01, 0.02)))
    )


def _peaked(role: Role, equal: float, *, unlike: float) -> Floats:
    """Return shares of levels: nearly all are equal and rare, unlike, or the most alike without being equal."""
    scale = SCALES[role]
    shares = np.full(len(scale), 1e-4)
    shares[[0, len(scale.graded) - 1, scale.ordered - 1]] = unlike, 1 - equal - unlike, equal
    found: Floats = shares / shares.sum()
    return found
