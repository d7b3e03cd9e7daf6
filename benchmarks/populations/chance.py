"""Drawing in bulk: falling frequencies, sizes of clusters, and columns of which some rows change."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

Rng: TypeAlias = np.random.Generator
Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

_ODD: Final = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


def generator(kind: str, seed: int) -> Rng:
    """Return the generator of one set; sets of other kinds draw other numbers from the same seed."""
    return np.random.Generator(np.random.PCG64([seed, *kind.encode()]))


def falling(count: int, *, exponent: float = 1.0, shift: float = 3.0) -> Floats:
    """Return probabilities that fall with the rank as those of words and names do (Zipf and Mandelbrot)."""
    weights = (np.arange(count) + shift) ** -exponent
    return np.asarray(weights / weights.sum())


def draw(rng: Rng, weights: ArrayLike, size: int) -> Ints:
    """Return `size` indices into `weights`."""
    edges = np.cumsum(weights)
    found = np.searchsorted(edges, rng.random(size) * edges[-1], side="right")
    return np.asarray(np.minimum(found, len(edges) - 1), dtype=np.int64)


def flags(rng: Rng, size: int, rate: float | Floats) -> Flags:
    """Return `size` flags that are true at `rate`."""
    return np.asarray(rng.random(size) < rate)


def scattered(numbers: ArrayLike, *, salt: int, below: int) -> Ints:
    """Return for each number another one below a bound, always the same and without order."""
    mixed = np.asarray(numbers).astype(np.uint64) + np.uint64((salt + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)
    for shift, odd in zip((30, 27), _ODD, strict=True):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(odd)
    mixed ^= mixed >> np.uint64(31)
    return np.asarray(mixed % np.uint64(below), dtype=np.int64)


def owners(rng: Rng, rows: int, *, again: float, most: int) -> Ints:
    """Return for each of `rows` records the number of its owner, from 0, in order.

    Args:
        rng: Randomness.
        rows: How many records there are.
        again: Chance that an owner has one more record.
        most: Most records of one owner.
    """
    sizes = np.minimum(rng.geometric(1 - again, rows), most)
    return np.repeat(np.arange(rows), sizes)[:rows]


def one_of(rng: Rng, choices: Sequence[str], size: int, *, weights: ArrayLike | None = None) -> pl.Series:
    """Return `size` of the choices, equally often without weights."""
    return pl.Series(choices, dtype=pl.String).gather(
        draw(rng, np.ones(len(choices)) if weights is None else weights, size)
    )


def changed(column: pl.Series, where: Flags, instead: pl.Series) -> pl.Series:
    """Return `column` with `instead` in the rows of `where`; `instead` has as many values as there are such rows."""
    index = np.arange(len(column))
    index[where] = len(column) + np.arange(len(instead))
    return pl.concat([column, instead.cast(column.dtype)]).gather(index).alias(column.name)


def altered(column: pl.Series, where: Flags, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Return `column` with the values in the rows of `where` changed."""
    return changed(column, where, change(column.filter(pl.Series(where)))) if where.any() else column


def replacing(old: str, new: str, *, literal: bool = True) -> Callable[[pl.Series], pl.Series]:
    """Return what replaces the first `old` in texts."""

    def replaced(texts: pl.Series) -> pl.Series:
        return texts.str.replace(old, new, literal=literal)

    return replaced


def by_number(number: pl.Expr | pl.Series, ways: Sequence[pl.Expr]) -> pl.Expr:
    """Return in each row the way of its number."""
    return pl.coalesce(*(pl.when(number == at).then(way) for at, way in enumerate(ways)))


def emptied(column: pl.Series, where: Flags) -> pl.Series:
    """Return `column` with nulls in the rows of `where`."""
    return pl.select(pl.when(pl.Series(~where)).then(column)).to_series().alias(column.name)
