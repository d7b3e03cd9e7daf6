"""Which pairs to ask a person about: those whose answer is expected to say most about all the others.

Weights are uncertain, and so is every pair that they score. An answer makes some weights less uncertain, and with them
the pairs that share them. The next pair is the one after which the probabilities of all candidate pairs, added up, are
expected to be least uncertain. So pairs near one half come first, patterns that many pairs have come before rare ones,
and a pattern that was answered gives way to others: nothing else has to be done for diversity.

Only patterns of levels are chosen, never pairs for what else is known of them (their clusters, say): given the pattern,
the answer is then that of any of its pairs.

References:
    K. Chaloner, I. Verdinelli (1995): Bayesian experimental design: a review. Statistical Science 10.
    D. A. Cohn, Z. Ghahramani, M. I. Jordan (1996): Active learning with statistical models. JAIR 4.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from unified_customer.identity.matching.arrays import Floats, Ints, Levels
from unified_customer.identity.matching.patterns import Patterns, patterns_of
from unified_customer.identity.matching.refinement import NATURAL, said_yes
from unified_customer.identity.matching.weight_space import PATTERN, WeightSpace

POOL: Final = 20_000
"""So many patterns are looked at; those that matter least are left out."""

ASKED: Final = 1_500
"""Among so many of them the next is chosen."""

HEARD: Final = 4_000
"""So many are looked at for what an answer says about them."""

AT_ONCE: Final = 200_000


class Pool:
    """The patterns about which it is worth asking."""

    def __init__(self, space: WeightSpace, patterns: Patterns) -> None:
        """Keep the patterns that matter most, by the weights that were learned without labels."""
        self.places = _worth_most(space, patterns)
        self._space = space
        self._counts = patterns.counts[self.places]
        self._rivals = space.rivals(patterns.levels[self.places])
        self._design = space.design(patterns.levels[self.places]).astype(np.float32)

    def ranked(self, weights: Floats, covariance: Floats, *, closed: Ints) -> Ints:
        """Return places of patterns, the most useful first: `ASKED` of them, or all.

        Args:
            weights: As they are by now.
            covariance: How uncertain they still are, in bits squared.
            closed: Places of patterns that have no pair left to ask about.
        """
        bits = self._design @ weights - self._rivals
        spread = _spread(self._design, covariance)
        doubt = _doubt(bits, spread)
        heard = _highest(self._counts * doubt**2 * spread, HEARD)
        open_ = np.flatnonzero(~np.isin(self.places, closed))
        asked = open_[_highest((self._counts * doubt * spread)[open_], ASKED)]
        design = self._design[asked].astype(np.float64)
        shared = self._design[heard].astype(np.float64) @ (covariance @ design.T) * NATURAL**2
        change = ((self._counts[heard] * doubt[heard] ** 2)[:, None] * shared**2).sum(axis=0)
        told = change * doubt[asked] / (1 + doubt[asked] * spread[asked])
        return self.places[asked[np.argsort(-told, kind="stable")]]


def posterior(space: WeightSpace, weights: Floats, levels: Levels) -> Floats:
    """Return how uncertain weights still are once pairs of these levels were judged, in bits squared."""
    if not len(levels):
        return space.covariance
    patterns = patterns_of(levels)
    design = space.design(patterns.levels)
    likely, slope = said_yes(design @ weights - space.rivals(patterns.levels))
    told = patterns.counts * slope**2 / (likely * (1 - likely))
    seen = space.covariance @ design.T
    noise = np.diag(1 / np.maximum(told, 1e-9) + PATTERN**2)
    found: Floats = space.covariance - seen @ np.linalg.solve(noise + design @ seen, seen.T)
    return found


def _worth_most(space: WeightSpace, patterns: Patterns) -> Ints:
    worth = np.empty(len(patterns.counts))
    for start in range(0, len(worth), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        levels = patterns.levels[part]
        spread = _spread_of(space.places(levels), space.covariance)
        bits = _scores(space.places(levels), space.learned) - space.rivals(levels)
        worth[part] = patterns.counts[part] * _doubt(bits, spread) ** 2 * spread
    return np.sort(_highest(worth, POOL))


def _scores(places: Ints, weights: Floats) -> Floats:
    found: Floats = np.append(weights, 0.0)[places].sum(axis=1)
    return found


def _spread_of(places: Ints, covariance: Floats) -> Floats:
    """Return the variances of scores in natural units, without a matrix of all pairs and weights."""
    padded = np.pad(covariance, (0, 1))
    found = np.zeros(len(places))
    for one in places.T:
        for other in places.T:
            found += padded[one, other]
    return found * NATURAL**2


def _spread(design: npt.NDArray[np.float32], covariance: Floats) -> Floats:
    """Return the variances of scores in natural units."""
    found: Floats = np.einsum("ij,ij->i", design @ covariance.astype(np.float32), design).astype(np.float64)
    return found * NATURAL**2


def _doubt(bits: Floats, spread: Floats) -> Floats:
    """Return the variance of an answer, over what the weights may be (MacKay 1992)."""
    likely = 1 / (1 + np.exp(-np.clip(bits * NATURAL / np.sqrt(1 + np.pi * spread / 8), -200, 200)))
    found: Floats = likely * (1 - likely)
    return found


def _highest(values: Floats, most: int) -> Ints:
    return np.argsort(-values, kind="stable")[:most].astype(np.int64)
