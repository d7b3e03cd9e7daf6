"""From records to weights and keys, without labels."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from unified_customer.identity.matching.arrays import Ints, sorted_distinct
from unified_customer.identity.matching.blocking import unpack
from unified_customer.identity.matching.chance import expected_levels
from unified_customer.identity.matching.comparison import compare
from unified_customer.identity.matching.encoding import Encoded
from unified_customer.identity.matching.evidence import Evidence, weigh
from unified_customer.identity.matching.keys import BlockingKey
from unified_customer.identity.matching.mixture import Mixture, estimate
from unified_customer.identity.matching.patterns import patterns_of
from unified_customer.identity.matching.rarity import Rareness
from unified_customer.identity.matching.selection import choose, limited, try_keys

SAMPLE: Final = 60_000
"""Keys are tried on so many records."""

TRAINING_PAIRS: Final = 500_000
"""Weights are learned from so many candidate pairs."""


@dataclass(frozen=True)
class Trained:
    """What was learned.

    Attributes:
        keys: The blocking keys.
        mixture: How often fields agree.
        evidence: What that weighs.
    """

    keys: tuple[BlockingKey, ...]
    mixture: Mixture
    evidence: Evidence


def train(records: Encoded, rarity: Rareness, *, budget: float, seed: int) -> Trained:
    """Choose blocking keys and estimate weights.

    Both are learned from a sample in which every possible key is tried. Weights are not learned from the candidates of the
    chosen keys: these were chosen for the matches among them, and would make relatives and neighbours look rare.

    Args:
        records: All records.
        rarity: How rare their values are.
        budget: Each key may bring so many pairs for each record.
        seed: Of the random pairs and the sample.
    """
    expected = expected_levels(records, rarity, seed=seed)
    sample, share = _sample(records, seed=seed)
    trials = try_keys(sample, budget * len(sample))
    pairs, weight = _some(sorted_distinct(np.concatenate([trial.pairs for trial in trials])), seed=seed)
    levels = compare(sample, *unpack(len(sample), pairs), rarity)
    scaled = [counts * share**2 for counts in expected]
    mixture = estimate(sample.columns, patterns_of(levels).weighted(weight), scaled, sample.pairs)
    evidence = weigh(sample.columns, mixture)
    likely = pairs[evidence.log_odds(levels) > 0]
    if share < 1:
        trials = try_keys(sample, budget * len(sample) * share)
    keys = limited(records, choose(trials, likely, len(sample), weight=weight), budget * len(records))
    return Trained(tuple(keys), mixture, evidence)


def _sample(records: Encoded, *, seed: int) -> tuple[Encoded, float]:
    if len(records) <= SAMPLE:
        return records, 1.0
    random = np.random.Generator(np.random.PCG64(seed))
    rows = np.sort(random.choice(len(records), SAMPLE, replace=False))
    return records.take(rows), SAMPLE / len(records)


def _some(pairs: Ints, *, seed: int) -> tuple[Ints, float]:
    """Return a sample of the pairs, in their order, and how many each of them stands for."""
    if len(pairs) <= TRAINING_PAIRS:
        return pairs, 1.0
    random = np.random.Generator(np.random.PCG64(seed))
    return np.sort(random.choice(pairs, TRAINING_PAIRS, replace=False)), len(pairs) / TRAINING_PAIRS
