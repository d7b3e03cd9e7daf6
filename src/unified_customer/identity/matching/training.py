"""From records to weights and keys, without labels."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from unified_customer.identity.matching.arrays import Ints, sorted_distinct
from unified_customer.identity.matching.blocking import unpack
from unified_customer.identity.matching.census import Census
from unified_customer.identity.matching.chance import expected_levels
from unified_customer.identity.matching.comparison import compare
from unified_customer.identity.matching.encoding import Encoded
from unified_customer.identity.matching.evidence import Evidence, weigh
from unified_customer.identity.matching.keys import KeyPart
from unified_customer.identity.matching.mixture import Mixture, estimate
from unified_customer.identity.matching.patterns import patterns_of
from unified_customer.identity.matching.selection import choose, try_keys

TRAINING_PAIRS: Final = 500_000
"""Weights are learned from so many candidate pairs."""


@dataclass(frozen=True)
class Trained:
    """What was learned.

    Attributes:
        keys: The parts of the blocking keys, in the order in which they were chosen.
        mixture: How often fields agree.
        evidence: What that weighs.
    """

    keys: tuple[tuple[KeyPart, ...], ...]
    mixture: Mixture
    evidence: Evidence


def train(records: Encoded, census: Census, *, budget: float, seed: int) -> Trained:
    """Choose blocking keys and estimate weights.

    Every possible key is tried. Weights are not learned from the candidates of the chosen keys: these were chosen for
    the matches among them, and would make relatives and neighbours look rare.

    Args:
        records: The records, or a sample of them.
        census: Counts of all records.
        budget: Each key may bring so many pairs for each record.
        seed: Of the random pairs.
    """
    share = len(records) / census.records
    trials = try_keys(records, budget * len(records))
    pairs, weight = _some(sorted_distinct(np.concatenate([trial.pairs for trial in trials])), seed=seed)
    levels = compare(records, *unpack(len(records), pairs), census.rarity)
    expected = [counts * (records.pairs / census.pairs) for counts in expected_levels(records, census, seed=seed)]
    mixture = estimate(records.columns, patterns_of(levels).weighted(weight), expected, records.pairs)
    evidence = weigh(records.columns, mixture)
    likely = pairs[evidence.log_odds(levels) > 0]
    if share < 1:
        # Among all records blocks are larger than in the sample, and a budget is used up sooner.
        trials = try_keys(records, budget * len(records) * share)
    return Trained(tuple(choose(trials, likely, len(records), weight=weight)), mixture, evidence)


def _some(pairs: Ints, *, seed: int) -> tuple[Ints, float]:
    """Return a sample of the pairs, in their order, and how many each of them stands for."""
    if len(pairs) <= TRAINING_PAIRS:
        return pairs, 1.0
    random = np.random.Generator(np.random.PCG64(seed))
    return np.sort(random.choice(pairs, TRAINING_PAIRS, replace=False)), len(pairs) / TRAINING_PAIRS
