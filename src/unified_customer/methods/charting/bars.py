"""Shares side by side: segments by size and by revenue."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from unified_customer.methods.charting.aggregates import aggregates, one_each
from unified_customer.methods.charting.axes import axis_title, labels, number_label
from unified_customer.methods.charting.drawing import LEAST_WIDTH, layered, line_labels, need_altair, titled
from unified_customer.methods.charting.looks import Look, look_of
from unified_customer.methods.display.numbers import SHARE, TEXT, Format

if TYPE_CHECKING:
    import altair as alt

AT_MOST: Final = 60
"""Rows that the bars take."""
_BAR: Final = 15.0
_GAP: Final = 12.0


def bars(
    frame: pl.DataFrame,
    *,
    name: str,
    values: Mapping[str, str],
    value_title: str,
    unit: Format = SHARE,
    in_order: bool = False,
    title: str,
    subtitle: Sequence[str] = (),
    dark: bool = False,
) -> "alt.LayerChart":
    """Draw bars from the left for each name, one below the other for each column of values.

    Args:
        frame: One row a name, at most 60. A null value has no bar and is written as a dash.
        name: The column of names, each once.
        values: Up to three columns of numbers of one unit, and what each is called, such as
            `{"customers": "share of customers", "revenue": "share of revenue"}`.
        value_title: What the axis is.
        unit: How values are written.
        in_order: Whether the order of the rows is kept. By default the largest of the first column of values comes
            first, equal ones by name.
        title: What it shows.
        subtitle: Lines below the title.
        dark: On a dark ground.

    Raises:
        ConfigurationError: There are no rows, or too many.
        MissingDependencyError: Altair is not installed.
        SchemaError: A column is missing or tells people apart, or a name is there twice.
    """
    need_altair()
    taken = aggregates(frame, [name, *values], chart="bars", at_most=AT_MOST)
    one_each(taken, name, chart="bars")
    first = next(iter(values))
    rows = taken if in_order else taken.sort([first, name], descending=[True, False], nulls_last=True)
    look = look_of(dark=dark)
    names = [TEXT.written(each) for each in rows[name]]
    drawn = [
        _bar(place, names[place], row[column], called, unit)
        for place, row in enumerate(rows.iter_rows(named=True))
        for column, called in values.items()
    ]
    picture = _picture(drawn, names, list(values.values()), x_title=axis_title(value_title, unit), unit=unit, look=look)
    return titled(picture, title, subtitle, look, width=LEAST_WIDTH + 150)


def _bar(place: int, name: str, value: Any, called: str, unit: Format) -> dict[str, Any]:
    known = None if value is None else float(value)
    at = {"place": place, "name": name, "value": known, "end": max(known or 0.0, 0.0), "kind": called}
    return at | {"text": unit.short(value), "says": f"{name}, {called}: {unit.written(value)}"}


def _picture(
    drawn: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    kinds: Sequence[str],
    *,
    x_title: str,
    unit: Format,
    look: Look,
) -> "alt.LayerChart":
    import altair as alt

    ends = [0.0, *(bar["value"] for bar in drawn if bar["value"] is not None)]
    room = 0.14 * (max(ends) - min(ends)) or 1.0
    axis = alt.Axis(labelExpr=number_label(unit), tickCount=5, domain=False, ticks=False)
    scale = alt.Scale(domain=[min(ends) - (room if min(ends) < 0 else 0), max(ends) + room], nice=False)
    x = alt.X("value:Q", title=x_title, axis=axis, scale=scale)
    lines = line_labels([[each] for each in labels(names)])
    y = alt.Y(
        "place:O",
        title=None,
        axis=alt.Axis(labelExpr=lines, labelLimit=400, ticks=False, domain=False, labelPadding=8),
        scale=alt.Scale(
            domain=list(range(len(names))), paddingInner=_GAP / (_GAP + _BAR * len(kinds)), paddingOuter=0.2
        ),
    )
    offset = alt.YOffset("kind:N", scale=alt.Scale(domain=list(kinds), paddingInner=0.12), sort=list(kinds))
    legend = alt.Legend(orient="top", title=None, symbolType="square") if len(kinds) > 1 else None
    colours = alt.Scale(domain=list(kinds), range=[look.kind(place) for place in range(len(kinds))])
    base = alt.Chart(alt.InlineData(values=list(drawn))).encode(y=y, yOffset=offset)
    marks = base.mark_bar().encode(
        x=x,
        color=alt.Color("kind:N", scale=colours, legend=legend),
        tooltip=alt.Tooltip("says:N"),
        description=alt.Description("says:N"),
    )
    text = base.mark_text(align="left", dx=5, fontSize=11.5, color=look.ink, aria=False).encode(
        x=alt.X("end:Q", scale=scale), text=alt.Text("text:N")
    )
    zero = (
        alt.Chart(alt.InlineData(values=[{"zero": 0}]))
        .mark_rule(color=look.faint, aria=False)
        .encode(x=alt.X("zero:Q"))
    )
    return layered(marks, text, zero, width=LEAST_WIDTH, height=(_BAR * len(kinds) + _GAP) * len(names))
