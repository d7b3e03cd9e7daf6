"""Two numbers of each of a few named things: models by accuracy and by coverage."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from unified_customer.methods.charting.aggregates import aggregates, one_each
from unified_customer.methods.charting.axes import axis_title, number_label
from unified_customer.methods.charting.drawing import WIDTH, layered, need_altair, titled
from unified_customer.methods.charting.lettering import cut, legible
from unified_customer.methods.charting.looks import Look, look_of
from unified_customer.methods.charting.naming import LETTERS, Box, named_beside, names_drawn
from unified_customer.methods.display.numbers import NUMBER, TEXT, Format

if TYPE_CHECKING:
    import altair as alt

AT_MOST: Final = 40
"""Points that the scatter takes."""
_HIGH: Final = 340.0
_LONGEST: Final = 170.0


def scatter(
    frame: pl.DataFrame,
    *,
    name: str,
    x: str,
    y: str,
    low: str | None = None,
    high: str | None = None,
    x_title: str,
    y_title: str,
    x_unit: Format = NUMBER,
    y_unit: Format = NUMBER,
    title: str,
    subtitle: Sequence[str] = (),
    dark: bool = False,
) -> "alt.LayerChart":
    """Draw a point with its name for each row, and the interval of what goes up.

    Names stand where they cover neither points nor each other; where there is no such place, the name is told when one
    points at the mark.

    Args:
        frame: One row a name, at most 40, in any order. A row without both numbers is not drawn.
        name: The column of names.
        x: The column of what goes to the right.
        y: The column of what goes up.
        low: The column of lower ends of `y`. None: there are no intervals.
        high: The column of upper ends of `y`.
        x_title: What goes to the right.
        y_title: What goes up.
        x_unit: How it is written.
        y_unit: How it is written.
        title: What it shows.
        subtitle: Lines below the title.
        dark: On a dark ground.

    Raises:
        ConfigurationError: There are no rows, or too many.
        MissingDependencyError: Altair is not installed.
        SchemaError: A column is missing or tells people apart, or a name is there twice.
    """
    need_altair()
    import altair as alt

    taken = aggregates(frame, [name, x, y, low, high], chart="scatter", at_most=AT_MOST)
    one_each(taken, name, chart="scatter")
    rows = _rows(taken.sort(name).drop_nulls([x, y]), (name, x, y, low, high), (x_unit, y_unit))
    look = look_of(dark=dark)
    across, upward = (_domain([row[end] for row in rows for end in ends]) for ends in (["x"], ["y", "low", "high"]))
    scales = (
        alt.X("x:Q", title=axis_title(x_title, x_unit), axis=_axis(x_unit), scale=_scale(across)),
        alt.Y("y:Q", title=axis_title(y_title, y_unit), axis=_axis(y_unit), scale=_scale(upward)),
    )
    lettered = _lettered(rows, across, upward)
    picture = layered(*_marks(rows, scales, look), names_drawn(lettered, look), width=WIDTH, height=_HIGH)
    return titled(picture, title, subtitle, look, width=WIDTH)


def _rows(taken: pl.DataFrame, columns: Sequence[str | None], units: tuple[Format, Format]) -> list[dict[str, Any]]:
    names = ("name", "x", "y", "low", "high")
    rows = [
        {key: None if column is None else row[column] for key, column in zip(names, columns, strict=True)}
        for row in taken.iter_rows(named=True)
    ]
    return [_told(row, *units) for row in rows]


def _told(row: Mapping[str, Any], x_unit: Format, y_unit: Format) -> dict[str, Any]:
    called = legible(TEXT.written(row["name"]))
    whole = row["low"] is not None and row["high"] is not None
    interval = f" ({y_unit.written(row['low'])} to {y_unit.written(row['high'])})" if whole else ""
    says = f"{called}: {y_unit.written(row['y'])}{interval}, {x_unit.written(row['x'])}"
    ends = {end: row[end] if whole else row["y"] for end in ("low", "high")}
    return {"name": called, "x": float(row["x"]), "y": float(row["y"]), **ends, "says": says}


def _domain(values: Sequence[float]) -> tuple[float, float]:
    least, most = min(values, default=0.0), max(values, default=1.0)
    room = 0.08 * (most - least) or 0.1 * abs(most) or 1.0
    return least - room, most + room


def _axis(unit: Format) -> "alt.Axis":
    import altair as alt

    return alt.Axis(labelExpr=number_label(unit), tickCount=6, domain=False, ticks=False, labelPadding=6)


def _scale(domain: tuple[float, float]) -> "alt.Scale":
    import altair as alt

    return alt.Scale(domain=list(domain), nice=False, zero=False)


def _marks(rows: Sequence[Mapping[str, Any]], scales: tuple[Any, Any], look: Look) -> "list[alt.Chart]":
    import altair as alt

    x, y = scales
    base = alt.Chart(alt.InlineData(values=list(rows)))
    bars = base.mark_rule(strokeWidth=2, color=look.rise, opacity=0.5, aria=False)
    bars = bars.encode(x=x, y=y.copy(), y2=alt.Y2("high:Q"))
    bars.encoding.y.shorthand = "low:Q"
    dots = base.mark_point(filled=True, size=80, opacity=1, color=look.rise)
    told = {"tooltip": alt.Tooltip("says:N"), "description": alt.Description("says:N")}
    return [bars, dots.encode(x=x, y=y, **told)]


# -------------------------------------------------------------------------------- where names stand, in pixels


def _lettered(
    rows: Sequence[Mapping[str, Any]], across: tuple[float, float], upward: tuple[float, float]
) -> list[dict[str, Any]]:
    """Return the names that have a place beside their points."""
    points = [(_part(row["x"], across) * WIDTH, (1 - _part(row["y"], upward)) * _HIGH) for row in rows]
    covered: list[Box] = [(px - 6, py - 6, px + 6, py + 6) for px, py in points]
    for row, (px, _) in zip(rows, points, strict=True):
        high, low = ((1 - _part(row[end], upward)) * _HIGH for end in ("high", "low"))
        covered.append((px - 2, high, px + 2, low))
    wanted = [(cut(row["name"], _LONGEST, LETTERS), px, py, 0.0) for row, (px, py) in zip(rows, points, strict=True)]
    return named_beside(wanted, covered, right=WIDTH + 60, bottom=_HIGH)


def _part(value: float, domain: tuple[float, float]) -> float:
    return (value - domain[0]) / (domain[1] - domain[0])
