"""What may be wrong with weights that were learned without labels: a distribution over all of them.

The weights of one person are written as one vector: the prior, then the levels of each field. How far each may be off
is given by a covariance. It has four parts:

* the prior itself;
* a field as a whole, whose weights may all be too large or too small by a factor;
* a level, together with its neighbours on the scale the more the nearer they are;
* what is peculiar to a pattern of levels, and to nothing else. It belongs to no weight.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from unified_customer.identity.matching.arrays import Floats, Ints, Levels
from unified_customer.identity.matching.evidence import Evidence, against_all

PRIOR: Final = 1.5
"""The prior is off by so many bits (standard deviation, as all that follow)."""

FIELD: Final = 0.25
"""The weights of a field are off by so much of themselves."""

LEVEL: Final = 1.5
"""The weight of a level is off by so many bits."""

PATTERN: Final = 1.0
"""The pairs of a pattern are off by so many bits for reasons of their own."""

_NEAR: Final = 2.0
"""Levels so many steps apart have the e-th part of what is off in common."""

_JITTER: Final = 1e-6


class WeightSpace:
    """The weights of one person as a vector, and how far they may be off.

    Attributes:
        evidence: The weights that were learned without labels.
        learned: The same as a vector.
        covariance: How far they may be off, in bits squared.
        steps: The places in the vector of what an ordered level adds to the one below it.
    """

    def __init__(self, evidence: Evidence, ordered: Sequence[int]) -> None:
        """Take the weights, and for each field how many of its levels are in order."""
        sizes = np.array([len(weights) for weights in evidence.one], dtype=np.int64)
        self.evidence = evidence
        self.learned: Floats = np.concatenate([evidence.prior[:1], *evidence.one])
        self._starts: Ints = 1 + np.cumsum(sizes) - sizes
        self._scales = [
            slice(int(start), int(start) + order) for start, order in zip(self._starts, ordered, strict=True)
        ]
        self.steps = [place for scale in self._scales for place in range(scale.start + 1, scale.stop)]
        self.covariance = self._covariance(sizes)

    def _covariance(self, sizes: Ints) -> Floats:
        found = np.diag(np.full(len(self.learned), _JITTER))
        found[0, 0] += PRIOR**2
        for start, size, scale in zip(self._starts, sizes, self._scales, strict=True):
            places = np.arange(start, start + size)
            apart = np.abs(places[:, None] - places[None, :]).astype(np.float64)
            special = places >= scale.stop
            apart[(special[:, None] | special[None, :]) & (apart > 0)] = np.inf
            weights = self.learned[places]
            found[np.ix_(places, places)] += FIELD**2 * np.outer(weights, weights) + LEVEL**2 * np.exp(-apart / _NEAR)
        return found

    def places(self, levels: Levels) -> Ints:
        """Return for each pair the places of its weights, of shape (pairs, 1 + fields); -1 where a field is silent."""
        found = np.where(levels >= 0, levels + self._starts, -1)
        return np.concatenate([np.zeros((len(levels), 1), dtype=np.int64), found], axis=1)

    def design(self, levels: Levels) -> Floats:
        """Return which weights each pair has, as ones in a matrix of shape (pairs, weights)."""
        places = self.places(levels)
        found = np.zeros((len(levels), len(self.learned) + 1))
        np.put_along_axis(found, places, 1.0, axis=1)
        return found[:, :-1]

    def rivals(self, levels: Levels) -> Floats:
        """Return the bits of everything else against chance: chance and every bond."""
        sums = np.tile(self.evidence.prior, (len(levels), 1))
        sums[:, 0] = 0
        for place, field, table in self.evidence.terms.rows:
            if place:
                sums[:, place] += table[levels[:, field]]
        found: Floats = -against_all(sums)
        return found

    def increments(self, weights: Floats) -> Floats:
        """Return weights with each ordered level as what it adds to the one below it."""
        found = weights.copy()
        found[self.steps] = np.maximum(weights[self.steps] - weights[np.array(self.steps, dtype=np.int64) - 1], 0)
        return found

    def added(self, increments: Floats) -> Floats:
        """Return the weights that increments make: never less for what is more alike."""
        found = increments.copy()
        for scale in self._scales:
            found[scale] = np.cumsum(increments[scale])
        return found

    def gathered(self, gradient: Floats) -> Floats:
        """Return the gradient by increments for one by weights."""
        found = gradient.copy()
        for scale in self._scales:
            found[scale] = np.cumsum(gradient[scale][::-1])[::-1]
        return found

    def evidence_of(self, weights: Floats) -> Evidence:
        """Return a vector as weights again; bonds stay as they are."""
        prior = np.concatenate([weights[:1], self.evidence.prior[1:]])
        parts = np.split(weights, self._starts)[1:]
        return Evidence(prior, tuple(parts), self.evidence.bound)
