"""Levels in groups: how much each weighs, and how often it is seen."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import polars as pl

from unified_customer.methods.charting.drawing import inline, layered, need_altair, titled
from unified_customer.methods.charting.looks import Look, look_of

if TYPE_CHECKING:
    import altair as alt

_WIDTH: Final = 260
_ROW: Final = 17
_RAREST: Final = 1e-7
_TICKS: Final = (1e-6, 1e-4, 1e-2, 1)


def levels(
    frame: pl.DataFrame,
    *,
    group: str,
    level: str,
    value: str,
    unit: str,
    rates: Mapping[str, str],
    title: str,
    subtitle: Sequence[str] = (),
    dark: bool = False,
) -> "alt.ConcatChart":
    """Draw a bar for each level, to the right where it is positive, and beside it how often the level is seen.

    Args:
        frame: One row a level, in order.
        group: The column of groups, each drawn under the last.
        level: The column of the names of levels, distinct within their group.
        value: The column of lengths.
        unit: Of the lengths.
        rates: Two columns of rates from 0 to 1, and what each is called; drawn on a logarithmic axis.
        title: What it shows.
        subtitle: Lines below the title.
        dark: On a dark ground.

    Raises:
        MissingDependencyError: Altair is not installed.
    """
    need_altair()
    import altair as alt

    look = look_of(dark=dark)
    names = frame[group].unique(maintain_order=True).to_list()
    tips = [alt.Tooltip(f"{name}:Q" if dtype.is_numeric() else f"{name}:N") for name, dtype in frame.schema.items()]
    drawn = []
    for name in names:
        of_group = f"datum[{json.dumps(group)}] === {json.dumps(name)}"
        base = alt.Chart().transform_filter(of_group).encode(tooltip=tips)
        last = name == names[-1]
        axis_title = f"weight in {unit}: left against, right for" if last else None
        weights = _bars(base, level, value, axis_title, reach=_reach(frame[value]), look=look)
        drawn += [
            weights.properties(title=_name(name, look)),
            _rates(base, level, rates, "how often (logarithmic)" if last else None, look),
        ]
    grid = alt.concat(*drawn, columns=2, data=inline(frame), spacing={"row": 14, "column": 20})
    return titled(grid, title, subtitle, look)


def _reach(values: pl.Series) -> list[float]:
    ends = [0.0, *values.drop_nulls()]
    return [min(ends), max(ends)]


def _name(name: str, look: Look) -> "alt.TitleParams":
    import altair as alt

    return alt.TitleParams(name, anchor="start", color=look.ink, fontSize=13, offset=4)


def _bars(
    base: "alt.Chart", level: str, value: str, axis_title: str | None, *, reach: list[float], look: Look
) -> "alt.LayerChart":
    import altair as alt

    sign = alt.condition(f"datum[{json.dumps(value)}] < 0", alt.value(look.fall), alt.value(look.rise))
    x = alt.X(f"{value}:Q", title=axis_title, scale=alt.Scale(domain=reach))
    bars = base.mark_bar(height=11).encode(x=x, y=_levels(level, labels=True), color=sign)
    zero = alt.Chart().mark_rule(color=look.ink).encode(x=alt.datum(0))
    return layered(bars, zero, width=_WIDTH, height=alt.Step(_ROW))


def _rates(
    base: "alt.Chart", level: str, rates: Mapping[str, str], axis_title: str | None, look: Look
) -> "alt.LayerChart":
    import altair as alt

    one, other = rates
    axis = alt.Axis(format="~p", values=list(_TICKS))
    scale = alt.Scale(type="log", domain=[_RAREST, 1], clamp=True)
    x, y = alt.X(f"{one}:Q", title=axis_title, scale=scale, axis=axis), _levels(level, labels=False)
    bridge = base.mark_rule(color=look.plain, opacity=0.5).encode(x=x, x2=f"{other}:Q", y=y)
    legend = alt.Legend(orient="top", labelExpr=f"{json.dumps(dict(rates))}[datum.label]")
    kinds = list(rates)
    dots = (
        base.transform_fold([one, other], as_=["_kind", "_rate"])
        .mark_point(filled=True, size=60, opacity=1)
        .encode(
            x=alt.X("_rate:Q", title=axis_title, scale=scale, axis=axis),
            y=y,
            color=alt.Color(
                "_kind:N", title=None, scale=alt.Scale(domain=kinds, range=[look.rise, look.plain]), legend=legend
            ),
            shape=alt.Shape(
                "_kind:N", title=None, scale=alt.Scale(domain=kinds, range=["circle", "diamond"]), legend=legend
            ),
        )
    )
    return layered(bridge, dots, width=_WIDTH, height=alt.Step(_ROW))


def _levels(level: str, *, labels: bool) -> "alt.Y":
    import altair as alt

    axis = alt.Axis(labelLimit=320, ticks=False, domain=False, labels=labels, grid=True, gridOpacity=0.4)
    return alt.Y(f"{level}:N", title=None, sort=None, axis=axis)
