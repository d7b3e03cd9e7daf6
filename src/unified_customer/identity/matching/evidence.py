"""What levels of agreement weigh, in bits, and the odds that a pair is one person.

The evidence of a field is the base-two logarithm of how much more often it agrees so in one person than by chance. Odds
are those of one person against everything else: chance and every bond.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from unified_customer.identity.matching.arrays import Floats, Ints, Levels
from unified_customer.identity.matching.encoding import Column
from unified_customer.identity.matching.mixture import Mixture
from unified_customer.identity.matching.scales import SCALES

AT_ONCE = 1_000_000
_HUGE = 120.0


# Compared by identity, so that matchers which have worked theirs out compare by what they are.
@dataclass(frozen=True, eq=False)
class Evidence:
    """The weights of a fitted matcher.

    Attributes:
        prior: In bits, for one person and then each bond, against chance.
        one: For each field the weight of each level for one person, against chance.
        bound: For each bond the same for its pairs; None where the bond says nothing of a field.
    """

    prior: Floats
    one: tuple[Floats, ...]
    bound: tuple[tuple[Floats | None, ...], ...]

    @cached_property
    def terms(self) -> "Terms":
        """All weights that are not nothing, one row of a table each."""
        every = [(0, field, weights) for field, weights in enumerate(self.one)]
        for place, weights in enumerate(self.bound, start=1):
            every += [(place, field, said) for field, said in enumerate(weights) if said is not None]
        return Terms(every, classes=len(self.prior))

    def log_odds(self, levels: Levels) -> Floats:
        """Return for each row of `levels` the odds that it is one person, in bits."""
        found = np.empty(len(levels))
        for start in range(0, len(levels), AT_ONCE):
            part = levels[start : start + AT_ONCE]
            sums = np.tile(self.prior, (len(part), 1))
            for place, field, table in self.terms.rows:
                sums[:, place] += table[part[:, field]]
            found[start : start + AT_ONCE] = against_all(sums)
        return found


class Terms:
    """The weights as tables, and to which class and field each belongs.

    Attributes:
        rows: Class, field, and the weights of the levels with that of silence, nothing, at the end (level -1).
        fields: The field of each row.
        sums: Which class a row adds to: ones in a matrix of shape (rows, classes).
    """

    def __init__(self, every: Sequence[tuple[int, int, Floats]], *, classes: int) -> None:
        """Take class, field and weights of each term."""
        self.rows = [(place, field, np.append(weights, 0.0)) for place, field, weights in every]
        self.fields: Ints = np.array([field for _, field, _ in every], dtype=np.int64)
        self.sums = np.zeros((len(every), classes), dtype=np.float32)
        self.sums[np.arange(len(every)), [place for place, _, _ in every]] = 1


def against_all(sums: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the odds of the first class against chance and all other classes; the last axis is that of the classes."""
    others = np.exp2(np.minimum(sums[..., 1:], _HUGE)).sum(axis=-1)
    found: npt.NDArray[Any] = sums[..., 0] - np.log2(1 + others)
    return found


def probability(log_odds: Floats) -> Floats:
    """Return the probability that odds in bits stand for."""
    found: Floats = 1 / (1 + np.exp2(-np.clip(log_odds, -_HUGE, _HUGE)))
    return found


def weigh(columns: Sequence[Column], mixture: Mixture) -> Evidence:
    """Turn an estimate into weights.

    The weights of one person are made monotone: values that are more alike, or equal and rarer, never weigh less.
    """
    mass = mixture.shares[0]
    one = tuple(
        _monotone(np.log2(said / chance), mass * said + chance * mass, SCALES[column.role].ordered)
        for column, said, chance in zip(columns, mixture.one, mixture.chance, strict=True)
    )
    bound = tuple(
        tuple(
            None if said is chance else np.log2(said / chance)
            for said, chance in zip(each, mixture.chance, strict=True)
        )
        for each in mixture.bound
    )
    prior = np.log2(mixture.shares / max(1e-9, 1 - mixture.shares.sum()))
    return Evidence(prior, one, bound)


def _monotone(weights: Floats, seen: Floats, ordered: int) -> Floats:
    from scipy.optimize import isotonic_regression

    smoothed = weights.copy()
    smoothed[:ordered] = isotonic_regression(weights[:ordered], weights=seen[:ordered] + 1e-12).x
    return smoothed
