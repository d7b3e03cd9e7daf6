"""Parts of a whole as tiles: the segment treemap."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.charting.aggregates import aggregates, one_each
from unified_customer.methods.charting.drawing import layered, need_altair, titled
from unified_customer.methods.charting.lettering import cut, width
from unified_customer.methods.charting.looks import Look, ink_on, look_of, tone
from unified_customer.methods.charting.tiles import Tile, squarified
from unified_customer.methods.display.numbers import COUNT, NUMBER, SHARE, Format

if TYPE_CHECKING:
    import altair as alt

AT_MOST: Final = 60
"""Rows that the treemap takes."""
_WIDE: Final = 640.0
_HIGH: Final = 380.0
_LETTERS: Final = 13.0
_SMALL: Final = 11.5
_MARGIN: Final = 7.0


def treemap(
    frame: pl.DataFrame,
    *,
    name: str,
    size: str,
    value: str | None = None,
    size_title: str,
    value_title: str = "",
    size_unit: Format = COUNT,
    value_unit: Format = NUMBER,
    title: str,
    subtitle: Sequence[str] = (),
    dark: bool = False,
) -> "alt.LayerChart":
    """Draw a tile for each part, as large as its size, the largest first.

    A name that does not fit is cut, and left out where not even two signs fit; it shows when one points at the tile.

    Args:
        frame: One row a part, at most 60, in any order; equal sizes are ordered by name. A part of size 0 or null has
            no tile.
        name: The column of names, each once.
        size: The column of sizes, at least 0.
        value: A column of numbers that colours the tiles, the stronger the higher. None: all are coloured by their
            size.
        size_title: What the sizes are, such as "customers".
        value_title: What the value is.
        size_unit: How sizes are written.
        value_unit: How values are written.
        title: What it shows.
        subtitle: Lines below the title.
        dark: On a dark ground.

    Raises:
        ConfigurationError: There are no rows, or too many, or none has a size, or a size is negative.
        MissingDependencyError: Altair is not installed.
        SchemaError: A column is missing or tells people apart, or a name is there twice.
    """
    need_altair()
    import altair as alt

    taken = aggregates(frame, [name, size, value], chart="treemap", at_most=AT_MOST)
    one_each(taken, name, chart="treemap")
    parts = _parts(taken, name, size)
    tiles = squarified([float(each) for each in parts[size]], _WIDE, _HIGH)
    look, colour = look_of(dark=dark), value or size
    amounts = [float(each) for each in parts[colour] if each is not None]
    low, high = (0.0 if not value else min(amounts, default=0.0)), max(amounts, default=0.0)
    whole = sum(parts[size])

    def row(tile: Tile, part: Mapping[str, Any]) -> dict[str, Any]:
        told = f"{part[name]}: {size_unit.written(part[size])} {size_title}, {SHARE.written(part[size] / whole)}"
        fill = _fill(part[colour], low, high, look)
        lines = [str(part[name]), f"{size_unit.short(part[size])} · {SHARE.short(part[size] / whole)}"]
        if value:
            told += f", {value_title} {value_unit.written(part[value])}"
            lines.append(value_unit.short(part[value]))
        return _placed(tile) | _lettered(tile, lines) | {"says": told, "fill": fill, "ink": ink_on(fill)}

    rows = [row(tile, part) for tile, part in zip(tiles, parts.iter_rows(named=True), strict=True)]
    words = [
        *subtitle,
        f"Areas: {size_title}." + (f" The stronger the colour, the higher: {value_title}." if value else ""),
    ]
    picture = _picture(alt.Chart(alt.InlineData(values=rows)), look)
    return titled(picture, title, words, look, width=_WIDE)


def _parts(taken: pl.DataFrame, name: str, size: str) -> pl.DataFrame:
    if (taken[size] < 0).any():
        raise ConfigurationError("The chart treemap shows sizes, and the frame has a negative one.")
    parts = taken.filter(pl.col(size) > 0).sort([size, name], descending=[True, False])
    if parts.is_empty():
        raise ConfigurationError("The chart treemap shows sizes, and no row of the frame has one above 0.")
    return parts


def _fill(amount: float | None, low: float, high: float, look: Look) -> str:
    if amount is None:
        return look.grid
    return tone(look.sequential, 0.12 + 0.88 * (float(amount) - low) / (high - low) if high > low else 0.6)


def _placed(tile: Tile) -> dict[str, float]:
    # From the top, as one reads; two digits, so that every machine draws the same.
    ends = (tile.x, tile.x + tile.wide, tile.y, tile.y + tile.high)
    return dict(zip(("x", "x2", "y", "y2"), (round(each, 2) for each in ends), strict=True))


def _lettered(tile: Tile, lines: Sequence[str]) -> dict[str, str]:
    """Return as many lines as fit into the tile; numbers are whole or left out."""
    room = tile.wide - 2 * _MARGIN
    fits = int((tile.high - 2 * _MARGIN + 4) // 17)
    first = cut(lines[0], room, _LETTERS) if fits else ""
    rest = [
        line if first and width(line, _SMALL) <= room and place < fits else ""
        for place, line in enumerate(lines)
        if place
    ]
    return {"name": lines[0], "first": first, "second": rest[0], "third": rest[1] if len(rest) > 1 else ""}


def _picture(base: "alt.Chart", look: Look) -> "alt.LayerChart":
    import altair as alt

    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, _WIDE], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[_HIGH, 0], nice=False))
    fill, ink = alt.Fill("fill:N", scale=None, legend=None), alt.Color("ink:N", scale=None, legend=None)
    tiles = base.mark_rect(stroke=look.background, strokeWidth=2).encode(
        x=x,
        x2=alt.X2("x2:Q"),
        y=y,
        y2=alt.Y2("y2:Q"),
        fill=fill,
        tooltip=alt.Tooltip("says:N"),
        description=alt.Description("says:N"),
    )
    lines = [
        base.transform_filter(f"datum.{line} !== ''")
        .mark_text(align="left", baseline="top", dx=_MARGIN, dy=_MARGIN + 17 * place, aria=False, fontSize=size)
        .encode(x=x, y=y, text=alt.Text(f"{line}:N"), color=ink, tooltip=alt.Tooltip("says:N"))
        for place, (line, size) in enumerate((("first", _LETTERS), ("second", _SMALL), ("third", _SMALL)))
    ]
    lines[0].mark.fontWeight = 600
    return layered(tiles, *lines, width=_WIDE, height=_HIGH)
