"""Points and links, in parts."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from unified_customer.methods.charting.drawing import (
    SHAPES,
    inline,
    layered,
    need_altair,
    titled,
    written,
)
from unified_customer.methods.charting.layout import circles
from unified_customer.methods.charting.looks import Look, look_of

if TYPE_CHECKING:
    import altair as alt

_UNIT: Final = 120
_WIDEST: Final = 1000
_ROOM: Final = 0.6
_READABLE: Final = 30
"""More points than this go without their names, which show when one points at them."""
_WHERE: Final = 0.42
_FEW: Final = 12
"""With no more points than this the links have their numbers beside them."""


def network(
    nodes: pl.DataFrame,
    edges: pl.DataFrame,
    *,
    unit: str,
    title: str,
    subtitle: Sequence[str] = (),
    kind_title: str = "source",
    dark: bool = False,
) -> "alt.LayerChart":
    """Draw points, one circle for each part, and the links between them.

    Args:
        nodes: `name` (unique), `kind` (String: the colour and shape) and `part`, sorted by part; the first of each part
            looks to the other part.
        edges: `one` and `other` (names of nodes), `weight` (a number, written on the link where there is room) and
            `look`: `marked` (orange and dashed), `strong` or `plain`.
        unit: Of the weights.
        title: What it shows.
        subtitle: Lines below the title.
        kind_title: What the kinds are.
        dark: On a dark ground.

    Raises:
        MissingDependencyError: Altair is not installed.
    """
    need_altair()
    import altair as alt

    look = look_of(dark=dark)
    placed = _placed(nodes)
    wide, high = _extent(placed)
    width = min(_UNIT * wide, _WIDEST)
    scales = (
        alt.X("x:Q", axis=None, scale=alt.Scale(domain=_around(placed["x"]), nice=False)),
        alt.Y("y:Q", axis=None, scale=alt.Scale(domain=_around(placed["y"]), nice=False)),
    )
    layers = [*_links(_ended(edges, placed), scales, unit, look), *_numbers(edges, placed, scales, look)]
    layers += [_points(placed, scales, kind_title, look), *_names(placed, scales, look)]
    return titled(layered(*layers, width=width, height=width * high / wide), title, subtitle, look)


def _placed(nodes: pl.DataFrame) -> pl.DataFrame:
    sizes = nodes.group_by("part", maintain_order=True).len()["len"].to_list()
    points = [point for part in circles(sizes) for point in part]
    return nodes.with_columns(x=pl.Series([x for x, _ in points]), y=pl.Series([y for _, y in points]))


def _around(places: pl.Series) -> list[float]:
    return [float(min(places)) - _ROOM, float(max(places)) + _ROOM]


def _extent(placed: pl.DataFrame) -> tuple[float, float]:
    (left, right), (low, high) = _around(placed["x"]), _around(placed["y"])
    return right - left, high - low


def _ended(edges: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """Add where the links start and end."""
    here = placed.select(one="name", x="x", y="y")
    there = placed.select(other="name", x2="x", y2="y")
    return edges.join(here, on="one", maintain_order="left").join(there, on="other", maintain_order="left")


def _strokes(look: Look) -> Mapping[str, Mapping[str, Any]]:
    """Return how links are drawn, from the lowest layer to the highest."""
    return {
        "plain": {"color": look.faint, "strokeWidth": 1.0},
        "strong": {"color": look.plain, "strokeWidth": 2.5},
        "marked": {"color": look.fall, "strokeWidth": 3.5, "strokeDash": [7, 4]},
    }


def _links(ended: pl.DataFrame, scales: "tuple[alt.X, alt.Y]", unit: str, look: Look) -> "list[alt.Chart]":
    import altair as alt

    tips = [alt.Tooltip("one:N"), alt.Tooltip("other:N"), alt.Tooltip("weight:Q", title=unit, format="+.1f")]
    base = alt.Chart(inline(ended)).encode(x=scales[0], y=scales[1], x2=alt.X2("x2:Q"), y2=alt.Y2("y2:Q"), tooltip=tips)
    strokes = _strokes(look).items()
    return [base.mark_rule(**stroke).transform_filter(f"datum.look == '{name}'") for name, stroke in strokes]


def _numbers(edges: pl.DataFrame, placed: pl.DataFrame, scales: "tuple[alt.X, alt.Y]", look: Look) -> "list[alt.Chart]":
    import altair as alt

    looks = ("marked", "strong") if placed.height <= _FEW else ("marked",)
    numbers = _ended(edges.filter(pl.col("look").is_in(looks)), placed).select(
        "look",
        x=_along("x"),
        y=_along("y"),
        text=pl.col("weight").map_elements(written, return_dtype=pl.String),
    )
    base = alt.Chart(inline(numbers)).encode(x=scales[0], y=scales[1], text=alt.Text("text:N"))
    halo = base.mark_text(fontSize=12, stroke=look.background, strokeWidth=7, strokeJoin="round")
    return [halo, base.mark_text(fontSize=12, color=look.ink)]


def _along(axis: str) -> pl.Expr:
    # Not in the middle, where links cross.
    return pl.col(axis) * (1 - _WHERE) + pl.col(f"{axis}2") * _WHERE


def _points(placed: pl.DataFrame, scales: "tuple[alt.X, alt.Y]", kind_title: str, look: Look) -> "alt.Chart":
    import altair as alt

    kinds = placed["kind"].unique().sort().to_list()
    legend = alt.Legend(title=kind_title, orient="bottom") if kinds != [""] else None
    colours = alt.Scale(domain=kinds, range=[look.kind(place) for place in range(len(kinds))])
    shapes = alt.Scale(domain=kinds, range=[SHAPES[place % len(SHAPES)] for place in range(len(kinds))])
    points = alt.Chart(inline(placed)).encode(
        x=scales[0],
        y=scales[1],
        color=alt.Color("kind:N", scale=colours, legend=legend),
        shape=alt.Shape("kind:N", scale=shapes, legend=legend),
        tooltip=[alt.Tooltip("name:N"), alt.Tooltip("kind:N", title=kind_title)],
    )
    drawn: alt.Chart = points.mark_point(filled=True, size=260, opacity=1, stroke=look.background, strokeWidth=1.5)
    return drawn


def _names(placed: pl.DataFrame, scales: "tuple[alt.X, alt.Y]", look: Look) -> "list[alt.Chart]":
    import altair as alt

    if placed.height > _READABLE:
        return []
    base = alt.Chart(inline(placed)).encode(x=scales[0], y=scales[1], text=alt.Text("name:N"))
    halo = base.mark_text(dy=20, fontSize=12, stroke=look.background, strokeWidth=4, strokeJoin="round")
    return [halo, base.mark_text(dy=20, fontSize=12, color=look.ink)]
