"""Ordered steps, and how many are left at each."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from unified_customer.methods.charting.aggregates import aggregates, one_each
from unified_customer.methods.charting.axes import labels
from unified_customer.methods.charting.drawing import LEAST_WIDTH, layered, line_labels, need_altair, titled
from unified_customer.methods.charting.looks import Look, look_of
from unified_customer.methods.display.numbers import COUNT, SHARE, TEXT

if TYPE_CHECKING:
    import altair as alt

AT_MOST: Final = 20
"""Rows that the funnel takes."""
_HIGH: Final = 46.0


def funnel(
    frame: pl.DataFrame,
    *,
    step: str,
    count: str,
    count_title: str = "customers",
    title: str,
    subtitle: Sequence[str] = (),
    dark: bool = False,
) -> "alt.LayerChart":
    """Draw a bar for each step, with its share of the first step and how many were lost since the step before.

    Args:
        frame: One row a step, at most 20, in the order of the steps. A null count has no bar.
        step: The column of names of steps, each once.
        count: The column of how many came to the step.
        count_title: What is counted.
        title: What it shows.
        subtitle: Lines below the title.
        dark: On a dark ground.

    Raises:
        ConfigurationError: There are no rows, or too many.
        MissingDependencyError: Altair is not installed.
        SchemaError: A column is missing or tells people apart, or a step is there twice.
    """
    need_altair()
    taken = aggregates(frame, [step, count], chart="funnel", at_most=AT_MOST)
    one_each(taken, step, chart="funnel")
    counts = taken[count].to_list()
    rows = [_row(place, TEXT.written(name), counts, count_title) for place, name in enumerate(taken[step])]
    look = look_of(dark=dark)
    words = [*subtitle, "Shares are of the first step; below them, what was lost since the step before."]
    return titled(_picture(rows, look), title, words, look, width=LEAST_WIDTH + 150)


def _row(place: int, name: str, counts: Sequence[Any], count_title: str) -> dict[str, Any]:
    here, last = counts[place], counts[place - 1] if place else None
    share, lost = _ratio(here, counts[0]), _ratio(here, last)
    told = f"{name}: {COUNT.written(here)} {count_title}, {SHARE.written(share)} of the first step"
    row = {
        "place": place,
        "name": name,
        "count": here,
        "end": here or 0,
        "text": f"{COUNT.short(here)} · {SHARE.short(share)}",
        "lost": "",
    }
    if lost is None:
        return row | {"says": told}
    gone = f"{SHARE.short(abs(1 - lost))} {'lost' if lost <= 1 else 'more'}"
    return row | {"lost": gone, "says": f"{told}, {gone} since the step before"}


def _ratio(part: Any, whole: Any) -> float | None:
    return None if part is None or not whole else float(part) / float(whole)


def _picture(rows: Sequence[Mapping[str, Any]], look: Look) -> "alt.LayerChart":
    import altair as alt

    most = max((row["count"] for row in rows if row["count"] is not None), default=0) or 1
    scale = alt.Scale(domain=[0, most * 1.32], nice=False)
    names = line_labels([[each] for each in labels([row["name"] for row in rows])])
    axis = alt.Axis(labelExpr=names, labelLimit=400, ticks=False, domain=False, labelPadding=8)
    order = alt.Scale(domain=list(range(len(rows))), paddingInner=0.3, paddingOuter=0.1)
    y = alt.Y("place:O", title=None, axis=axis, scale=order)
    x = alt.X("count:Q", axis=None, scale=scale)
    end = alt.X("end:Q", axis=None, scale=scale)
    base = alt.Chart(alt.InlineData(values=list(rows))).encode(y=y, tooltip=alt.Tooltip("says:N"))
    marks = base.mark_bar(color=look.rise).encode(x=x, description=alt.Description("says:N"))
    style: dict[str, Any] = {"align": "left", "dx": 7, "fontSize": 12.5, "color": look.ink, "aria": False}
    alone = base.transform_filter("datum.lost === ''").mark_text(**style).encode(x=end, text=alt.Text("text:N"))
    text = base.transform_filter("datum.lost !== ''").mark_text(dy=-7, **style).encode(x=end, text=alt.Text("text:N"))
    lost = base.mark_text(align="left", dx=7, dy=8, fontSize=11, color=look.soft, aria=False).encode(
        x=end, text=alt.Text("lost:N")
    )
    return layered(marks, alone, text, lost, width=LEAST_WIDTH, height=_HIGH * len(rows))
