"""Cells in rows and columns, coloured by an amount and with words in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from unified_customer.methods.charting.axes import labels
from unified_customer.methods.charting.drawing import layered, line_labels
from unified_customer.methods.charting.lettering import cut, width
from unified_customer.methods.charting.looks import Look, ink_on, tone

if TYPE_CHECKING:
    import altair as alt

LETTERS: Final = 12.0
SMALL: Final = 10.5


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        row: Its place from the top, from 0.
        column: Its place from the left, from 0.
        strength: From 0 to 1: how strong its colour is.
        text: What stands in it.
        says: What is told when one points at it.
        more: What stands below the text, cut where it is long.
        marked: Whether it has a frame.
    """

    row: int
    column: int
    strength: float
    text: str
    says: str
    more: str = ""
    marked: bool = False


@dataclass(frozen=True)
class Sheet:
    """Where cells stand.

    Attributes:
        rows: What the rows are called, from the top.
        columns: What the columns are called, from the left.
        row_title: What the rows are.
        column_title: What the columns are.
        wide: The width of a cell.
        high: The height of a cell.
        on_top: Whether the columns are named above.
        beside: A text beside each row, between its name and its cells; empty for none.
        beside_title: What these texts are.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    row_title: str
    column_title: str
    wide: float
    high: float
    on_top: bool = False
    beside: Sequence[str] = ()
    beside_title: str = ""

    @property
    def across(self) -> float:
        """The width of all cells."""
        return self.wide * len(self.columns)

    @property
    def down(self) -> float:
        """The height of all cells."""
        return self.high * len(self.rows)

    @property
    def room(self) -> float:
        """How wide the texts beside the rows are."""
        words = [*self.beside, self.beside_title] if self.beside else []
        return max((width(each, 12) + 14 for each in words), default=0.0)


def sheet(cells: Sequence[Cell], on: Sheet, look: Look) -> "alt.LayerChart":
    """Draw cells."""
    import altair as alt

    data = alt.InlineData(values=[_row(cell, on, look) for cell in cells])
    x, y = _across(on), _down(on)
    base = alt.Chart(data).encode(x=x, y=y, tooltip=alt.Tooltip("says:N"))
    fill = alt.Fill("fill:N", scale=None, legend=None)
    rect = base.mark_rect(stroke=look.background, strokeWidth=1.5)
    layers = [rect.encode(fill=fill, description=alt.Description("says:N")), *_frames(base, cells, look)]
    return layered(*layers, *_words(base, cells, on), *_beside(on, y, look), width=on.across, height=on.down)


def _row(cell: Cell, on: Sheet, look: Look) -> dict[str, str | int | bool]:
    fill = tone(look.sequential, cell.strength)
    words = {"text": cell.text, "more": cut(cell.more, on.wide - 8, SMALL), "says": cell.says}
    return {"row": cell.row, "column": cell.column, "marked": cell.marked, "fill": fill, "ink": ink_on(fill), **words}


def _across(on: Sheet) -> "alt.X":
    import altair as alt

    names = labels(on.columns, room=max(on.wide - 4, 110))
    slanted = any(width(each, 12) > on.wide - 2 for each in names)
    axis = alt.Axis(
        labelExpr=line_labels([[each] for each in names]),
        labelAngle=(-40 if slanted else 0),
        orient="top" if on.on_top else "bottom",
        ticks=False,
        domain=False,
        labelLimit=400,
        titlePadding=8,
    )
    scale = alt.Scale(domain=list(range(len(names))), paddingInner=0, paddingOuter=0)
    return alt.X("column:O", title=on.column_title, axis=axis, scale=scale)


def _down(on: Sheet) -> "alt.Y":
    import altair as alt

    axis = alt.Axis(
        labelExpr=line_labels([[each] for each in labels(on.rows)]),
        labelPadding=6 + on.room,
        maxExtent=600,
        ticks=False,
        domain=False,
        labelLimit=400,
        titlePadding=8,
    )
    scale = alt.Scale(domain=list(range(len(on.rows))), paddingInner=0, paddingOuter=0)
    return alt.Y("row:O", title=on.row_title, axis=axis, scale=scale)


def _frames(base: "alt.Chart", cells: Sequence[Cell], look: Look) -> "list[alt.Chart]":
    if not any(cell.marked for cell in cells):
        return []
    frame = base.transform_filter("datum.marked").mark_rect(fill=None, stroke=look.ink, strokeWidth=1.2, aria=False)
    return [frame]


def _words(base: "alt.Chart", cells: Sequence[Cell], on: Sheet) -> "list[alt.Chart]":
    import altair as alt

    two = any(cell.more for cell in cells)
    ink = alt.Color("ink:N", scale=None, legend=None)
    size = LETTERS if on.high >= 26 else SMALL
    text = base.mark_text(fontSize=size, dy=-7 if two else 0, aria=False).encode(color=ink, text=alt.Text("text:N"))
    more = base.mark_text(fontSize=SMALL, dy=8, aria=False).encode(color=ink, text=alt.Text("more:N"))
    return [text, more] if two else [text]


def _beside(on: Sheet, y: "alt.Y", look: Look) -> "list[alt.Chart]":
    import altair as alt

    if not on.beside:
        return []
    rows = alt.InlineData(values=[{"row": place, "beside": text} for place, text in enumerate(on.beside)])
    text = alt.Chart(rows).mark_text(align="right", fontSize=LETTERS, color=look.soft, aria=False)
    head = alt.Chart(alt.InlineData(values=[{"beside": on.beside_title}])).mark_text(
        align="right", baseline="bottom", fontSize=LETTERS, color=look.soft, aria=False
    )
    return [
        text.encode(x=alt.value(-8), y=y, text=alt.Text("beside:N")),
        head.encode(x=alt.value(-8), y=alt.value(-7), text=alt.Text("beside:N")),
    ]
