"""Given and family names that stand in each other's place."""

from typing import Final

import numpy as np
import polars as pl

from unified_customer.identity.matching.arrays import NONE, Codes, Ints, Levels
from unified_customer.identity.matching.encoding import Column, Encoded, distinct_values, numbered
from unified_customer.identity.matching.scales import SCALES
from unified_customer.identity.matching.similarity import jaro_winkler
from unified_customer.identity.normalise.distinct import FEW

_ALIKE: Final = 0.78
_NEAR: Final = 5
"""From this graded level on two names agree as they stand, and are not looked at the other way round."""


def mark_swapped_names(records: Encoded, first: Ints, second: Ints, levels: Levels) -> None:
    """Give pairs whose names agree crosswise a level of their own in the given name; the family name falls silent."""
    given, family = records.with_role("given_name"), records.with_role("family_name")
    if not given or not family:
        return
    here, there = given[0], family[0]
    if not _meet(records.columns[here].values, records.columns[there].values):
        return
    apart = np.flatnonzero((levels[:, here] < _NEAR) & (levels[:, there] < _NEAR))
    if not len(apart):
        return
    crossed = _Crossed.of(records.columns[here], records.columns[there], first[apart], second[apart])
    marks = crossed.marks()
    marked = marks != NONE
    levels[apart[marked], here] = marks[marked]
    levels[apart[marked], there] = NONE


def _meet(given: pl.Series, family: pl.Series) -> bool:
    """Say whether a given name may be a family name too; of many names some always are."""
    if len(given) > FEW or len(family) > FEW:
        return True
    return not {*given.to_list()}.isdisjoint(family.to_list())


class _Crossed:
    """The names of pairs, numbered alike in both columns."""

    def __init__(self, words: pl.Series, given: tuple[Codes, Codes], family: tuple[Codes, Codes]) -> None:
        self._words, self._given, self._family = words, given, family

    @classmethod
    def of(cls, given: Column, family: Column, first: Ints, second: Ints) -> "_Crossed":
        words = distinct_values(pl.concat([given.values.alias("word"), family.values.alias("word")]))
        one, other = _in(words, given), _in(words, family)
        return cls(words, (one[first], one[second]), (other[first], other[second]))

    def marks(self) -> Levels:
        """Return the level of each pair, -1 where nothing is crossed."""
        scale = SCALES["given_name"]
        forth = (self._given[0] != NONE) & (self._given[0] == self._family[1])
        back = (self._given[1] != NONE) & (self._given[1] == self._family[0])
        marks = np.full(len(forth), NONE, dtype=np.int8)
        half = np.flatnonzero(forth ^ back)
        one = np.where(forth, self._family[0], self._given[0])[half]
        other = np.where(forth, self._given[1], self._family[1])[half]
        said = (one != NONE) & (other != NONE)
        marks[half] = scale.place("swapped, rest missing")
        alike = jaro_winkler(self._words.gather(one[said]), self._words.gather(other[said])) >= _ALIKE
        marks[half[said]] = np.where(alike, scale.place("swapped, rest alike"), scale.place("swapped, rest unlike"))
        marks[forth & back] = scale.place("swapped")
        return marks


def _in(words: pl.Series, column: Column) -> Codes:
    return np.append(numbered(column.values, words), NONE).astype(np.int32)[column.codes[:, 0]]
