"""Where points stand: those of a network in circles beside each other, others side by side, with no chance in it."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

Point = tuple[float, float]

GAP = 2.0
"""Between two circles there is room for so many steps from point to point."""
_ROUNDS: Final = 40
_STEP: Final = 0.6
_TINY: Final = 1e-6
_TOUCHING: Final = 0.95
_GOLDEN: Final = math.pi * (3 - math.sqrt(5))


def circles(sizes: Sequence[int]) -> list[list[Point]]:
    """Place parts of these sizes on circles from left to right, neighbours on a circle one step apart.

    The first point of each part looks to the next part, that of the last one to the part before.

    Examples:
        >>> [[(round(x, 1) + 0.0, round(y, 1) + 0.0) for x, y in part] for part in circles([2, 1])]
        [[(0.0, 0.5), (0.0, -0.5)], [(2.5, 0.0)]]
    """
    radii = [_radius(size) for size in sizes]
    centres = [0.0]
    for left, right in pairwise(radii):
        centres.append(centres[-1] + left + GAP + right)
    last = len(sizes) - 1
    return [
        _circle(size, radius, centre, facing=math.pi if place == last and last else 0.0)
        for place, (size, radius, centre) in enumerate(zip(sizes, radii, centres, strict=True))
    ]


def _radius(size: int) -> float:
    return 0.5 / math.sin(math.pi / size) if size > 1 else 0.0


def _circle(size: int, radius: float, centre: float, *, facing: float) -> list[Point]:
    # Two points stand above each other: in a row the second would hide behind the first.
    start = math.pi / 2 if size == 2 else facing
    angles = [start + 2 * math.pi * place / size for place in range(size)]
    return [(centre + radius * math.cos(angle), radius * math.sin(angle)) for angle in angles]


def side_by_side(points: Sequence[Point], radii: Sequence[float]) -> list[Point]:
    """Return the middles of circles that were moved a little so that they hardly cover each other; the others stay.

    Args:
        points: The middles.
        radii: How far each circle reaches.

    Examples:
        >>> [round(x, 1) for x, _ in side_by_side([(0, 0), (1, 0), (99, 0)], [2, 2, 2])]
        [-1.4, 2.4, 99.0]
    """
    from scipy.spatial import KDTree

    at, reach = np.array(points, dtype=float).reshape(-1, 2), np.array(radii, dtype=float)
    # Those at one place go different ways.
    turns = np.arange(len(at)) * _GOLDEN
    at = at + _TINY * np.column_stack([np.cos(turns), np.sin(turns)])
    for _ in range(_ROUNDS if len(at) > 1 else 0):
        one, other = KDTree(at).query_pairs(2 * reach.max(), output_type="ndarray").T
        way, room = at[one] - at[other], _TOUCHING * (reach[one] + reach[other])
        far = np.maximum(np.hypot(*way.T), _TINY / len(at))
        moved = way * (np.maximum(room / far - 1, 0) / 2 * _STEP)[:, None]
        np.add.at(at, one, moved)
        np.subtract.at(at, other, moved)
        if not moved.any():
            break
    return [(float(x), float(y)) for x, y in at]
