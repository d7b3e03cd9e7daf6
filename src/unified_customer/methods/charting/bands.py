"""Curves with confidence bands, such as the retention of cohorts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import polars as pl

from unified_customer.methods.charting.aggregates import aggregates, one_each
from unified_customer.methods.charting.drawing import WIDTH, layered, need_altair, titled
from unified_customer.methods.charting.lines import FEW, HIGH, axes, in_turn, lines, points, silence, told_apart
from unified_customer.methods.charting.lines import bands as filled
from unified_customer.methods.charting.looks import Look, look_of
from unified_customer.methods.display.numbers import SHARE, Format

if TYPE_CHECKING:
    import altair as alt

AT_MOST: Final = 4000
"""Rows that the curves take."""


def bands(
    frame: pl.DataFrame,
    *,
    x: str,
    y: str,
    low: str | None = None,
    high: str | None = None,
    series: str | None = None,
    mean: str | None = None,
    x_title: str,
    y_title: str,
    unit: Format = SHARE,
    title: str,
    subtitle: Sequence[str] = (),
    dark: bool = False,
) -> "alt.LayerChart":
    """Draw curves with their bands, and the mean of all as a strong line over them.

    Up to seven curves are told apart by colour and dash, and each has its band. More of them are thin lines without
    bands, the later in order the stronger, below the mean with its band.

    Args:
        frame: One row a point, at most 4,000, in any order. A null value ends the line: give a row with null for a gap.
        x: The column from left to right: numbers, dates or names of periods.
        y: The column of values.
        low: The column of lower ends of the bands.
        high: The column of upper ends.
        series: The column that tells curves apart. None: it is one curve.
        mean: The name in `series` of what is the mean of all.
        x_title: What `x` is, with its unit.
        y_title: What the values are.
        unit: How values are written.
        title: What it shows.
        subtitle: Lines below the title.
        dark: On a dark ground.

    Raises:
        ConfigurationError: There are no rows, or too many.
        MissingDependencyError: Altair is not installed.
        SchemaError: A column is missing or tells people apart, or a point is there twice.
    """
    need_altair()
    taken = aggregates(frame, [x, y, low, high, series], chart="bands", at_most=AT_MOST)
    one_each(taken, *([x] if series is None else [series, x]), chart="bands")
    rows = points(taken, x=x, y=y, low=low, high=high, kind=series, unit=unit, x_title=x_title)
    look = look_of(dark=dark)
    floor = {"domainMin": 0} if unit.kind == "share" else {"zero": False}
    scales = axes(rows, x_title=x_title, y_title=y_title, unit=unit, **floor)
    over = rows.filter(pl.col("kind") == mean) if mean is not None else rows.clear()
    under = rows.filter(pl.col("kind") != mean) if mean is not None else rows
    layers, words = _curves(under, scales, look)
    words += silence(rows)
    layers += _mean(over, scales, look)
    if over.height:
        words = [*words, f"The thick line is {mean}."]
    return titled(layered(*layers, width=WIDTH, height=HIGH), title, [*subtitle, *words], look, width=WIDTH)


def _curves(rows: pl.DataFrame, scales: "tuple[alt.X, alt.Y]", look: Look) -> "tuple[list[alt.Chart], list[str]]":
    kinds = rows["kind"].unique().sort().to_list()
    if len(kinds) > FEW:
        first, last = kinds[0], kinds[-1]
        drawn = lines(rows, scales, in_turn(kinds, look), thick=1.3, dots=False)
        return drawn, [f"Thin lines are {len(kinds)} curves, from {first} (faint) to {last} (strong)."]
    colour, dash = told_apart(kinds, look)
    return [*filled(rows, scales, colour), *lines(rows, scales, colour, dash=dash)], []


def _mean(rows: pl.DataFrame, scales: "tuple[alt.X, alt.Y]", look: Look) -> "list[alt.Chart]":
    import altair as alt

    if rows.is_empty():
        return []
    band, line = alt.value(look.fall), alt.value(look.fall)
    return [*filled(rows, scales, band, opacity=0.3), *lines(rows, scales, line, thick=4)]
