"""A KPI over periods, with its interval."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import polars as pl

from unified_customer.methods.charting.aggregates import aggregates, one_each
from unified_customer.methods.charting.drawing import WIDTH, layered, need_altair, titled
from unified_customer.methods.charting.lines import axes, bands, lines, points, silence, told_apart
from unified_customer.methods.charting.looks import Look, look_of
from unified_customer.methods.display.numbers import NUMBER, Format

if TYPE_CHECKING:
    import altair as alt

AT_MOST: Final = 1500
"""Rows that the trend takes."""
_HIGH: Final = 240.0


def trend(
    frame: pl.DataFrame,
    *,
    period: str,
    value: str,
    low: str | None = None,
    high: str | None = None,
    series: str | None = None,
    target: float | None = None,
    target_title: str = "target",
    period_title: str = "",
    value_title: str,
    unit: Format = NUMBER,
    from_zero: bool = False,
    title: str,
    subtitle: Sequence[str] = (),
    dark: bool = False,
) -> "alt.LayerChart":
    """Draw a KPI period by period, with the band of its intervals.

    Args:
        frame: One row a period (and series), at most 1,500, in any order. A null value is a gap that no line bridges.
        period: The column of periods: dates (of their first day), numbers or names that sort in time.
        value: The column of values.
        low: The column of lower ends of the intervals.
        high: The column of upper ends.
        series: A column that tells lines apart, such as the channel; seven can be told apart well.
        target: A value to mark.
        target_title: What it is.
        period_title: What the periods are.
        value_title: What the values are.
        unit: How they are written.
        from_zero: Whether the axis of values begins at 0.
        title: What it shows.
        subtitle: Lines below the title.
        dark: On a dark ground.

    Raises:
        ConfigurationError: There are no rows, or too many.
        MissingDependencyError: Altair is not installed.
        SchemaError: A column is missing or tells people apart, or a period is there twice.
    """
    need_altair()
    taken = aggregates(frame, [period, value, low, high, series], chart="trend", at_most=AT_MOST)
    one_each(taken, *([period] if series is None else [series, period]), chart="trend")
    rows = points(taken, x=period, y=value, low=low, high=high, kind=series, unit=unit, x_title=period_title)
    look = look_of(dark=dark)
    room = {"zero": True} if from_zero else {"zero": False, "padding": 8}
    scales = axes(rows, x_title=period_title, y_title=value_title, unit=unit, **room)
    colour, dash = told_apart(rows["kind"].unique().sort().to_list(), look)
    drawn = [*bands(rows, scales, colour), *lines(rows, scales, colour, dash=dash)]
    picture = layered(*drawn, *_target(target, target_title, scales[1], look), width=WIDTH, height=_HIGH)
    return titled(picture, title, [*subtitle, *silence(rows)], look, width=WIDTH)


def _target(target: float | None, words: str, y: "alt.Y", look: Look) -> "list[alt.Chart]":
    import altair as alt

    if target is None:
        return []
    base = alt.Chart(alt.InlineData(values=[{"y": target, "words": words}])).encode(y=y)
    rule = base.mark_rule(color=look.ink, strokeDash=[5, 4], aria=False)
    text = base.mark_text(align="right", baseline="bottom", dx=-4, dy=-3, fontSize=11.5, color=look.soft, aria=False)
    return [rule, text.encode(x=alt.value(WIDTH), text=alt.Text("words:N"))]
