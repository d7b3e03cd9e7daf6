"""Cohorts by the periods of their life: the triangle with blanks for what has not yet been."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from unified_customer.methods.charting.aggregates import aggregates, one_each
from unified_customer.methods.charting.axes import ordered
from unified_customer.methods.charting.cells import LETTERS, SMALL, Cell, Sheet, sheet
from unified_customer.methods.charting.drawing import LEAST_WIDTH, need_altair, titled
from unified_customer.methods.charting.lettering import width
from unified_customer.methods.charting.looks import look_of
from unified_customer.methods.display.numbers import COUNT, SHARE, TEXT, Format

if TYPE_CHECKING:
    import altair as alt

AT_MOST: Final = 3600
"""Rows that the triangle takes: 60 cohorts by 60 periods."""


def triangle(
    frame: pl.DataFrame,
    *,
    cohort: str,
    period: str,
    value: str,
    size: str | None = None,
    cohort_title: str = "cohort",
    period_title: str,
    value_title: str,
    unit: Format = SHARE,
    title: str,
    subtitle: Sequence[str] = (),
    dark: bool = False,
) -> "alt.LayerChart":
    """Draw what each cohort does period by period.

    Of shares period 0, where all are there, has no part in how strong the colours are: else nothing else could be told
    apart.

    Args:
        frame: One row a cohort and period, at most 3,600, in any order. A null value (not yet known) is blank, never 0.
        cohort: The column of cohorts: dates or names, drawn in order from the top.
        period: The column of whole numbers of periods since the cohort began.
        value: The column of values, shares by default.
        size: The column of how many customers the cohort has, the same in all its rows (else the largest counts); it
            stands beside.
        cohort_title: What the cohorts are, such as "month of the first purchase".
        period_title: What the periods are, such as "months since the first purchase".
        value_title: What the value is.
        unit: How the value is written.
        title: What it shows.
        subtitle: Lines below the title.
        dark: On a dark ground.

    Raises:
        ConfigurationError: There are no rows, or too many.
        MissingDependencyError: Altair is not installed.
        SchemaError: A column is missing or tells people apart, or a cell is there twice.
    """
    need_altair()
    taken = aggregates(frame, [cohort, period, value, size], chart="triangle", at_most=AT_MOST)
    one_each(taken, cohort, period, chart="triangle")
    known = taken.drop_nulls([cohort, period, value]).sort(cohort, period)
    rows, columns = ordered(taken[cohort]), ordered(taken[period])
    names = _named(rows)
    low, high = _ends(known, period, value, unit)
    sizes = dict(taken.drop_nulls(cohort).group_by(cohort).agg(pl.col(size).max()).iter_rows()) if size else {}

    def cell(row: Mapping[str, Any]) -> Cell:
        place = rows.index(row[cohort])
        head = f"{names[place]}, {period_title} {TEXT.written(row[period])}: {value_title}"
        counted = f" of {COUNT.written(sizes[row[cohort]])} customers" if row[cohort] in sizes else ""
        return Cell(
            row=place,
            column=columns.index(row[period]),
            strength=(row[value] - low) / (high - low) if high > low else 0.0,
            text=unit.short(row[value]),
            says=f"{head} {unit.written(row[value])}{counted}",
        )

    look = look_of(dark=dark)
    cells = [cell(row) for row in known.iter_rows(named=True)]
    letters, tall = (LETTERS, 27.0) if len(rows) <= 14 else (SMALL, 21.0)
    wide = max((width(each.text, letters) + 8 for each in cells), default=0.0)
    on = Sheet(
        names,
        [*map(TEXT.written, columns)],
        cohort_title,
        period_title,
        wide=max(36.0, wide),
        high=tall,
        on_top=True,
        beside=[COUNT.short(sizes.get(each)) for each in rows] if size else (),
        beside_title="customers",
    )
    return titled(sheet(cells, on, look), title, subtitle, look, width=max(LEAST_WIDTH, on.across))


def _named(cohorts: Sequence[Any]) -> list[str]:
    """Return the names of cohorts; first days of months as year and month."""
    days = [getattr(each, "day", None) for each in cohorts]
    hours = [getattr(each, "hour", 0) for each in cohorts]
    if set(days) == {1} and not any(hours):
        return [each.strftime("%Y-%m") for each in cohorts]
    return [TEXT.written(each) for each in cohorts]


def _ends(known: pl.DataFrame, period: str, value: str, unit: Format) -> tuple[float, float]:
    later = known.filter(pl.col(period) > 0)[value] if unit.kind == "share" else known[value]
    amounts = [float(each) for each in later]
    return min([0.0, *amounts]), max(amounts, default=1.0)
