"""A share that rises along an axis, with the place where one stands."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from unified_customer.methods.charting.drawing import LEAST_WIDTH, inline, layered, need_altair, titled
from unified_customer.methods.charting.looks import look_of

if TYPE_CHECKING:
    import altair as alt


def curve(
    points: pl.DataFrame,
    *,
    x: str,
    x_title: str,
    share: str,
    share_title: str,
    at: float,
    at_name: str,
    title: str,
    subtitle: Sequence[str] = (),
    dark: bool = False,
) -> "alt.LayerChart":
    """Draw a share as steps.

    Args:
        points: Sorted by `x`; the share holds from a point up to the next.
        x: The column of the axis.
        x_title: What the axis is, with its unit.
        share: The column of shares, from 0 to 1.
        share_title: Of what the share is.
        at: Where one stands on the axis.
        at_name: What stands there.
        title: What it shows.
        subtitle: Lines below the title.
        dark: On a dark ground.

    Raises:
        MissingDependencyError: Altair is not installed.
    """
    need_altair()
    import altair as alt

    look = look_of(dark=dark)
    tips = [alt.Tooltip(f"{name}:Q") for name in points.columns]
    line = (
        alt.Chart(inline(points))
        .mark_line(interpolate="step-after", color=look.rise, strokeWidth=2.5)
        .encode(
            x=alt.X(f"{x}:Q", title=x_title),
            y=alt.Y(f"{share}:Q", title=share_title, axis=alt.Axis(format="~%"), scale=alt.Scale(domainMin=0)),
            tooltip=tips,
        )
    )
    place = alt.Chart(alt.InlineData(values=[{"at": at, "name": at_name}])).encode(x=alt.X("at:Q"))
    rule = place.mark_rule(color=look.fall, strokeDash=[5, 4], strokeWidth=2)
    text = place.mark_text(align="left", baseline="bottom", dx=4, dy=-4, fontSize=12, color=look.ink)
    drawn = layered(line, rule, text.encode(y=alt.value(0), text=alt.Text("name:N")), width=LEAST_WIDTH, height=260)
    return titled(drawn, title, subtitle, look)
