"""Purchase histories, as the models read them: three numbers a customer."""

from dataclasses import dataclass, replace
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unified_customer.core.errors import ConfigurationError

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Histories:
    """What the models need to know of each customer; no order of customers matters.

    Attributes:
        frequency: Repeat purchases: purchase days, the first one not counted.
        recency: Time from the first purchase to the last; 0 without repeat purchases.
        age: Time from the first purchase to the end of what was seen.
        weight: How many customers have this history.

    Examples:
        >>> histories = Histories.of(frequency=[2, 0, 2], recency=[30.4, 0, 30.4], age=[38.9, 38.9, 38.9])
        >>> short, place = histories.compressed()
        >>> short.weight.tolist(), short.frequency[place].tolist()
        ([1.0, 2.0], [2.0, 0.0, 2.0])
    """

    frequency: Floats
    recency: Floats
    age: Floats
    weight: Floats

    @classmethod
    def of(cls, *, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, weight: ArrayLike | None = None) -> Self:
        """Return checked histories.

        Args:
            frequency: Whole numbers from 0.
            recency: From 0 to `age`, in any unit of time; 0 where `frequency` is 0.
            age: From 0, in the same unit.
            weight: Customers a row; 1 each by default.

        Raises:
            ConfigurationError: The arrays are no histories.
        """
        x, last, until = (np.atleast_1d(np.asarray(each, dtype=np.float64)) for each in (frequency, recency, age))
        weights = np.ones_like(x) if weight is None else np.asarray(weight, dtype=np.float64)
        _check(x, last, until, weights)
        return cls(x, last, until, weights)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.frequency)

    @property
    def customers(self) -> int:
        """The number of customers."""
        return round(float(self.weight.sum()))

    @property
    def repeaters(self) -> int:
        """The number of customers who came back."""
        return round(float(self.weight[self.frequency > 0].sum()))

    def in_unit(self, unit: float) -> Self:
        """Return the same histories in a unit of time that is `unit` of the present ones."""
        return type(self)(self.frequency, self.recency / unit, self.age / unit, self.weight)

    def every(self, step: int) -> Self:
        """Return every `step`-th row."""
        return self.at(slice(step // 2, None, step))

    def at(self, rows: slice | NDArray[np.int64] | NDArray[np.bool_]) -> Self:
        """Return these rows."""
        return type(self)(self.frequency[rows], self.recency[rows], self.age[rows], self.weight[rows])

    def compressed(self) -> tuple[Self, NDArray[np.int64]]:
        """Return the distinct histories in order with their weights, and for each row where its history stands."""
        order = np.lexsort((self.age, self.recency, self.frequency))
        ordered = self.at(order)
        columns = (ordered.frequency, ordered.recency, ordered.age)
        starts = np.ones(len(order), dtype=bool)
        starts[1:] = np.logical_or.reduce([each[1:] != each[:-1] for each in columns]) if len(order) > 1 else True
        group = np.cumsum(starts) - 1
        place = np.empty(len(order), dtype=np.int64)
        place[order] = group
        weight = np.bincount(group, weights=ordered.weight, minlength=0).astype(np.float64)
        return replace(ordered.at(starts), weight=weight), place


def _check(frequency: Floats, recency: Floats, age: Floats, weight: Floats) -> None:
    shapes = {each.shape for each in (frequency, recency, age, weight)}
    if len(shapes) != 1 or frequency.ndim != 1:
        raise ConfigurationError(f"Histories are arrays of one length; found the shapes {sorted(shapes)}.")
    rules = {
        "every number must be finite": np.isfinite(frequency + recency + age + weight),
        "`frequency` must be whole numbers from 0": (frequency >= 0) & (frequency == np.floor(frequency)),
        "`recency` must be from 0 to `age`": (recency >= 0) & (recency <= age),
        "`recency` must be 0 where `frequency` is 0": (frequency > 0) | (recency == 0),
        "`weight` must be from 0": weight >= 0,
    }
    for rule, holds in rules.items():
        if not holds.all():
            raise ConfigurationError(f"In purchase histories {rule}; it is not so in {int((~holds).sum())} rows.")
