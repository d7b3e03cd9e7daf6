"""Numbers that add up, step by step."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from unified_customer.methods.charting.drawing import (
    LEAST_WIDTH,
    inline,
    layered,
    line_labels,
    need_altair,
    titled,
    written,
)
from unified_customer.methods.charting.looks import Look, look_of

if TYPE_CHECKING:
    import altair as alt

_ROW = 38


def waterfall(
    steps: pl.DataFrame,
    *,
    labels: Sequence[Sequence[str]],
    change: str,
    total: str,
    unit: str,
    title: str,
    subtitle: Sequence[str] = (),
    line: float | None = None,
    line_name: str = "",
    dark: bool = False,
) -> "alt.LayerChart":
    """Draw one bar a step, each from where the last one ended.

    Args:
        steps: One row a step, in order. All its columns show when one points at a bar.
        labels: The lines of text beside each step, and beside the bar of the sum below all of them.
        change: The column of what a step adds. A step that is minus infinity is written as "never".
        total: The column of the sum so far.
        unit: Of both.
        title: What it shows.
        subtitle: Lines below the title.
        line: A value of the axis to mark.
        line_name: What it is.
        dark: On a dark ground.

    Raises:
        MissingDependencyError: Altair is not installed.
    """
    need_altair()
    import altair as alt

    look = look_of(dark=dark)
    rows = _bars(steps, change, total)
    data = inline(rows)
    place = alt.Y("_place:O", title=None, axis=_label_axis(labels))
    low, high = _reach(rows, line)
    scale = alt.Scale(domain=[low, high], nice=False, zero=False)
    tips = [alt.Tooltip(f"{name}:N" if dtype == pl.String else f"{name}:Q") for name, dtype in steps.schema.items()]
    bars = (
        alt.Chart(data)
        .mark_bar(height=16)
        .encode(
            x=alt.X("_start:Q", title=f"{unit}, added up from top to bottom", scale=scale),
            x2=alt.X2("_end:Q"),
            y=place,
            color=_colours(look),
            tooltip=tips,
        )
    )
    texts = alt.Chart(data).encode(x=alt.X("_right:Q", scale=scale), y=place, text=alt.Text("_text:N"))
    halo = texts.mark_text(align="left", dx=5, fontSize=12, stroke=look.background, strokeWidth=5, strokeJoin="round")
    numbers = texts.mark_text(align="left", dx=5, fontSize=12, color=look.ink)
    layers = [*_marked(line, line_name, scale, look), halo, bars, numbers]
    return titled(layered(*layers, width=LEAST_WIDTH, height=_ROW * len(labels)), title, subtitle, look)


def _bars(steps: pl.DataFrame, change: str, total: str) -> pl.DataFrame:
    known = pl.when(pl.col(total).is_finite()).then(total)
    end = known.forward_fill()
    rows = steps.with_columns(_end=end, _start=end.shift(1, fill_value=0.0), _change=pl.col(change))
    last = steps[total].tail(1).to_list() or [0.0]
    ends = rows["_end"].tail(1).to_list() or [0.0]
    score = pl.DataFrame({"_start": [0.0], "_end": ends, "_change": last})
    every = pl.concat([rows, score], how="diagonal_relaxed").with_row_index("_place")
    return every.with_columns(
        _kind=_kind(pl.col("_place") == steps.height),
        _right=pl.max_horizontal("_start", "_end"),
        _text=pl.col("_change").map_elements(written, return_dtype=pl.String),
    )


def _kind(is_sum: pl.Expr) -> pl.Expr:
    rises = pl.when(pl.col("_change") > 0).then(pl.lit("for")).otherwise(pl.lit("against"))
    return pl.when(is_sum).then(pl.lit("sum")).otherwise(rises)


def _reach(rows: pl.DataFrame, line: float | None) -> tuple[float, float]:
    ends = [0.0, *rows["_start"], *rows["_end"], *([] if line is None else [line])]
    low, high = min(ends), max(ends)
    room = 0.04 * (high - low) + 0.1
    return low - room, high + 4 * room


def _label_axis(labels: Sequence[Sequence[str]]) -> "alt.Axis":
    import altair as alt

    return alt.Axis(labelExpr=line_labels(labels), labelLimit=420, ticks=False, domain=False, labelPadding=10)


def _colours(look: Look) -> "alt.Color":
    import altair as alt

    scale = alt.Scale(domain=["for", "against", "sum"], range=[look.rise, look.fall, look.plain])
    return alt.Color("_kind:N", title=None, scale=scale, legend=alt.Legend(orient="top"))


def _marked(line: float | None, name: str, scale: "alt.Scale", look: Look) -> list["alt.Chart"]:
    import altair as alt

    if line is None:
        return []
    data = alt.InlineData(values=[{"line": line, "name": name}])
    x = alt.X("line:Q", scale=scale)
    rule = alt.Chart(data).mark_rule(strokeDash=[5, 4], color=look.ink).encode(x=x)
    text = alt.Chart(data).mark_text(align="left", baseline="bottom", dx=4, dy=-4, fontSize=11, color=look.ink)
    return [rule, text.encode(x=x, y=alt.value(0), text=alt.Text("name:N"))]
