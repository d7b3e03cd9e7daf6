"""The arrays of the matcher: numbers in place of records and values."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
"""Numbers of records, positions, or packed keys."""

Codes: TypeAlias = npt.NDArray[np.int32]
"""Numbers of values; -1 where there is none."""

Levels: TypeAlias = npt.NDArray[np.int8]
"""Levels of agreement; -1 where one side says nothing."""

Floats: TypeAlias = npt.NDArray[np.float64]

Flags: TypeAlias = npt.NDArray[np.bool_]

NONE: int = -1


def distinct(keys: Ints) -> tuple[Ints, Ints]:
    """Return the distinct `keys` in ascending order, and for each key its place among them.

    Examples:
        >>> found, places = distinct(np.array([7, 3, 7]))
        >>> found.tolist(), places.tolist()
        ([3, 7], [1, 0, 1])
    """
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    new = starts_mask(ordered)
    places = np.empty(len(keys), dtype=np.int64)
    places[order] = np.cumsum(new) - 1
    return ordered[new], places


def starts_mask(ordered: npt.NDArray[Any]) -> Flags:
    """Mark where a run of equal values starts in `ordered`."""
    mask = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=mask[1:])
    return mask


def sorted_distinct(keys: Ints) -> Ints:
    """Return the distinct `keys` in ascending order."""
    ordered = np.sort(keys)
    return ordered[starts_mask(ordered)]


def within_runs(starts: Ints, sizes: Ints) -> tuple[Ints, Ints]:
    """Return the positions of all pairs within runs.

    Args:
        starts: Where each run starts.
        sizes: How many positions it has.

    Returns:
        First and second position of each pair, the first the smaller.

    Examples:
        >>> first, second = within_runs(np.array([0, 5]), np.array([3, 2]))
        >>> sorted(zip(first.tolist(), second.tolist()))
        [(0, 1), (0, 2), (1, 2), (5, 6)]
    """
    left, right = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for step in range(1, int(sizes.max(initial=1))):
        longer = sizes > step
        starts, sizes = starts[longer], sizes[longer]
        firsts = spread(starts, sizes - step)
        left.append(firsts)
        right.append(firsts + step)
    return np.concatenate(left), np.concatenate(right)


def spread(starts: Ints, counts: Ints) -> Ints:
    """Return `counts[k]` consecutive numbers from `starts[k]` on, for each k in turn.

    Examples:
        >>> spread(np.array([10, 20]), np.array([2, 3])).tolist()
        [10, 11, 20, 21, 22]
    """
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    found: Ints = np.arange(total, dtype=np.int64) + np.repeat(starts - (ends - counts), counts)
    return found
