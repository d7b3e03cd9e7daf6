"""Tiles that fill a rectangle, each as large as its size and as square as can be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_THINNEST: Final = 1e-9
"""Where floating point leaves nothing of a side or an area, so much of it stays."""


@dataclass(frozen=True)
class Tile:
    """A rectangle; the origin is the upper left corner."""

    x: float
    y: float
    wide: float
    high: float


def squarified(sizes: Sequence[float], wide: float, high: float) -> list[Tile]:
    """Return a tile for each size, which are above 0 and sorted from large to small.

    References:
        M. Bruls, K. Huizing, J. van Wijk (2000): Squarified treemaps.

    Examples:
        >>> squarified([3, 1], 8.0, 2.0)
        [Tile(x=0.0, y=0.0, wide=6.0, high=2.0), Tile(x=6.0, y=0.0, wide=2.0, high=2.0)]
    """
    # Of the largest, since sums of the largest floats have no end; and none so small that its square is nothing.
    parts = [size / sizes[0] for size in sizes]
    scale = wide * high / sum(parts)
    areas = [max(part * scale, _THINNEST) for part in parts]
    tiles: list[Tile] = []
    left = Tile(0.0, 0.0, wide, high)
    while len(tiles) < len(areas):
        row = _row(areas[len(tiles) :], min(left.wide, left.high))
        laid, left = _laid(row, left)
        tiles += laid
    return tiles


def _row(areas: Sequence[float], side: float) -> Sequence[float]:
    """Return the areas that stand best in one row along a side: more of them would be less square."""
    count = 1
    while count < len(areas) and _worst(areas[: count + 1], side) <= _worst(areas[:count], side):
        count += 1
    return areas[:count]


def _worst(row: Sequence[float], side: float) -> float:
    """Return how far from square the least square of a row is."""
    whole = sum(row)
    return max(side**2 * row[0] / whole**2, whole**2 / (side**2 * row[-1]))


def _laid(row: Sequence[float], left: Tile) -> tuple[list[Tile], Tile]:
    """Return the tiles of a row along the shorter side, and what is left."""
    whole = sum(row)
    starts = [sum(row[:place]) / whole for place in range(len(row))]
    shares = [area / whole for area in row]
    if left.wide >= left.high:
        deep = min(whole / left.high, left.wide)
        tiles = [
            Tile(left.x, left.y + start * left.high, deep, share * left.high)
            for start, share in zip(starts, shares, strict=True)
        ]
        return tiles, Tile(left.x + deep, left.y, max(left.wide - deep, _THINNEST), left.high)
    deep = min(whole / left.wide, left.high)
    tiles = [
        Tile(left.x + start * left.wide, left.y, share * left.wide, deep)
        for start, share in zip(starts, shares, strict=True)
    ]
    return tiles, Tile(left.x, left.y + deep, left.wide, max(left.high - deep, _THINNEST))
