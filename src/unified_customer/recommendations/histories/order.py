"""An order of people and things that comes from who did what, not from what they are called.

What is learned by a seed, or decided between equals, depends on the order of rows. Ordered by names, a shop that
renames its articles would get other recommendations. So the popular come first, and among equally popular ones
a number decides that is made from the shape of the data around each (Weisfeiler and Lehman's refinement of colours).
Only what has the same shape all around is in the order of names; such things are as good as each other.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from unified_customer.methods.learning import Ints

Marks = npt.NDArray[np.uint64]
Small = npt.NDArray[np.int32]

_ROUNDS: Final = 3
_FINE: Final = 1024
_CHUNK: Final = 1_000_000


def shapes(
    rows: Ints | Small, columns: Ints | Small, weights: npt.NDArray[np.float32], *, sizes: tuple[int, int]
) -> tuple[Marks, Marks]:
    """Return a number for each row and each column of a sparse matrix, made from its shape around them alone.

    Args:
        rows: The row of each value, each pair of row and column once.
        columns: The column of each value.
        weights: The values; differences below a thousandth do not count.
        sizes: How many rows and columns there are.

    References:
        B. Weisfeiler, A. Lehman (1968): A reduction of a graph to a canonical form. NTI 2(9), 12-16.
    """
    of_rows, of_columns = np.zeros(sizes[0], np.uint64), np.zeros(sizes[1], np.uint64)
    for _ in range(_ROUNDS):
        to_rows, to_columns = np.zeros_like(of_rows), np.zeros_like(of_columns)
        # Sums are modulo 2^64, so that no order of adding matters.
        for start in range(0, len(rows), _CHUNK):
            part = slice(start, start + _CHUNK)
            row, column, fine = rows[part].astype(np.int64), columns[part].astype(np.int64), _fine(weights[part])
            np.add.at(to_rows, row, mixed(of_columns[column] ^ fine))
            np.add.at(to_columns, column, mixed(of_rows[row] ^ fine))
        of_rows, of_columns = mixed(of_rows + to_rows), mixed(of_columns + to_columns)
    return of_rows, of_columns


def _fine(weights: npt.NDArray[np.float32]) -> Marks:
    return mixed(np.round(weights.astype(np.float64) * _FINE).astype(np.int64).view(np.uint64))


def mixed(values: Marks) -> Marks:
    """Return numbers that look drawn by chance (the finaliser of SplitMix64)."""
    with np.errstate(over="ignore"):
        mixed = values + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))
