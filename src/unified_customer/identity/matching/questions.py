"""The next pair to ask a person about, among some records: it depends on the records and on what was judged, and on nothing else."""

import hashlib
from collections.abc import Collection
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from unified_customer.identity.matching.arrays import Floats, Ints, Levels
from unified_customer.identity.matching.blocking import candidates, unpack
from unified_customer.identity.matching.constraints import constrain
from unified_customer.identity.matching.encoding import Encoded
from unified_customer.identity.matching.evidence import probability
from unified_customer.identity.matching.judgements import Placed, place, place_judged
from unified_customer.identity.matching.linkage import FORBIDDEN, Scored
from unified_customer.identity.matching.matcher import FittedMatcher
from unified_customer.identity.matching.matches import ends_of
from unified_customer.identity.matching.patterns import patterns_of
from unified_customer.identity.matching.proposals import Pool, posterior
from unified_customer.identity.matching.rarity import Looked
from unified_customer.identity.matching.refinement import WRONG, refine, said_yes
from unified_customer.identity.matching.scoring import Scorer

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


class Question(NamedTuple):
    """A pair to ask about.

    Attributes:
        pair: The pair, packed.
        probability: How likely it is one person, by what was judged so far.
        alike: How many candidate pairs have its pattern.
    """

    pair: int
    probability: float
    alike: int


class Questions:
    """What can be asked about some records.

    Attributes:
        matcher: The matcher, as it was before it was refined.
        records: The records.
        known: Their candidate pairs.
    """

    def __init__(self, matcher: FittedMatcher, records: Encoded) -> None:
        """Score the candidate pairs of `records`."""
        self.matcher, self.records = matcher.unrefined(), records
        self._scorer = Scorer(self.matcher.evidence, Looked(self.matcher.rarity, records))
        self.known = self._scorer.score(records, candidates(records, self.matcher.keys))
        self._space = self.matcher.weight_space
        held = constrain(records, distinct=self.matcher.distinct).hold(records, self.known)
        self._pairs = self.known.pairs[held.log_odds > FORBIDDEN]
        self._patterns = patterns_of(self.known.levels[held.log_odds > FORBIDDEN])
        self._pool = Pool(self._space, self._patterns)
        self._order = np.lexsort((_lots(records, self._pairs), self._patterns.places))
        self._starts = np.cumsum(self._patterns.counts).astype(np.int64) - self._patterns.counts.astype(np.int64)

    def next(self, judged: pl.DataFrame, *, passed: Collection[int] = ()) -> Question | None:
        """Return what to ask next; None if nothing is left.

        Args:
            judged: What was judged, as for `FittedMatcher.refined`; pairs with a null answer are not asked about again.
            passed: Packed pairs that are not to be asked about either.
        """
        placed = place_judged(self.records, judged)
        weights, levels = self._weights(placed)
        covariance = posterior(self._space, weights, levels)
        unsure = place(self.records, judged.filter(pl.col("same").is_null()))
        settled = _Settled(len(self.records), placed, {*passed, *unsure.pairs.tolist()})
        closed: Ints = np.empty(0, dtype=np.int64)
        while len(ranked := self._pool.ranked(weights, covariance, closed=closed)):
            for pattern in ranked:
                for pair in self._members(int(pattern)).tolist():
                    if pair not in settled:
                        return self._question(pair, int(pattern), weights)
            closed = np.concatenate([closed, ranked])
        return None

    def _question(self, pair: int, pattern: int, weights: Floats) -> Question:
        levels = self._patterns.levels[[pattern]]
        bits = self._space.design(levels) @ weights - self._space.rivals(levels)
        return Question(pair, float(probability(bits)[0]), int(self._patterns.counts[pattern]))

    def doubtful(self, judged: pl.DataFrame) -> pl.DataFrame:
        """Return the judgements that are more likely wrong than right, by all of them: see `Labelling.doubtful`."""
        placed = place_judged(self.records, judged)
        weights, levels = self._weights(placed)
        yes = said_yes(self._space.design(levels) @ weights - self._space.rivals(levels))[0]
        said = np.where(placed.same, yes, 1 - yes)
        first, second = unpack(len(self.records), placed.pairs)
        found = ends_of(self.records, first, second).with_columns(
            same=pl.Series(placed.same),
            wrong=pl.Series(WRONG * (1 - (said - WRONG) / (1 - 2 * WRONG)) / said),
        )
        return found.filter(pl.col("wrong") > 0.5).sort(
            "wrong", "record_a", "record_b", descending=[True, False, False]
        )

    def refined(self, judged: pl.DataFrame) -> FittedMatcher:
        """Return the matcher, refined by what was judged."""
        return self.matcher.refined_on(self.records, judged, rarity=self._scorer.rarity, known=self.known)

    def _weights(self, placed: Placed) -> tuple[Floats, Levels]:
        scored: Scored = self._scorer.complete(self.records, placed.pairs, self.known)
        if not len(placed.pairs):
            return self._space.learned, scored.levels
        return refine(self._space, scored.levels, placed.same), scored.levels

    def _members(self, pattern: int) -> Ints:
        start = self._starts[pattern]
        return self._pairs[self._order[start : start + int(self._patterns.counts[pattern])]]


class _Settled:
    """Pairs that need no asking: judged, passed over, or what follows from what was judged."""

    def __init__(self, records: int, placed: Placed, passed: set[int]) -> None:
        self._records, self._passed = records, passed | set(placed.pairs.tolist())
        self._leaders: dict[int, int] = {}
        first, second = (ends.tolist() for ends in unpack(records, placed.pairs))
        for one, other, same in zip(first, second, placed.same.tolist(), strict=True):
            if same:
                self._leaders[self._leader(one)] = self._leader(other)
        told = zip(first, second, placed.same.tolist(), strict=True)
        self._apart = {frozenset((self._leader(one), self._leader(other))) for one, other, same in told if not same}

    def __contains__(self, pair: int) -> bool:
        leaders = frozenset(map(self._leader, divmod(pair, self._records)))
        return pair in self._passed or len(leaders) == 1 or leaders in self._apart

    def _leader(self, record: int) -> int:
        while (leader := self._leaders.get(record, record)) != record:
            record = leader
        return record


def _lots(records: Encoded, pairs: Ints) -> npt.NDArray[np.uint64]:
    """Draw lots for pairs: by the ids of their records, and by nothing that they say."""
    drawn = (
        hashlib.blake2b(str(record).encode(), digest_size=8, person=b"uc-lots").digest()
        for record in records.record_ids
    )
    numbers = np.frombuffer(b"".join(drawn), dtype="<u8").astype(np.uint64)
    first, second = unpack(len(records), pairs)
    mixed = (numbers[first] ^ numbers[second]) * _MIX
    return mixed ^ (mixed >> np.uint64(29))
