"""A value for every pair of two scores: the RFM grid."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from unified_customer.methods.charting.aggregates import aggregates, one_each
from unified_customer.methods.charting.axes import ordered
from unified_customer.methods.charting.cells import Cell, Sheet, sheet
from unified_customer.methods.charting.drawing import LEAST_WIDTH, need_altair, titled
from unified_customer.methods.charting.looks import look_of
from unified_customer.methods.display.numbers import COUNT, TEXT, Format

if TYPE_CHECKING:
    import altair as alt

AT_MOST: Final = 400
"""Rows that the grid takes."""
_WIDE: Final = 96.0
_HIGH: Final = 46.0


def grid(
    frame: pl.DataFrame,
    *,
    x: str,
    y: str,
    value: str,
    label: str | None = None,
    count: str | None = None,
    x_title: str,
    y_title: str,
    value_title: str,
    unit: Format = COUNT,
    title: str,
    subtitle: Sequence[str] = (),
    dark: bool = False,
) -> "alt.LayerChart":
    """Draw a cell for each pair of two scores, the stronger coloured the higher its value.

    Args:
        frame: One row a pair, at most 400, in any order. A null value, and a pair that is not there, is blank.
        x: The column of scores from left (least) to right, such as recency.
        y: The column of scores from bottom (least) to top, such as frequency.
        value: The column of numbers, at least 0, that colours the cell and stands in it.
        label: A column of names, such as the segment, that stands below the value, cut where it is long.
        count: A column of counts that stands below the value where there is no label, and is told when one points.
        x_title: What `x` is.
        y_title: What `y` is.
        value_title: What the value is.
        unit: How the value is written.
        title: What it shows.
        subtitle: Lines below the title.
        dark: On a dark ground.

    Raises:
        ConfigurationError: There are no rows, or too many.
        MissingDependencyError: Altair is not installed.
        SchemaError: A column is missing or tells people apart, or a pair is there twice.
    """
    need_altair()
    taken = aggregates(frame, [x, y, value, label, count], chart="grid", at_most=AT_MOST)
    one_each(taken, x, y, chart="grid")
    columns, rows = ordered(taken[x]), ordered(taken[y])[::-1]
    most = max((each for each in taken[value] if each is not None), default=0) or 1

    def cell(row: Mapping[str, Any]) -> Cell:
        named = f", {row[label]}" if label else ""
        counted = f", {COUNT.written(row[count])} customers" if count else ""
        head = f"{x_title} {TEXT.written(row[x])}, {y_title} {TEXT.written(row[y])}{named}: "
        return Cell(
            row=rows.index(row[y]),
            column=columns.index(row[x]),
            strength=row[value] / most,
            text=unit.short(row[value]),
            more=str(row[label] or "") if label else COUNT.short(row[count]) if count else "",
            says=f"{head}{value_title} {unit.written(row[value])}{counted}",
        )

    look = look_of(dark=dark)
    on = Sheet([*map(TEXT.written, rows)], [*map(TEXT.written, columns)], y_title, x_title, wide=_WIDE, high=_HIGH)
    cells = [cell(row) for row in taken.sort(y, x).drop_nulls([x, y, value]).iter_rows(named=True)]
    words = [*subtitle, f"The stronger the colour, the higher: {value_title}."]
    return titled(sheet(cells, on, look), title, words, look, width=max(LEAST_WIDTH, on.across))
