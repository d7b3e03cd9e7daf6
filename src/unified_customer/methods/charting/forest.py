"""Estimates with their intervals, one below the other."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.charting.aggregates import aggregates
from unified_customer.methods.charting.axes import axis_title, labels, number_label
from unified_customer.methods.charting.drawing import LEAST_WIDTH, layered, line_labels, need_altair, titled
from unified_customer.methods.charting.looks import Look, look_of
from unified_customer.methods.display.numbers import NUMBER, TEXT, Format

if TYPE_CHECKING:
    import altair as alt

AT_MOST: Final = 60
"""Rows that the forest takes."""
_HIGH: Final = 26.0
_SIDES: Final = ("below", "not told apart", "above")


def forest(
    frame: pl.DataFrame,
    *,
    name: str,
    estimate: str,
    low: str,
    high: str,
    reference: float | None,
    reference_title: str = "",
    value_title: str,
    unit: Format = NUMBER,
    logarithmic: bool = False,
    title: str,
    subtitle: Sequence[str] = (),
    dark: bool = False,
) -> "alt.LayerChart":
    """Draw a point with its interval for each row, told apart by the side of the reference that the interval is on.

    Args:
        frame: One row an estimate, at most 60, in order. Without both ends of the interval the point stands alone, and
            no side is told; a null estimate is written as a dash.
        name: The column of names.
        estimate: The column of estimates.
        low: The column of lower ends.
        high: The column of upper ends.
        reference: What the estimates are held against: 1 for a lift, 0 for a difference. None: nothing; no side is told.
        reference_title: What it is, written at its line.
        value_title: What the estimates are.
        unit: How they are written.
        logarithmic: Whether the axis is logarithmic, as befits a ratio; then all must be above 0.
        title: What it shows.
        subtitle: Lines below the title.
        dark: On a dark ground.

    Raises:
        ConfigurationError: There are no rows, or too many, or one is not above 0 on a logarithmic axis.
        MissingDependencyError: Altair is not installed.
        SchemaError: A column is missing or tells people apart.
    """
    need_altair()
    import altair as alt

    taken = aggregates(frame, [name, estimate, low, high], chart="forest", at_most=AT_MOST, endless=True)
    columns = (name, estimate, low, high)
    rows = [
        _row(place, *row, reference=reference, unit=unit) for place, row in enumerate(taken.select(columns).iter_rows())
    ]
    if logarithmic and any(
        row[end] is not None and row[end] <= 0 for row in rows for end in ("estimate", "low", "high")
    ):
        raise ConfigurationError("The chart forest has a logarithmic axis, and a value is not above 0.")
    look = look_of(dark=dark)
    domain = _domain(rows, reference, logarithmic=logarithmic)
    kind = {"type": "log"} if logarithmic else {"zero": False}
    x = alt.X(
        "estimate:Q",
        title=axis_title(value_title, unit),
        axis=_axis(domain, unit, logarithmic=logarithmic),
        scale=alt.Scale(domain=list(domain), nice=False, **kind),
    )
    layers = [*_line(reference, reference_title, x, look), *_marks(_within(rows, domain), x, look)]
    picture = layered(*layers, width=LEAST_WIDTH, height=_HIGH * len(rows))
    return titled(picture, title, subtitle, look, width=LEAST_WIDTH + 150)


def _row(
    place: int,
    name: Any,
    estimate: float | None,
    low: float | None,
    high: float | None,
    *,
    reference: float | None,
    unit: Format,
) -> dict[str, Any]:
    whole = low is not None and high is not None
    interval = f", {unit.written(low)} to {unit.written(high)}" if whole else ""
    side = _side(low, high, reference) if whole and reference is not None else _SIDES[1]
    says = f"{TEXT.written(name)}: {unit.written(estimate)}{interval}"
    at = {"place": place, "name": TEXT.written(name), "estimate": _finite(estimate), "side": side, "says": says}
    return at | {"low": low if whole else None, "high": high if whole else None, "text": unit.short(estimate)}


def _finite(value: Any) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _side(low: Any, high: Any, reference: float) -> str:
    return _SIDES[2] if low > reference else _SIDES[0] if high < reference else _SIDES[1]


def _domain(rows: Sequence[Mapping[str, Any]], reference: float | None, *, logarithmic: bool) -> tuple[float, float]:
    """Return the ends of the axis, with room for the numbers to the right."""
    ends = [_finite(row[end]) for row in rows for end in ("estimate", "low", "high")]
    known = [end for end in (reference, *ends) if end is not None] or [1.0]
    least, most = min(known), max(known)
    if logarithmic:
        ratio = max(most / least, 1.2)
        return least / ratio**0.06, most * ratio**0.06
    room = 0.06 * (most - least) or 1.0
    return least - room, most + room


def _axis(domain: tuple[float, float], unit: Format, *, logarithmic: bool) -> "alt.Axis":
    import altair as alt

    if not logarithmic:
        return alt.Axis(labelExpr=number_label(unit), tickCount=5)
    return alt.Axis(labelExpr=number_label(unit), values=_ticks(*domain))


def _ticks(least: float, most: float) -> list[float]:
    """Return round numbers on a logarithmic axis: 1, 2 and 5 of each power of ten, or powers alone where there are many."""
    powers = range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)
    apart = max(1, len(powers) // 8)
    steps = (1, 2, 5) if len(powers) <= 4 else (1,)
    ticks = [step * 10.0**power for power in powers if power % apart == 0 for step in steps]
    return [tick for tick in ticks if least <= tick <= most]


def _within(rows: Sequence[Mapping[str, Any]], domain: tuple[float, float]) -> list[dict[str, Any]]:
    """Return the rows with endless intervals up to the ends of the axis."""
    least, most = domain
    ends = ("low", "high")
    return [{**row, **{end: _clipped(row[end], least, most) for end in ends}} for row in rows]


def _clipped(value: Any, least: float, most: float) -> float | None:
    return None if value is None else min(max(float(value), least), most)


def _line(reference: float | None, words: str, x: "alt.X", look: Look) -> "list[alt.Chart]":
    import altair as alt

    if reference is None:
        return []
    base = alt.Chart(alt.InlineData(values=[{"estimate": reference, "words": words}])).encode(x=x)
    rule = base.mark_rule(color=look.ink, strokeDash=[5, 4], aria=False)
    text = base.mark_text(baseline="bottom", dy=-4, fontSize=11.5, color=look.soft, aria=False)
    return [rule, text.encode(y=alt.value(0), text=alt.Text("words:N"))]


def _marks(rows: Sequence[Mapping[str, Any]], x: "alt.X", look: Look) -> "list[alt.Chart]":
    import altair as alt

    names = line_labels([[each] for each in labels([row["name"] for row in rows], room=260)])
    axis = alt.Axis(labelExpr=names, labelLimit=400, ticks=False, domain=False, labelPadding=8, grid=False)
    y = alt.Y("place:O", title=None, axis=axis, scale=alt.Scale(domain=list(range(len(rows)))))
    kinds = alt.Scale(domain=list(_SIDES), range=[look.fall, look.plain, look.rise])
    shapes = alt.Scale(domain=list(_SIDES), range=["diamond", "circle", "square"])
    colour = alt.Color("side:N", scale=kinds, legend=None)
    base = alt.Chart(alt.InlineData(values=list(rows))).encode(y=y, color=colour)
    bars = base.mark_rule(strokeWidth=2, aria=False).encode(x=x.copy(), x2=alt.X2("high:Q"))
    bars.encoding.x.shorthand = "low:Q"
    dots = base.mark_point(filled=True, size=80, opacity=1).encode(
        x=x,
        shape=alt.Shape("side:N", scale=shapes, legend=None),
        tooltip=alt.Tooltip("says:N"),
        description=alt.Description("says:N"),
    )
    text = base.mark_text(align="left", dx=8, fontSize=11.5, aria=False).encode(
        x=alt.value(LEAST_WIDTH), text=alt.Text("text:N"), color=alt.value(look.ink)
    )
    return [bars, dots, text]
