"""How many go from where to where: a transition matrix."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from unified_customer.methods.charting.aggregates import aggregates, one_each
from unified_customer.methods.charting.axes import ordered
from unified_customer.methods.charting.cells import Cell, Sheet, sheet
from unified_customer.methods.charting.drawing import LEAST_WIDTH, need_altair, titled
from unified_customer.methods.charting.lettering import width
from unified_customer.methods.charting.looks import look_of
from unified_customer.methods.display.numbers import COUNT, SHARE

if TYPE_CHECKING:
    import altair as alt

AT_MOST: Final = 625
"""Rows that the matrix takes: 25 states."""
_HIGH: Final = 40.0
_WIDEST: Final = 96.0


def matrix(
    frame: pl.DataFrame,
    *,
    before: str,
    after: str,
    count: str,
    states: Sequence[str] | None = None,
    before_title: str,
    after_title: str,
    title: str,
    subtitle: Sequence[str] = (),
    dark: bool = False,
) -> "alt.LayerChart":
    """Draw which share of those who were in a state before is in which one after.

    Those who stayed have a frame. The count stands below the share, and how many there were before beside each row.

    Args:
        frame: One row a pair of states, at most 625, in any order. A null count, as of a cell too small to show, is
            blank and left out of the sum of its row.
        before: The column of states before.
        after: The column of states after.
        count: The column of counts.
        states: The order of states. None: by name.
        before_title: What the rows are, such as "state on 1 March".
        after_title: What the columns are.
        title: What it shows.
        subtitle: Lines below the title.
        dark: On a dark ground.

    Raises:
        ConfigurationError: There are no rows, or too many.
        MissingDependencyError: Altair is not installed.
        SchemaError: A column is missing or tells people apart, or a pair is there twice.
    """
    need_altair()
    taken = aggregates(frame, [before, after, count], chart="matrix", at_most=AT_MOST)
    one_each(taken, before, after, chart="matrix")
    taken = taken.with_columns(pl.col(before, after).cast(pl.String)).sort(before, after)
    names = ordered(pl.concat([taken[before], taken[after].alias(before)]))
    order = [*(states or ()), *(name for name in names if name not in (states or ()))]
    rows, columns = ([each for each in order if each in set(taken[side])] for side in (before, after))
    known = taken.drop_nulls()
    sums = dict(known.group_by(before).agg(pl.col(count).sum()).iter_rows())

    def cell(row: Mapping[str, Any]) -> Cell:
        share = row[count] / sums[row[before]] if sums[row[before]] else None
        head = f"{row[before]} before, {row[after]} after: {SHARE.written(share)}"
        return Cell(
            row=rows.index(row[before]),
            column=columns.index(row[after]),
            strength=share or 0.0,
            text=SHARE.short(share),
            more=COUNT.short(row[count]),
            says=f"{head}, {COUNT.written(row[count])} of {COUNT.written(sums[row[before]])}",
            marked=row[before] == row[after],
        )

    look = look_of(dark=dark)
    beside = [COUNT.short(sums.get(each)) for each in rows]
    wide = min(_WIDEST, max(64.0, *(width(each, 12) + 10 for each in columns)))
    on = Sheet(rows, columns, before_title, after_title, wide, _HIGH, on_top=True, beside=beside, beside_title="before")
    cells = [cell(row) for row in known.iter_rows(named=True)]
    words = [*subtitle, "Shares are of each row. Those who stayed have a frame."]
    return titled(sheet(cells, on, look), title, words, look, width=max(LEAST_WIDTH, on.across))
