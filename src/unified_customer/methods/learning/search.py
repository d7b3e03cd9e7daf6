"""How many groups there are, by evidence: one, if nothing speaks for more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import polars as pl
from pydantic import Field

from unified_customer.core.models.base import Model
from unified_customer.methods.learning.chance import Chance
from unified_customer.methods.learning.groups import agreement, centres_of, distances_between, nearest, silhouette
from unified_customer.methods.learning.matrices import Floats, Ints, on_one_thread

Filled = Callable[[Floats], Floats]


class Evidence(Model):
    """What speaks for one number of groups."""

    groups: int
    """The number."""
    silhouette: float | None = None
    """How much nearer rows are to their own group than to the next, from -1 to 1; null for one group."""
    by_chance: float | None = None
    """The same where there are no groups: the mean of drawn data."""
    most_by_chance: float | None = None
    """The highest of the drawn data."""
    stability: float | None = None
    """How far groupings of resampled rows agree: 1 wholly, 0 as by chance (adjusted Rand index)."""
    smallest: int
    """Rows of the smallest group, in the sample that was looked at."""
    enough: bool
    """Whether all of it is enough to speak of so many groups."""
    chosen: bool = False
    """Whether it is the number."""

    @property
    def gain(self) -> float:
        """The silhouette less that by chance."""
        return (self.silhouette or 0.0) - (self.by_chance or 0.0)


@dataclass(frozen=True, eq=False)
class Grouping:
    """Groups that were found.

    Attributes:
        centres: One row a group, the largest first; one row where there are no groups.
        evidence: What speaks for each number that was tried, in order; empty where there was too little to try.
        finding: The result in a sentence.
    """

    centres: Floats
    evidence: tuple[Evidence, ...] = field(repr=False)
    finding: str


class GroupSearch(Model):
    """How groups of similar rows are looked for, and what it takes to believe in them.

    A number of groups is believed in if rows are nearer to their own group (silhouette) than in data drawn without
    groups, by `least_gain` on average and in each draw; if resampled rows give the same groups; and if no group is
    small. Of such numbers it is the one with the highest gain, or the fewest groups that come near it.
    None of them: there is one group. That is a result, not a failure.
    """

    at_most: int = Field(default=8, ge=1, le=30)
    """The most groups that are tried."""
    exactly: int | None = Field(default=None, ge=1, le=30)
    """So many groups, whatever the evidence, which is told none the less."""
    sample: int = Field(default=2000, ge=50)
    """So many rows at most are looked at for evidence; groups are then made from all."""
    resamples: int = Field(default=10, ge=2)
    """How often rows are drawn with replacement and grouped again."""
    draws: int = Field(default=5, ge=1)
    """How often data without groups are drawn."""
    least_gain: float = Field(default=0.05, ge=0, le=1)
    """How much higher the silhouette must be than by chance."""
    least_stability: float = Field(default=0.8, ge=0, le=1)
    """How far groupings of resampled rows must agree."""
    least_size: int = Field(default=10, ge=1)
    """Rows that the smallest group must have among those looked at."""
    flat: float = Field(default=0.02, ge=0, le=1)
    """Fewer groups are preferred if they lose no more gain than this."""

    def find(self, points: Floats, *, chance: Chance, seed: int) -> Grouping:
        """Find the groups of points.

        Args:
            points: One row a point, in canonical order (see `canonical_order`); what is not known is nan. While groups
                are made, it is taken to be the mean of the group.
            chance: What points without groups look like.
            seed: Of the starts, resamples and draws.
        """
        if not points.size:
            return Grouping(np.zeros((1, points.shape[1])), (), _TOO_FEW)
        with on_one_thread():
            evidence = self._evidence(points, chance, seed)
            number = self._number(evidence)
            centres = grouped(points, groups=number, seed=seed)
        told = tuple(each.model_copy(update={"chosen": each.groups == len(centres)}) for each in evidence)
        return Grouping(centres, told, self._said(told, number, len(centres)))

    def _evidence(self, points: Floats, chance: Chance, seed: int) -> list[Evidence]:
        rows = np.sort(np.random.default_rng([seed, 1]).permutation(len(points))[: self.sample])
        most = max(self.at_most, self.exactly or 1)
        numbers = [number for number in range(2, most + 1) if number * self.least_size <= len(rows)]
        if self.exactly is not None and self.exactly > 1 and self.exactly not in numbers:
            numbers.append(self.exactly)
        if not numbers:
            return []
        alone = Evidence(groups=1, smallest=len(rows), enough=True)
        drawn = [self._drawn(chance, rows, numbers, seed + place) for place in range(self.draws)]
        looked = _plain(points[rows])
        apart = distances_between(looked)
        told = (self._one(looked, apart, number, [each[number] for each in drawn], seed) for number in numbers)
        return [alone, *(each for each in told if each is not None)]

    def _drawn(self, chance: Chance, rows: Ints, numbers: Sequence[int], seed: int) -> dict[int, float]:
        points = _plain(chance(np.random.default_rng([seed, 2]), rows))
        apart = distances_between(points)
        labels = {
            number: nearest(points, centres_of(points, groups=number, seed=seed, starts=3))[0] for number in numbers
        }
        return {number: silhouette(apart, found) or 0.0 for number, found in labels.items()}

    def _one(self, points: Floats, apart: Floats, number: int, drawn: Sequence[float], seed: int) -> Evidence | None:
        centres = centres_of(points, groups=number, seed=seed)
        if len(centres) < number:
            return None
        labels = nearest(points, centres)[0]
        told = Evidence(
            groups=number,
            silhouette=silhouette(apart, labels),
            by_chance=float(np.mean(drawn)),
            most_by_chance=max(drawn),
            stability=self._stability(points, number, seed),
            smallest=int(np.bincount(labels).min()),
            enough=False,
        )
        return told.model_copy(update={"enough": self._enough(told)})

    def _stability(self, points: Floats, number: int, seed: int) -> float:
        """Return how far groupings of resampled rows agree on all rows.

        References:
            Y. Fang, J. Wang (2012): Selection of the number of clusters via the bootstrap method. Computational
            Statistics
            and Data Analysis 56, 468-477.
        """
        found = []
        for place in range(self.resamples):
            rows = np.sort(np.random.default_rng([seed, 3, place]).integers(0, len(points), len(points)))
            found.append(nearest(points, centres_of(points[rows], groups=number, seed=seed + place, starts=3))[0])
        return float(np.mean([agreement(one, other) for one, other in combinations(found, 2)]))

    def _enough(self, told: Evidence) -> bool:
        apart = told.gain >= self.least_gain and (told.silhouette or 0) > (told.most_by_chance or 0)
        return apart and (told.stability or 0) >= self.least_stability and told.smallest >= self.least_size

    def _number(self, evidence: Sequence[Evidence]) -> int:
        if self.exactly is not None:
            return self.exactly
        believed = [each for each in evidence if each.enough and each.groups > 1]
        best = max((each.gain for each in believed), default=0.0)
        return min((each.groups for each in believed if each.gain >= best - self.flat), default=1)

    def _said(self, evidence: Sequence[Evidence], wanted: int, found: int) -> str:
        tried = [each for each in evidence if each.groups > 1]
        if found > 1:
            told = next((each for each in tried if each.groups == found), None)
            asked = ", as asked" if self.exactly is not None else ""
            return f"{found} groups{asked}{_measures(told)}"
        if not tried:
            return _TOO_FEW
        if wanted == 1 and self.exactly == 1:
            return "One group, as asked."
        best = max(tried, key=lambda each: each.gain)
        return (
            f"One group: no number from 2 to {tried[-1].groups} is enough apart, found again and large. "
            f"The best is {best.groups}{_measures(best)}"
        )


def grouped(points: Floats, *, groups: int, seed: int) -> Floats:
    """Return the centres of groups of points, of which some values may not be known.

    References:
        J. Chi, E. Chi, R. Baraniuk (2016): k-POD: a method for k-means clustering of missing data. The American
        Statistician 70, 91-99.
    """
    lacking, filled = np.isnan(points), _plain(points)
    centres = centres_of(filled, groups=groups, seed=seed)
    for _ in range(_ROUNDS if lacking.any() else 0):
        before = nearest(points, centres)[0]
        filled = np.where(lacking, centres[before], points)
        centres = centres_of(filled, groups=groups, seed=seed, starts=3)
        if np.array_equal(nearest(points, centres)[0], before):
            break
    return centres


_ROUNDS = 10
_TOO_FEW = "One group: there are too few rows to look for more."


def _plain(points: Floats) -> Floats:
    """Return points with the mean of all in place of what is not known."""
    lacking = np.isnan(points)
    mean = np.nansum(points, axis=0) / np.maximum((~lacking).sum(axis=0), 1)
    return np.ascontiguousarray(np.where(lacking, mean, points))


def _measures(told: Evidence | None) -> str:
    if told is None:
        return "."
    return (
        f": silhouette {told.silhouette or 0:.2f}, by chance {told.by_chance or 0:.2f}; "
        f"agreement of resamples {told.stability or 0:.2f}; smallest group {told.smallest} of those looked at."
    )


def evidence_frame(evidence: Sequence[Evidence]) -> pl.DataFrame:
    """Return evidence as a frame, one row a number of groups."""
    columns = {
        "groups": pl.Int64(), "silhouette": pl.Float64(), "by_chance": pl.Float64(), "most_by_chance": pl.Float64(),
        "stability": pl.Float64(), "smallest": pl.Int64(), "enough": pl.Boolean(), "chosen": pl.Boolean(),
    }  # fmt: skip
    return pl.DataFrame([each.model_dump() for each in evidence], schema=columns)
