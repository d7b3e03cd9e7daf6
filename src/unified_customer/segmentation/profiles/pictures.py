"""Charts of profiles."""

from typing import TYPE_CHECKING

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.charting import as_svg, bars, forest
from unified_customer.methods.display import NUMBER
from unified_customer.segmentation.profiles.findings import SegmentFindings
from unified_customer.segmentation.profiles.wording import named, shown

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart


def lifts_chart(found: SegmentFindings, *, dark: bool = False) -> "Chart":
    """Draw what sets a segment apart: lifts with their intervals.

    Raises:
        ConfigurationError: Nothing does.
        MissingDependencyError: Altair is not installed.
    """
    lifts = found.lifts.sort("estimate", "kind", "value", descending=[True, False, False])
    if lifts.is_empty():
        raise ConfigurationError(f"No trait sets {found.segment!r} apart from all others, so there is nothing to draw.")
    names = [_label(*row) for row in lifts.select("kind", "value", "bound").iter_rows()]
    return forest(
        lifts.with_columns(label=pl.Series(names)), name="label", estimate="estimate", low="low", high="high",
        reference=1.0, reference_title="as all others", value_title="times as often as all others", unit=NUMBER,
        logarithmic=True, title=f"What sets {found.name} apart",
        subtitle=["How often they are, buy or do this against all others, with intervals."], dark=dark,
    )  # fmt: skip


def _label(kind: str, value: str, bound: str | None) -> str:
    return f"{named(kind)}: {shown(kind, value)}" + (f" ({bound})" if bound else "")


def overview_chart(facts: pl.DataFrame, *, title: str, subtitle: str, dark: bool = False) -> "Chart":
    """Draw the segments: their shares of customers and of revenue.

    Raises:
        ConfigurationError: There is no segment.
        MissingDependencyError: Altair is not installed.
    """
    shares = {"share": "share of customers"}
    if facts["revenue_share"].is_not_null().any():
        shares["revenue_share"] = "share of revenue"
    return bars(
        facts, name="segment", values=shares, value_title="share", in_order=True, title=title, subtitle=[subtitle],
        dark=dark,
    )  # fmt: skip


def both_looks(light: "Chart", dark: "Chart", *, name: str) -> str:
    """Return a chart as SVG that follows the page, light or dark."""
    return as_svg(light, dark=dark, name=name)
