"""What an analysis of paths is."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from unified_customer.analytics.occurrences import EVENTS
from unified_customer.core.clock import as_utc
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native, Zone

if TYPE_CHECKING:
    from unified_customer.analytics.paths.fitted import FittedPaths


class Paths(Spec):
    """Which ways customers take from event to event, or from page to page.

    Events of one session (or of one customer) follow each other by time, and those of one instant by name.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC
        >>> events = pl.DataFrame(
        ...     {
        ...         "customer_id": ["a", "a", "a", "b", "b"],
        ...         "session_id": ["1", "1", "1", "2", "2"],
        ...         "name": ["Home", "Home", "Shoes", "Home", "Shoes"],
        ...         "occurred_at": [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3, 1, 2)],
        ...     }
        ... )
        >>> fitted = Paths(length=2, min_customers=2).fit({"events": events}, as_of=datetime(2026, 2, 1, tzinfo=UTC))
        >>> fitted.top.select("path", "count", "customers").rows()
        [('Home > Shoes', 2, 2)]
    """

    needs: ClassVar[tuple[str, ...]] = (EVENTS,)

    of: str = Field(default="name", min_length=1)
    """The column of events whose values are the places of a path: `name` or `url`. Events without a value are left
    out."""
    length: int = Field(default=3, ge=2, le=10)
    """How many places a path has."""
    unit: Literal["session", "customer"] = "session"
    """Whether a path ends with the session (`session_id`; events without one are left out) or goes on over sessions."""
    collapse: bool = True
    """Whether a place that follows itself is one place in a path."""
    anchor: Literal["anywhere", "start"] = "anywhere"
    """Whether a path may begin anywhere, or with the first event alone."""
    only: tuple[str, ...] = ()
    """Values that are looked at; none: all."""
    without: tuple[str, ...] = ()
    """Values that are left out, as if they had not happened."""
    top: int = Field(default=50, ge=1)
    """So many paths at most."""
    min_customers: int = Field(default=5, ge=1)
    """What fewer customers did is not shown."""
    zone: Zone = "UTC"
    """IANA time zone of times that name none."""

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> "FittedPaths":
        """Count the paths that were taken before `as_of`.

        Args:
            tables: `events` (`customer_id`, `occurred_at`, the column of places, and for sessions `session_id`), on any
                engine.
            as_of: An instant; what happened at it or later is left out.

        Raises:
            SchemaError: The table or a column is missing, or the places are no texts.
        """
        from unified_customer.analytics.paths.fitted import fitted

        return fitted(self, tables, as_of=as_utc(as_of))
