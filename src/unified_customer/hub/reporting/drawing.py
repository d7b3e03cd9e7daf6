"""Charts of results as figures of the page."""

from functools import partial
from typing import TYPE_CHECKING

from unified_customer.methods.charting import as_svg
from unified_customer.reports.page import Figure

if TYPE_CHECKING:
    from collections.abc import Callable

    from unified_customer.methods.charting import Chart


def figure(chart: "Callable[..., Chart]", *args: object, wide: bool = False) -> Figure:
    """Draw what `chart(*args, dark=...)` returns, in both looks.

    Raises:
        MissingDependencyError: The extra `charts` is not installed.
    """
    drawn = partial(chart, *args)
    return Figure(as_svg(drawn(dark=False), dark=drawn(dark=True)), wide=wide)
