"""How alike items are, by columns of the catalogue."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from unified_customer.methods.learning import Floats, Ints
from unified_customer.recommendations.rules.conditions import PATH, values_of

Measure: TypeAlias = Callable[[Ints, Ints], Floats]
"""From places of items, and places of others, to how alike each of the ones and each of the others are, 0 to 1."""

Beside: TypeAlias = Callable[[Ints], Floats]


class Likeness(Protocol):
    """How alike items are."""

    def beside(self, pools: Ints) -> Beside:
        """Return how alike the items of each pool are to an item that was picked from it.

        Args:
            pools: A row of places of items for each pool; -1: none.

        Returns:
            From one place for each pool (-1: none) to a row of numbers from 0 to 1 for each.
        """
        ...


@dataclass(frozen=True, eq=False)
class ByColumns:
    """Likeness by columns of the catalogue: the average over columns of the share of steps that two items have in common.

    Attributes:
        steps: For each column and item a number for each step of the path, the same for paths that are the same up to
            there; -1 behind the last step.
    """

    steps: tuple[npt.NDArray[np.int32], ...] = field(repr=False)

    def beside(self, pools: Ints) -> Beside:
        """Return how alike the items of each pool are to an item that was picked from it."""
        there = pools >= 0
        held = [[np.where(there, step[pools], -1) for step in steps.T] for steps in self.steps]
        depths = [sum((step >= 0).astype(np.int64) for step in steps) for steps in held]

        def alike(picked: Ints) -> Floats:
            total = np.zeros(pools.shape)
            for steps, of_pools, depth in zip(self.steps, held, depths, strict=True):
                own = np.where((picked >= 0)[:, None], steps[picked], -1)
                common = sum((step == at) & (at >= 0) for step, at in zip(of_pools, own.T[:, :, None], strict=True))
                longest = np.maximum(depth, (own >= 0).sum(axis=1, keepdims=True))
                total += common / np.maximum(longest, 1)
            return total / len(self.steps)

        return alike


@dataclass(frozen=True, eq=False)
class ByMeasure:
    """Likeness by a measure that is given."""

    measure: Measure

    def beside(self, pools: Ints) -> Beside:
        """Return how alike the items of each pool are to an item that was picked from it."""

        def alike(picked: Ints) -> Floats:
            found = np.zeros(pools.shape)
            for row in np.flatnonzero(picked >= 0):
                there = np.flatnonzero(pools[row] >= 0)
                told = np.asarray(self.measure(pools[row, there], picked[row : row + 1]), np.float64)
                found[row, there] = np.clip(told.reshape(len(there)), 0, 1)
            return found

        return alike


def by_columns(catalogue: pl.DataFrame, columns: Sequence[str]) -> ByColumns:
    """Return likeness by columns; a text that is a path (`Food > Tea`) is like another by the steps in common.

    Raises:
        SchemaError: There is no such column.
    """
    return ByColumns(tuple(_steps(values_of(catalogue, column)) for column in columns))


def codes_of(values: pl.Series, *, level: int | None = None) -> Ints:
    """Return the same number for the same value; -1 for none.

    Args:
        values: The values.
        level: Of a path only so many steps count; None: the whole of it.
    """
    if level is not None and values.dtype == pl.String:
        values = values.str.split(PATH).list.head(level).list.join(PATH)
    ranks = values.rank("dense") if values.dtype != pl.Null else values.cast(pl.Int64)
    return ranks.cast(pl.Int64).fill_null(0).to_numpy() - 1


def _steps(values: pl.Series) -> npt.NDArray[np.int32]:
    deepest = 1
    if values.dtype == pl.String:
        deepest = 1 + int(values.str.count_matches(PATH, literal=True).fill_null(0).to_numpy().max(initial=0))
    if deepest == 1:
        return codes_of(values).astype(np.int32)[:, None]
    lengths = values.str.count_matches(PATH, literal=True).fill_null(-1).to_numpy() + 1
    steps = np.stack([codes_of(values, level=level) for level in range(1, deepest + 1)], axis=1)
    steps[np.arange(deepest)[None, :] >= lengths[:, None]] = -1
    return steps.astype(np.int32)
