"""The season of the year, as a clock that runs faster when more is bought."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, field_validator, model_validator

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models.base import Model
from unified_customer.methods.buy_till_die.histories import Floats

SeasonBy = Literal["month", "week"]
PARTS: Final[Mapping[str, int]] = {"month": 12, "week": 52}
_SAY: Final = 50.0
"""So many expected purchases weigh as much as the guess that a part of the year is like all others."""


class SeasonalIndex(Model):
    """How much is bought in each part of the year, 1 being the mean of the parts that were seen.

    Examples:
        >>> SeasonalIndex(by="month", index={11: 1.5, 12: 1.8}).factors(334, 335).tolist()
        [1.8, 1.8]
    """

    by: SeasonBy
    """Months from 1 to 12, or weeks from 1 to 52: the days of a year by sevens from its first, the last week longer."""
    index: Mapping[int, float] = Field(default_factory=dict)
    """By number of the part; a part that is not named is 1."""

    @field_validator("index")
    @classmethod
    def _above_zero(cls, index: Mapping[int, float]) -> Mapping[int, float]:
        if not all(0 < value < np.inf for value in index.values()):
            raise ConfigurationError("A seasonal index is above 0 and finite for each part of the year.")
        return index

    @model_validator(mode="after")
    def _known_parts(self) -> Self:
        wrong = sorted(part for part in self.index if not 1 <= part <= PARTS[self.by])
        if wrong:
            raise ConfigurationError(f"A {self.by} of the year is from 1 to {PARTS[self.by]}; found {wrong}.")
        return self

    def factors(self, first: int, last: int) -> Floats:
        """Return the index of each day from `first` to `last`, counted from 1970-01-01."""
        return self._by_part()[parts_of_year(np.arange(first, last + 1), self.by)]

    def _by_part(self) -> Floats:
        by_part = np.ones(PARTS[self.by] + 1)
        for part, value in self.index.items():
            by_part[part] = value
        return by_part


def parts_of_year(days: NDArray[np.int64], by: SeasonBy) -> NDArray[np.int64]:
    """Return the number of the month or week of each day, counted from 1970-01-01."""
    dates = days.astype("datetime64[D]")
    if by == "month":
        months: NDArray[np.int64] = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
        return months
    of_year = (dates - dates.astype("datetime64[Y]")).astype(np.int64)
    weeks: NDArray[np.int64] = np.minimum(of_year // 7 + 1, PARTS["week"])
    return weeks


def estimated_season(by: SeasonBy, *, days: ArrayLike, actual: ArrayLike, expected: ArrayLike) -> SeasonalIndex:
    """Return actual over expected purchases by part of the year, pulled towards 1 where little was expected.

    It is normalised so that its mean over the days that were seen is 1; a part that was not seen is left out.

    Args:
        by: Month or week.
        days: Counted from 1970-01-01.
        actual: Purchases of each day.
        expected: Purchases that a model without a season expects of each day.
    """
    part = parts_of_year(np.asarray(days, dtype=np.int64), by)
    size = PARTS[by] + 1
    seen = np.bincount(part, minlength=size)
    bought = np.bincount(part, weights=np.asarray(actual, dtype=np.float64), minlength=size)
    foreseen = np.bincount(part, weights=np.asarray(expected, dtype=np.float64), minlength=size)
    level = bought.sum() / foreseen.sum() if foreseen.sum() > 0 and bought.sum() > 0 else 1.0
    raw = (bought + _SAY * level) / (foreseen + _SAY) / level
    mean = float((raw * seen).sum() / seen.sum()) if seen.any() else 1.0
    return SeasonalIndex(by=by, index={int(at): float(raw[at] / mean) for at in np.flatnonzero(seen)})


@dataclass(frozen=True, eq=False)
class SeasonClock:
    """Time between days, in days of an average season.

    A customer whose rate of buying follows the index buys at a constant rate by this clock (a Poisson process under a
    change of time), so the models are fitted and asked in its time.

    Attributes:
        start: The first day that it shows, counted from 1970-01-01.
        shown: What it shows at the end of each day from there on.

    References:
        D. Daley, D. Vere-Jones (2003): An introduction to the theory of point processes, 7.4.
    """

    start: int
    shown: Floats

    @classmethod
    def of(cls, season: SeasonalIndex | None, *, first: int, last: int) -> Self:
        """Return the clock from the first to the last day; without a season one day is one day."""
        factors = np.ones(last - first + 1) if season is None else season.factors(first, last)
        return cls(first, np.cumsum(factors))

    def between(self, first: ArrayLike, last: ArrayLike) -> Floats:
        """Return the time from one day to another."""
        return self._at(last) - self._at(first)

    def _at(self, day: ArrayLike) -> Floats:
        return self.shown[np.asarray(day, dtype=np.int64) - self.start]
