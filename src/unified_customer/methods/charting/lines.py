"""Lines with bands, which end where a value is not known."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from unified_customer.methods.charting.axes import along, up
from unified_customer.methods.charting.drawing import DASHES, WIDTH, inline
from unified_customer.methods.charting.looks import Look, tone
from unified_customer.methods.display.numbers import NOTHING, TEXT, Format

if TYPE_CHECKING:
    import altair as alt

HIGH: Final = 280.0
FEW: Final = 7
"""So many lines can be told apart by colour and dash."""


def points(
    frame: pl.DataFrame,
    *,
    x: str,
    y: str,
    low: str | None,
    high: str | None,
    kind: str | None,
    unit: Format,
    x_title: str,
    name: str = "",
) -> pl.DataFrame:
    """Return the points of lines as `x`, `y`, `low`, `high`, `kind` and `says`, in order along each line.

    A row without `x` is left out. An end of a band that is not known takes the other one with it.
    """
    ends = [(pl.col(each).cast(pl.Float64) if each else pl.lit(None, pl.Float64)) for each in (low, high)]
    whole = ends[0].is_not_null() & ends[1].is_not_null()
    taken = (
        frame.select(
            x=pl.col(x),
            y=pl.col(y).cast(pl.Float64),
            low=pl.when(whole).then(ends[0]),
            high=pl.when(whole).then(ends[1]),
            kind=pl.lit(name) if kind is None else pl.col(kind).cast(pl.String).fill_null(NOTHING),
        )
        .drop_nulls("x")
        .sort("kind", "x")
    )
    said = [_says(row, x_title, unit) for row in taken.iter_rows(named=True)]
    return taken.with_columns(says=pl.Series(said, dtype=pl.String))


def _says(row: Mapping[str, Any], x_title: str, unit: Format) -> str:
    head = f"{row['kind']}, " if row["kind"] else ""
    band = "" if row["low"] is None else f", {unit.written(row['low'])} to {unit.written(row['high'])}"
    return f"{head}{x_title} {TEXT.written(row['x'])}: {unit.written(row['y'])}{band}"


def axes(rows: pl.DataFrame, *, x_title: str, y_title: str, unit: Format, **scale: Any) -> "tuple[alt.X, alt.Y]":
    """Return the axes of lines."""
    return along("x", rows["x"], x_title, span=WIDTH), up("y", y_title, unit, **scale)


def bands(rows: pl.DataFrame, scales: "tuple[alt.X, alt.Y]", colour: Any, *, opacity: float = 0.2) -> "list[alt.Chart]":
    """Return the bands, below all lines; none where no end is known."""
    import altair as alt

    if rows["low"].null_count() == rows.height:
        return []
    x, y = scales
    low = y.copy()
    low.shorthand = "low:Q"
    base = alt.Chart(inline(rows)).encode(x=x, y=low, y2=alt.Y2("high:Q"), color=colour, detail=alt.Detail("kind:N"))
    # A band of one period alone has no area: a stroke draws it.
    lone = base.mark_rule(opacity=opacity + 0.15, strokeWidth=2, aria=False).transform_filter("datum.low !== null")
    return [base.mark_area(opacity=opacity, aria=False), *([lone] if _lone(rows) else [])]


def _lone(rows: pl.DataFrame) -> bool:
    known = pl.col("low").is_not_null()
    near = pl.any_horizontal(known.shift(by).over("kind", order_by="x").fill_null(value=False) for by in (1, -1))
    return bool(rows.select((known & ~near).any()).item())


def lines(
    rows: pl.DataFrame,
    scales: "tuple[alt.X, alt.Y]",
    colour: Any,
    *,
    dash: Any = None,
    thick: float = 2.5,
    dots: bool = True,
) -> "list[alt.Chart]":
    """Return the lines, and their points, which tell what they are; a line does not go on over what is not known."""
    import altair as alt

    x, y = scales
    base = alt.Chart(inline(rows)).encode(x=x, y=y, color=colour, detail=alt.Detail("kind:N"))
    style = {} if dash is None else {"strokeDash": dash}
    drawn = base.mark_line(strokeWidth=thick, strokeJoin="round", aria=False).encode(**style)
    point = base.mark_point(filled=True, size=34 if dots else 14, opacity=1)
    return [drawn, point.encode(tooltip=alt.Tooltip("says:N"), description=alt.Description("says:N"))]


def silence(rows: pl.DataFrame) -> list[str]:
    """Return the words below the title where there is nothing to draw."""
    return ["No value is known."] if rows["y"].null_count() == rows.height else []


def told_apart(kinds: Sequence[str], look: Look) -> "tuple[alt.Color, alt.StrokeDash]":
    """Return the colours and dashes of few kinds, with a legend where there is more than one."""
    import altair as alt

    legend = (
        alt.Legend(orient="top", title=None, symbolType="stroke", symbolSize=300, symbolOpacity=1, columns=4, offset=24)
        if len(kinds) > 1
        else None
    )
    colours = alt.Scale(domain=list(kinds), range=[look.kind(place) for place in range(len(kinds))])
    dashes = alt.Scale(domain=list(kinds), range=[DASHES[place % len(DASHES)] for place in range(len(kinds))])
    return alt.Color("kind:N", scale=colours, legend=legend), alt.StrokeDash("kind:N", scale=dashes, legend=legend)


def in_turn(kinds: Sequence[str], look: Look) -> "alt.Color":
    """Return colours for many kinds, the later the stronger."""
    import altair as alt

    last = max(len(kinds) - 1, 1)
    range_ = [tone(look.sequential, 0.25 + 0.75 * place / last) for place in range(len(kinds))]
    return alt.Color("kind:N", scale=alt.Scale(domain=list(kinds), range=range_), legend=None)
