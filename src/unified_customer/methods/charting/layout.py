"""Where the points of a network stand: in circles beside each other, with no chance in it."""

import math
from collections.abc import Sequence
from itertools import pairwise

Point = tuple[float, float]

GAP = 2.0
"""Between two circles there is room for so many steps from point to point."""


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
