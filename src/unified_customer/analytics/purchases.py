"""Purchases per customer and month."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl
from pydantic import field_validator

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec, Tables
from unified_customer.core.tables import SCORES


class MonthlyPurchases(Spec):
    """Count the orders of each customer in each calendar month.

    An order counts once, in the month of its first line, if any of its lines is a sale; returns and cancellations
    are no purchases. Months are those of `zone`, so an order at midnight falls where the shop says it does.

    Examples:
        >>> from datetime import UTC
        >>> lines = pl.DataFrame(
        ...     {
        ...         "customer_id": ["a", "a", "a"],
        ...         "source": ["till"] * 3,
        ...         "order_id": ["1", "1", "2"],
        ...         "kind": ["sale", "sale", "return"],
        ...         "occurred_at": [datetime(2026, 1, 31, 23, 30, tzinfo=UTC)] * 3,
        ...     }
        ... )
        >>> fitted = MonthlyPurchases(zone="Europe/Berlin").fit(
        ...     {"order_lines": lines}, as_of=datetime(2026, 3, 1, tzinfo=UTC)
        ... )
        >>> fitted.table.rows()
        [('a', datetime.date(2026, 2, 1), 1)]
    """

    needs: ClassVar[tuple[str, ...]] = ("order_lines",)

    zone: str = "UTC"
    """IANA time zone of the calendar."""

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            message = f"{zone!r} is no IANA time zone. Write it as 'Europe/Berlin'."
            raise ConfigurationError(message) from error
        return zone

    def fit(self, tables: Tables, *, as_of: datetime) -> "MonthlyPurchasesFitted":
        """Count the orders before `as_of`.

        Args:
            tables: `order_lines` with `customer_id`, `source`, `order_id`, `kind` and `occurred_at`.
            as_of: Lines at or after it are left out.

        Returns:
            The counts.
        """
        lines = tables["order_lines"].filter(pl.col("occurred_at") < as_of, pl.col("customer_id").is_not_null())
        orders = (
            lines.group_by("customer_id", "source", "order_id")
            .agg(pl.col("occurred_at").min(), sold=(pl.col("kind") == "sale").any())
            .filter("sold")
        )
        local = pl.col("occurred_at").dt.convert_time_zone(self.zone).dt.replace_time_zone(None)
        counted = orders.group_by("customer_id", month=local.dt.truncate("1mo").dt.date()).agg(
            orders=pl.len().cast(pl.Int64)
        )
        return MonthlyPurchasesFitted(self, as_of, counted.sort("customer_id", "month"))


@dataclass(frozen=True, eq=False)
class MonthlyPurchasesFitted:
    """Orders per customer and month.

    Attributes:
        spec: The spec.
        as_of: The instant before which orders count.
        table: `customer_id`, `month` (its first day), `orders`; months without orders are absent.
    """

    spec: MonthlyPurchases
    as_of: datetime
    table: pl.DataFrame = field(repr=False)

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return one score per customer and month, called `orders:2026-01`."""
        scores = self.table.select(
            "customer_id",
            name=pl.format("orders:{}", pl.col("month").dt.strftime("%Y-%m")),
            as_of=pl.lit(self.as_of).cast(SCORES.columns["as_of"]),
            value=pl.col("orders").cast(pl.Float64),
        )
        return {"scores": scores}

    def to_body(self) -> Mapping[str, Any]:
        """Return what the fit is made of, without people: the number of orders per month."""
        monthly = self.table.group_by("month").agg(pl.col("orders").sum()).sort("month")
        return {"orders": {month.isoformat()[:7]: orders for month, orders in monthly.iter_rows()}}
