"""A value for every pair of two names: how complete each field of each source is."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from unified_customer.methods.charting.aggregates import aggregates, one_each
from unified_customer.methods.charting.axes import ordered
from unified_customer.methods.charting.cells import Cell, Sheet, sheet
from unified_customer.methods.charting.drawing import LEAST_WIDTH, need_altair, titled
from unified_customer.methods.charting.lettering import width
from unified_customer.methods.charting.looks import look_of
from unified_customer.methods.display.numbers import COUNT, SHARE, TEXT, Format

if TYPE_CHECKING:
    import altair as alt

AT_MOST: Final = 1000
"""Rows that the heat-map takes."""
_HIGH: Final = 28.0
_LEAST_WIDE: Final = 72.0
_WIDEST: Final = 120.0


def heatmap(
    frame: pl.DataFrame,
    *,
    row: str,
    column: str,
    value: str,
    count: str | None = None,
    marked: str | None = None,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    row_title: str,
    column_title: str,
    value_title: str,
    count_title: str = "rows",
    unit: Format = SHARE,
    title: str,
    subtitle: Sequence[str] = (),
    dark: bool = False,
) -> "alt.LayerChart":
    """Draw a cell for each pair of two names, the stronger coloured the higher its value.

    Args:
        frame: One row a pair, at most 1,000, in any order. A null value, and a pair that is not there, is blank.
        row: The column of names from top to bottom.
        column: The column of names from left to right.
        value: The column of numbers, at least 0, that colours the cell and stands in it. A share of 1 has the strongest
            colour; of other numbers the largest has.
        count: A column of counts that is told when one points.
        marked: A column of truth values: which cells have a frame.
        rows: The order of the rows. None: by name.
        columns: The order of the columns. None: by name.
        row_title: What the rows are.
        column_title: What the columns are.
        value_title: What the value is.
        count_title: What is counted.
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
    taken = aggregates(frame, [row, column, value, count, marked], chart="heatmap", at_most=AT_MOST)
    one_each(taken, row, column, chart="heatmap")
    down, across = _in_order(taken[row], rows), _in_order(taken[column], columns)
    most = 1.0 if unit.kind == "share" else max((each for each in taken[value] if each is not None), default=0) or 1

    def cell(each: Mapping[str, Any]) -> Cell:
        counted = f", of {COUNT.written(each[count])} {count_title}" if count else ""
        told = f"{value_title} {unit.written(each[value])}{counted}"
        return Cell(
            row=down.index(each[row]),
            column=across.index(each[column]),
            strength=min(each[value] / most, 1.0),
            text=unit.short(each[value]),
            says=f"{TEXT.written(each[row])}, {TEXT.written(each[column])}: {told}",
            marked=bool(marked and each[marked]),
        )

    look = look_of(dark=dark)
    names = [*map(TEXT.written, across)]
    wide = min(_WIDEST, max(_LEAST_WIDE, *(width(each, 12) + 12 for each in names)))
    on = Sheet([*map(TEXT.written, down)], names, row_title, column_title, wide, _HIGH, on_top=True)
    cells = [cell(each) for each in taken.sort(row, column).drop_nulls([row, column, value]).iter_rows(named=True)]
    return titled(sheet(cells, on, look), title, subtitle, look, width=max(LEAST_WIDTH, on.across))


def _in_order(found: pl.Series, wanted: Sequence[str] | None) -> list[Any]:
    """Return names in the order that is wanted, those that are not in it behind."""
    names = ordered(found)
    first = [each for each in dict.fromkeys(wanted or ()) if each in names]
    return first + [each for each in names if each not in first]
