"""What came against what was expected, before and after a model had seen the data: CLV tracking."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

import polars as pl

from unified_customer.methods.charting.aggregates import aggregates, one_each
from unified_customer.methods.charting.drawing import WIDTH, inline, layered, need_altair, titled
from unified_customer.methods.charting.lines import HIGH, axes, lines, points, told_apart
from unified_customer.methods.charting.looks import Look, look_of
from unified_customer.methods.display.numbers import COUNT, Format

if TYPE_CHECKING:
    import altair as alt

AT_MOST: Final = 1000
"""Rows that the tracking takes."""


def tracking(
    frame: pl.DataFrame,
    *,
    x: str,
    actual: str,
    expected: str | Mapping[str, str],
    split_at: float | date | datetime | None = None,
    before: str = "calibration",
    after: str = "holdout",
    x_title: str,
    y_title: str,
    unit: Format = COUNT,
    title: str,
    subtitle: Sequence[str] = (),
    dark: bool = False,
) -> "alt.LayerChart":
    """Draw what came and what was expected, with the border between what the model learned from and what it did not see.

    Args:
        frame: One row a point of time, at most 1,000, in any order. A null ends the line.
        x: The column of time: numbers (such as weeks) or dates.
        actual: The column of what came.
        expected: The column of what was expected, or columns of several models and what each is called.
        split_at: Where the model stopped learning. None: there is no border.
        before: What stands left of the border.
        after: What stands right of it.
        x_title: What the time is, with its unit.
        y_title: What is counted.
        unit: How values are written.
        title: What it shows.
        subtitle: Lines below the title.
        dark: On a dark ground.

    Raises:
        ConfigurationError: There are no rows, or too many.
        MissingDependencyError: Altair is not installed.
        SchemaError: A column is missing or tells people apart, or a point of time is there twice.
    """
    need_altair()
    models = {expected: "expected"} if isinstance(expected, str) else dict(expected)
    taken = aggregates(frame, [x, actual, *models], chart="tracking", at_most=AT_MOST)
    one_each(taken, x, chart="tracking")
    kinds = {actual: "actual", **models}
    rows = pl.concat(
        points(taken, x=x, y=column, low=None, high=None, kind=None, unit=unit, x_title=x_title, name=called)
        for column, called in kinds.items()
    )
    look = look_of(dark=dark)
    scales = axes(rows, x_title=x_title, y_title=y_title, unit=unit, zero=True)
    colour, dash = told_apart(list(kinds.values()), look)
    border = _border(split_at, rows["x"].dtype, (before, after), scales[0], look)
    layers = [*border, *lines(rows, scales, colour, dash=dash, dots=False)]
    return titled(layered(*layers, width=WIDTH, height=HIGH), title, subtitle, look, width=WIDTH)


def _border(
    at: float | date | None, dtype: pl.DataType, words: tuple[str, str], x: "alt.X", look: Look
) -> "list[alt.Chart]":
    import altair as alt

    if at is None:
        return []
    before, after = words
    place = pl.DataFrame({"x": pl.Series([at]).cast(dtype), "before": f"← {before}", "after": f"{after} →"})
    base = alt.Chart(inline(place)).encode(x=x)
    rule = base.mark_rule(color=look.ink, strokeDash=[5, 4], aria=False)
    left = base.mark_text(align="right", baseline="bottom", dx=-6, dy=-4, fontSize=11.5, color=look.soft, aria=False)
    right = base.mark_text(align="left", baseline="bottom", dx=6, dy=-4, fontSize=11.5, color=look.soft, aria=False)
    at_top = alt.value(0)
    return [rule, left.encode(y=at_top, text=alt.Text("before:N")), right.encode(y=at_top, text=alt.Text("after:N"))]
