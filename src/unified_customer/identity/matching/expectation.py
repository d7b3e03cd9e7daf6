"""How good a matching is expected to be, without labels, and how sure that is."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from unified_customer.identity.matching.arrays import Floats, Ints
from unified_customer.identity.matching.blocking import unpack
from unified_customer.identity.matching.evidence import probability
from unified_customer.identity.matching.linkage import Scored

_DEVIATIONS: Final = 2.0


@dataclass(frozen=True)
class Range:
    """A rate from 0 to 1 that is expected, and between which bounds it is likely to lie."""

    expected: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return the rate with its bounds."""
        return f"{self.expected:.3f} ({self.low:.3f} to {self.high:.3f})"


@dataclass(frozen=True)
class Expected:
    """What is expected of the pairs that are taken for one person.

    There are two views: the probabilities of the pairs, and the clusters, which know more (a pair that is unlikely by
    itself may be held together by a third record). The precision that is expected is that of the probabilities, the
    recall that of the clusters; the bounds take in both, and two standard deviations. Whom nothing in the data connects
    with himself cannot be counted, so the recall is an upper estimate.

    Attributes:
        precision: Of the pairs above the threshold, how many are one person.
        recall: Of all pairs of one person, how many are above the threshold.
        blocking_recall: Of all pairs of one person, how many were compared.
    """

    precision: Range
    recall: Range
    blocking_recall: float

    def __str__(self) -> str:
        """Return the three in a line."""
        return f"precision {self.precision}, recall {self.recall}, blocking recall {self.blocking_recall:.3f}"


@dataclass(frozen=True)
class Tally:
    """What is counted of the candidate pairs and the clusters.

    Attributes:
        likely: The sum of the probabilities of all candidate pairs.
        spread: The sum of how uncertain each is: `p * (1 - p)`.
        taken: How many pairs are above the threshold.
        right: The sum of their probabilities.
        within: How many candidate pairs are within clusters.
        taken_within: How many of those above the threshold.
        implied: How many pairs of records are within clusters, be they candidates or not.
    """

    likely: float
    spread: float
    taken: float
    right: float
    within: float
    taken_within: float
    implied: float

    def expected(self, matches: float) -> Expected:
        """Return what is expected, with so many pairs of one person by the model."""
        all_right = max(self.likely, matches, 1e-9)
        spread, count = _DEVIATIONS * float(np.sqrt(self.spread)), max(1.0, self.taken)
        return Expected(
            precision=_range(self.right / count, self.taken_within / count, spread / count),
            recall=_range(_share(self.taken_within, self.implied), _share(self.right, all_right), spread / all_right),
            blocking_recall=min(_share(self.likely, all_right), _share(self.within, self.implied)),
        )


def expect(known: Scored, clusters: Ints, *, least: float, matches: float) -> Expected:
    """Return what is expected of a matching.

    Args:
        known: The candidate pairs.
        clusters: The cluster of each record.
        least: Pairs above these bits are taken.
        matches: How many pairs of one person there are, by the model.
    """
    likely = probability(known.log_odds)
    taken = known.log_odds > least
    first, second = unpack(len(clusters), known.pairs)
    together = clusters[first] == clusters[second]
    sizes = np.bincount(clusters).astype(np.float64)
    tally = Tally(
        likely=float(likely.sum()),
        spread=float((likely * (1 - likely)).sum()),
        taken=float(taken.sum()),
        right=float(likely[taken].sum()),
        within=float(together.sum()),
        taken_within=float((together & taken).sum()),
        implied=float((sizes * (sizes - 1) / 2).sum()),
    )
    return tally.expected(matches)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


def _range(expected: float, other: float, spread: float) -> Range:
    views: Floats = np.clip([expected, other], 0, 1)
    low, high = np.clip([views.min() - spread, views.max() + spread], 0, 1)
    return Range(float(views[0]), float(low), float(high))
