"""Cut points between values, so that equal values are on one side."""

import math
from collections.abc import Iterable, Sequence
from typing import Final

import narwhals as nw

_NOISE: Final = 1e-3
"""Of a step: what engines may differ by where they work out a quantile."""


def between(points: Iterable[float | None], *, step: float) -> list[float]:
    """Move cut points to the middle between the values that they are at and the next, so that no value lies on one.

    Args:
        points: Where to cut; null counts as 0.
        step: The least difference between two values.

    Examples:
        >>> between([3.0, 7.25], step=1)
        [3.5, 7.5]
    """
    return [round((_whole((point or 0.0) / step) + 0.5) * step, 5) for point in points]


def _whole(steps: float) -> int:
    near = abs(steps - round(steps)) < max(_NOISE, 4 * math.ulp(steps))
    return round(steps) if near else math.floor(steps)


def beyond(value: nw.Expr, cuts: Sequence[float], *, falling: bool = False) -> nw.Expr:
    """Return how many cut points a value is beyond: above, or where less is more (`falling`) below."""
    count = nw.lit(0)
    for cut in cuts:
        passed = value < cut if falling else value > cut
        count += nw.when(passed).then(nw.lit(1)).otherwise(nw.lit(0))
    return count
