"""Axes whose numbers are written as people read them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from unified_customer.methods.charting.lettering import cut, width
from unified_customer.methods.display.numbers import TEXT, Format

if TYPE_CHECKING:
    import altair as alt

LONGEST: Final = 190.0
"""Labels beside an axis are cut to so many pixels."""

_ROOM: Final = 10
"""Pixels between the axis and the first point."""

_STEPS: Final = ((1e12, "tn"), (1e9, "bn"), (1e6, "M"), (1e3, "k"))


def number_label(unit: Format) -> str:
    """Return the expression that writes the number of a tick; the currency and days stand in the title of the axis."""
    if unit.kind == "share":
        return "format(datum.value * 100, ',~r') + ' %'"
    steps = [f"size >= {scale:.0f} ? format(datum.value / {scale:.0f}, '~r') + ' {sign}' : " for scale, sign in _STEPS]
    written = "size >= 1e15 ? format(datum.value, '~g') : " + "".join(steps) + "format(datum.value, '~r')"
    return written.replace("size", "abs(datum.value)")


def axis_title(title: str, unit: Format) -> str:
    """Return the title of an axis with its unit.

    Examples:
        >>> from unified_customer.methods.display.numbers import DAYS, money
        >>> axis_title("revenue", money("EUR")), axis_title("days since the first", DAYS)
        ('revenue in EUR', 'days since the first')
    """
    name = unit.unit
    return title if not name or not title or name in title else f"{title} in {name}"


def ordered(values: pl.Series) -> list[Any]:
    """Return the distinct values in order, without null."""
    return values.drop_nulls().unique().sort().to_list()


def labels(values: Sequence[Any], *, room: float = LONGEST, size: float = 12) -> list[str]:
    """Return values as the labels of an axis, cut where they are too long."""
    return [cut(TEXT.written(value), room, size) or "…" for value in values]


def is_time(values: pl.Series) -> bool:
    """Whether the values are dates or times."""
    return values.dtype.is_temporal()


def along(name: str, values: pl.Series, title: str, *, span: float) -> "alt.X":
    """Return the axis from left to right for a column of numbers, dates or names of periods.

    Dates are read in UTC, so that no zone of the reader moves them.
    """
    import altair as alt

    if is_time(values):
        axis = alt.Axis(
            format=_time_format(values), grid=False, labelOverlap=True, labelFlush=False, tickCount=_few(values, span)
        )
        return alt.X(f"{name}:T", title=title, scale=alt.Scale(type="utc", padding=_ROOM), axis=axis)
    if values.dtype.is_numeric():
        axis = alt.Axis(grid=False, labelOverlap=True, labelFlush=False)
        if values.dtype.is_integer():
            axis.tickMinStep = 1
        return alt.X(f"{name}:Q", title=title, axis=axis, scale=alt.Scale(zero=False, nice=False, padding=_ROOM))
    names = labels(ordered(values), room=90)
    slanted = sum(width(each, 12) + 10 for each in names) > span
    axis = alt.Axis(labelAngle=-40 if slanted else 0, labelOverlap=True, grid=False)
    return alt.X(f"{name}:N", title=title, sort=None, axis=axis, scale=alt.Scale(domain=ordered(values)))


def _few(values: pl.Series, span: float) -> int:
    return max(1, min(values.n_unique() - 1, int(span // 80)))


def _time_format(values: pl.Series) -> str:
    days = values.drop_nulls().dt.date()
    if ((days.dt.day() == 1) & (days.dt.month() == 1)).all():
        return "%Y"
    return "%b %Y" if (days.dt.day() == 1).all() else "%-d %b %Y"


def up(name: str, title: str, unit: Format, **scale: Any) -> "alt.Y":
    """Return the axis from the bottom to the top for a column of numbers."""
    import altair as alt

    axis = alt.Axis(labelExpr=number_label(unit), tickCount=5, domain=False, ticks=False, labelPadding=6)
    return alt.Y(f"{name}:Q", title=axis_title(title, unit), axis=axis, scale=alt.Scale(**scale))
