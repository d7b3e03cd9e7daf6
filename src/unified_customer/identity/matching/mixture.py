"""How often the fields of one person agree, and of two: estimated without labels.

A pair is of one person, of two people by chance, or of two people with a bond (see `groups`). Within each class the
fields are taken as independent. Chance is known from random pairs; all else is found by expectation maximisation over
the patterns of the candidate pairs, in the space of all pairs: what is not a candidate counts as chance.

References:
    I. P. Fellegi, A. B. Sunter (1969): A theory for record linkage. JASA 64.
    W. E. Winkler (1988, 2000): Using the EM algorithm for weight computation in the Fellegi-Sunter model;
    frequency-based
    matching.
    T. Enamorado, B. Fifield, K. Imai (2019): Using a probabilistic model to assist merging of large-scale
    administrative
    records. APSR 113.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from unified_customer.identity.matching.arrays import Floats
from unified_customer.identity.matching.encoding import Column
from unified_customer.identity.matching.groups import Bond, bonds_between, group_of
from unified_customer.identity.matching.patterns import Patterns
from unified_customer.identity.matching.scales import RARITIES, SCALES

ROUNDS: Final = 60
CLOSE: Final = 1e-4
"""The estimate stands when no class changes by more than this share of the matches."""

UNLIKE: Final = 0.05
"""Where bonds abound, one person has two quite different given names, birth dates or ids no more often than this."""

MOVED: Final = 0.1
"""Two people of one home have quite different addresses no more often than this."""

EQUAL: Final = 0.02
"""Two companies of one group have the same name no more often than this."""

RARE: Final = 0.1
"""Twins and namesakes are no larger a part of the pairs of a household than this."""

FEW: Final = 0.01
"""A bond with fewer pairs than this share of the matches is dropped."""

_SMOOTH: Final = 1e-3
"""Agreement of a class is drawn to that of chance as if it had this share more pairs."""

_PERSONAL: Final = frozenset({"given_name", "birth_date", "identifier", "organisation"})


@dataclass(frozen=True)
class Mixture:
    """The estimate.

    Attributes:
        chance: For each field how often pairs by chance are at each level.
        one: The same of pairs of one person.
        bonds: The bonds.
        bound: For each bond the same of its pairs.
        shares: The share of all pairs that are of one person, then of each bond.
        rounds: How many rounds it took.
    """

    chance: tuple[Floats, ...]
    one: tuple[Floats, ...]
    bonds: tuple[Bond, ...]
    bound: tuple[tuple[Floats, ...], ...]
    shares: Floats
    rounds: int


def estimate(columns: Sequence[Column], patterns: Patterns, expected: Sequence[Floats], pairs: float) -> Mixture:
    """Estimate the classes.

    Args:
        columns: The fields.
        patterns: Those of the candidate pairs, with their counts; counts may be weights.
        expected: For each field how many of all pairs are at each level, whatever their class.
        pairs: How many pairs there are in all.

    Returns:
        The estimate. The order of the pairs does not change it.
    """
    return _Estimation(columns, patterns, expected, pairs).run()


class _Estimation:
    def __init__(self, columns: Sequence[Column], patterns: Patterns, expected: Sequence[Floats], pairs: float) -> None:
        self._columns, self._patterns, self._expected, self._pairs = columns, patterns, expected, pairs
        self._groups = [group_of(column) for column in columns]
        self._bonds = bonds_between(columns)
        self._chance = [_normed(counts + 0.5) for counts in expected]
        self._classes = [self._start(None), *(self._start(bond) for bond in self._bonds)]
        self._kin = [self._place(bond.like) for bond in self._bonds]
        records = np.sqrt(2 * pairs)
        self._shares = np.minimum([records / pairs, *(records / pairs / 2 for _ in self._bonds)], 0.2)

    def _place(self, name: str | None) -> int | None:
        return next((place for place, bond in enumerate(self._bonds) if bond.name == name and bond.like is None), None)

    def _start(self, bond: Bond | None) -> list[Floats]:
        return [
            self._chance[place].copy()
            if bond is not None and group not in bond.shared
            else _first_guess(column, self._expected[place], equal=10.0 if bond is None else 3.0)
            for place, (column, group) in enumerate(zip(self._columns, self._groups, strict=True))
        ]

    def run(self) -> Mixture:
        before, rounds = np.zeros(len(self._classes)), 0
        for rounds in range(1, ROUNDS + 1):
            weights = self._expectation()
            masses = self._maximisation(weights)
            if rounds > 5 and np.abs(masses - before).max() < CLOSE * masses[0]:
                break
            before = masses
        kept = [place for place, like in enumerate(self._kin) if self._matters(place if like is None else like)]
        return Mixture(
            chance=tuple(self._chance),
            one=tuple(self._classes[0]),
            bonds=tuple(self._bonds[place] for place in kept),
            bound=tuple(tuple(self._classes[place + 1]) for place in kept),
            shares=self._shares[[0, *(place + 1 for place in kept)]],
            rounds=rounds,
        )

    def _keep_names_apart(self) -> None:
        """Let companies of one group have names of their own."""
        for place, bond in enumerate(self._bonds, start=1):
            for field, column in enumerate(self._columns):
                if self._groups[field] in bond.alike:
                    graded = len(SCALES[column.role].graded)
                    _limit(self._classes[place][field], slice(graded, graded + RARITIES), EQUAL)

    def _matters(self, bond: int) -> bool:
        """Say whether a bond has pairs enough to be more than a name for single odd matches."""
        return bool(self._shares[bond + 1] >= FEW * self._shares[0])

    def _expectation(self) -> Floats:
        """Return how many pairs of each pattern are of each class, chance left out: of shape (patterns, classes)."""
        levels = self._patterns.levels
        logs = np.empty((len(levels), len(self._classes)))
        for place, (agreement, share) in enumerate(zip(self._classes, self._shares, strict=True)):
            logs[:, place] = np.log(share)
            for field, (said, chance) in enumerate(zip(agreement, self._chance, strict=True)):
                if said is not chance:
                    logs[:, place] += np.append(np.log(said / chance), 0.0)[levels[:, field]]
        by_chance = np.log(max(1 - self._shares.sum(), 0.1))
        top = np.maximum(logs.max(axis=1), by_chance)[:, None]
        odds = np.exp(logs - top)
        total = odds.sum(axis=1) + np.exp(by_chance - top[:, 0])
        found: Floats = odds * (self._patterns.counts / total)[:, None]
        return found

    def _maximisation(self, weights: Floats) -> Floats:
        masses: Floats = weights.sum(axis=0)
        for place, like in enumerate(self._kin, start=1):
            if like is not None:
                masses[place] = min(masses[place], RARE * masses[like + 1])
        self._shares = np.maximum(masses, 1e-3) / self._pairs
        for field in range(len(self._columns)):
            self._update(field, weights, masses)
        if masses[1:].sum() > masses[0] / 2:
            self._limit_contradictions()
        self._keep_households_together()
        self._keep_names_apart()
        return masses

    def _update(self, field: int, weights: Floats, masses: Floats) -> None:
        levels = self._patterns.levels[:, field]
        said, size = levels >= 0, len(self._expected[field])
        counts = np.stack([np.bincount(levels[said], each[said], minlength=size) for each in weights.T])
        self._chance[field] = chance = _normed(np.maximum(self._expected[field] - counts.sum(axis=0), 0) + 0.5)
        self._classes[0][field] = _smoothed(counts[0], chance, masses[0])
        leaders = [self._leader(place, field) for place in range(len(self._bonds))]
        found: dict[int, Floats] = {}
        for leader, count in zip(leaders, counts[1:], strict=True):
            if leader is not None:
                found[leader] = found.get(leader, 0) + count
        agreement = {leader: _smoothed(each, chance, masses[leader + 1]) for leader, each in found.items()}
        for place, leader in enumerate(leaders, start=1):
            self._classes[place][field] = chance if leader is None else agreement[leader]

    def _leader(self, place: int, field: int) -> int | None:
        """Return which bond tells how the pairs of a bond agree in a field: itself, the one it is like, or none."""
        like, group = self._kin[place], self._groups[field]
        if like is not None and group in self._bonds[like].shared:
            return like
        return place if group in self._bonds[place].shared else None

    def _limit_contradictions(self) -> None:
        for field, column in enumerate(self._columns):
            if column.role in _PERSONAL:
                _limit(self._classes[0][field], slice(SCALES[column.role].unlike), UNLIKE)

    def _keep_households_together(self) -> None:
        """Let those who share a home agree in the address: else people who moved are taken for households."""
        for place, bond in enumerate(self._bonds, start=1):
            for field, column in enumerate(self._columns):
                if bond.home and self._groups[field] == "address":
                    _limit(self._classes[place][field], slice(SCALES[column.role].unlike), MOVED)


def _first_guess(column: Column, expected: Floats, *, equal: float) -> Floats:
    scale = SCALES[column.role]
    graded = len(scale.graded)
    guess = np.full(len(scale), 0.3)
    guess[:graded] = np.linspace(0.1, 1.5, graded) if graded > 1 else 0.3
    guess[graded : graded + RARITIES] = equal
    guess[expected == 0] = 1e-6
    return _normed(guess)


def _normed(counts: Floats) -> Floats:
    found: Floats = counts / counts.sum()
    return found


def _smoothed(counts: Floats, chance: Floats, mass: float) -> Floats:
    return _normed(counts + (_SMOOTH * mass + 0.1) * chance + 1e-9)


def _limit(agreement: Floats, levels: slice, most: float) -> None:
    share = agreement[levels].sum()
    if share > most:
        within = agreement[levels] * (most / share)
        agreement *= (1 - most) / (1 - share)
        agreement[levels] = within
