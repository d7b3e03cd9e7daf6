"""What all charts have in common: the library, the data, the title, the look."""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import polars as pl

from unified_customer.core.errors import require
from unified_customer.methods.charting.lettering import legible, wrapped
from unified_customer.methods.charting.looks import LIGHT, Look

if TYPE_CHECKING:
    import altair as alt

Chart: TypeAlias = "alt.Chart | alt.LayerChart | alt.ConcatChart"
"""Any chart of this package."""

AnyChart = TypeVar("AnyChart", "alt.Chart", "alt.LayerChart", "alt.ConcatChart")

SHAPES: Final = ("circle", "square", "diamond", "triangle-up", "cross", "triangle-down", "triangle-right")
DASHES: Final = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [12, 4], [4, 1], [1, 4])
"""Of lines of different kinds."""

LEAST_WIDTH: Final = 420
WIDTH: Final = 560
"""Of charts whose width does not follow from what they show."""
_FONT: Final = "Arial, Helvetica, Liberation Sans, sans-serif"


def need_altair() -> None:
    """Make sure that Altair is there.

    Raises:
        MissingDependencyError: It is not; the message says how to install it.
    """
    require("altair", extra="charts", why="draw charts")


def inline(frame: pl.DataFrame) -> "alt.InlineData":
    """Return a frame as the data of a chart, whole whatever its size; what is not finite becomes null."""
    import altair as alt

    return alt.InlineData(values=[_plain(row) for row in frame.iter_rows(named=True)])


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        # Without a zone a browser would take it for a time of the reader's own zone.
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def layered(*layers: "alt.Chart", width: "float | alt.Step", height: "float | alt.Step") -> "alt.LayerChart":
    """Lay charts over each other, the first lowest."""
    import altair as alt

    return alt.LayerChart(layer=list(layers), width=width, height=height)


def titled(
    chart: AnyChart, title: str, subtitle: Sequence[str], look: Look = LIGHT, *, width: float | None = None
) -> AnyChart:
    """Give a finished chart its title, the same words for those who cannot see it, and its look.

    Args:
        chart: All of it.
        title: What it shows.
        subtitle: Lines below the title.
        look: Its colours.
        width: Words go on in a new line where they would be wider. None: they are never broken.
    """
    import altair as alt

    heading = alt.TitleParams(
        title if width is None else _lines([title], width, 17),
        subtitle=list(subtitle) if width is None else _lines(subtitle, width, 12),
        anchor="start",
        frame="group",
        fontSize=16,
        subtitleFontSize=12,
        subtitlePadding=5,
        offset=14,
    )
    words = " ".join([title + ".", *subtitle])
    # All at once: each further property would copy the whole chart.
    finished: AnyChart = chart.properties(title=heading, description=words, config=_config(look))
    return finished


def _lines(texts: Sequence[str], width: float, size: float) -> list[str]:
    return [line for text in texts for line in wrapped(text, width, size)]


def _config(look: Look) -> "alt.Config":
    import altair as alt

    return alt.Config(
        font=_FONT,
        padding=12,
        background=look.background,
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            labelColor=look.ink,
            titleColor=look.ink,
            gridColor=look.grid,
            domainColor=look.faint,
            tickColor=look.faint,
        ),
        title=alt.TitleConfig(color=look.ink, subtitleColor=look.soft),
        legend=alt.LegendConfig(
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            labelLimit=300,
            labelColor=look.ink,
            titleColor=look.ink,
        ),
    )


def written(value: float) -> str:
    """Return a number as it is written into a chart.

    Examples:
        >>> [written(6.14), written(-0.01), written(-math.inf)]
        ['+6.1', '+0.0', 'never']
    """
    return f"{value:+z.1f}" if value > -math.inf else "never"


def line_labels(lines: Sequence[Sequence[str]]) -> str:
    """Return an axis label expression: for the number n the lines of the n-th label.

    Numbers in place of texts on the axis let two steps have one name.
    """
    return f"{json.dumps([[legible(line) for line in each] for each in lines])}[datum.value]"
