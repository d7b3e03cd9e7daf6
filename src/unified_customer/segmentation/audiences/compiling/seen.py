"""The tables as they are seen from an instant, perhaps of a few customers only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import narwhals as nw

from unified_customer.core.errors import SchemaError
from unified_customer.core.tables import table
from unified_customer.engines.portable import Lazy, Native, opened
from unified_customer.methods.money import Money
from unified_customer.segmentation.audiences.rules.days import Bounds, Window

CUSTOMER: Final = "customer_id"
PERMITTED: Final = "permitted"
"""The table of who allows which further purpose: `customer_id`, `purpose`, `channel`."""


@dataclass(frozen=True)
class Seen:
    """Tables, and from where they are looked at.

    Attributes:
        tables: Frames by name, on one engine.
        as_of: The instant, in UTC; what happened at it or later is not seen.
        zone: The shop's zone.
        money: In which currency amounts are added.
        only: Customers to look at: `customer_id`; None: all.
    """

    tables: Mapping[str, Native]
    as_of: datetime
    zone: str
    money: Money
    only: "Lazy | None" = None

    def at(self, as_of: datetime) -> "Seen":
        """Return the same seen from another instant."""
        return replace(self, as_of=as_of)

    def of(self, only: Lazy) -> "Seen":
        """Return the same of a few customers."""
        return replace(self, only=only)

    def native(self, name: str) -> Native:
        """Return a frame as it was given.

        Raises:
            SchemaError: There is none of that name.
        """
        if name not in self.tables:
            there = ", ".join(self.tables) or "none"
            raise SchemaError(f"The audience needs the table {name!r}; there are: {there}.")
        return self.tables[name]

    def whole(self, name: str, columns: Iterable[str] = ()) -> Lazy:
        """Return the rows of a table that are about somebody, whenever they are of.

        Raises:
            SchemaError: There is no such table, or a column is missing.
        """
        lazy = opened(self.native(name), columns=[CUSTOMER, *columns], name=name).filter(~nw.col(CUSTOMER).is_null())
        return lazy if self.only is None else lazy.join(self.only.select(CUSTOMER), on=CUSTOMER, how="semi")

    def past(self, name: str, columns: Iterable[str] = (), *, window: Window | None = None) -> Lazy:
        """Return the rows of a table before `as_of`, and in a window if there is one."""
        time = time_of(name)
        lazy = with_instants(self.whole(name, [time, *columns]), time)
        bounds = (None, self.as_of) if window is None else window.bounds(self.as_of, zone=self.zone)
        return lazy.filter(self.inside(lazy, time, bounds))

    def base(self, name: str) -> Lazy:
        """Return the customers of a table: `customer_id`, each once."""
        rows = self.whole(name) if table(name).time is None else self.past(name)
        return rows.select(CUSTOMER).unique()

    def inside(self, lazy: Lazy, column: str, bounds: Bounds) -> nw.Expr:
        """Return whether an instant is known and lies from one bound on, before the other."""
        first, end = bounds
        inside = nw.col(column) < self.bound(lazy, column, end)
        if first is not None:
            inside &= nw.col(column) >= self.bound(lazy, column, first)
        return inside

    def bound(self, lazy: Lazy, column: str, instant: datetime) -> nw.Expr:
        """Return an instant to compare a column with; a column without a zone holds civil times of the shop's."""
        if aware(lazy, column):
            return nw.lit(instant)
        return nw.lit(instant.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None))


def always() -> nw.Expr:
    """Return what is true of every row: of a row about somebody. A literal would be one value, not one a row."""
    return ~nw.col(CUSTOMER).is_null()


def time_of(name: str) -> str:
    """Return the column that says when a row of a table is of."""
    time = table(name).time
    if time is None:
        raise SchemaError(f"The rows of {name!r} are of no time.")
    return time


def aware(lazy: Lazy, column: str) -> bool:
    """Return whether a column holds instants, not civil times."""
    dtype: Any = lazy.collect_schema()[column]
    return getattr(dtype, "time_zone", None) is not None


def with_instants(lazy: Lazy, *columns: str) -> Lazy:
    """Return a frame whose dates are midnights."""
    schema = lazy.collect_schema()
    dates = [nw.col(name).cast(nw.Datetime("us")) for name in columns if schema[name] == nw.Date]
    return lazy.with_columns(*dates) if dates else lazy
