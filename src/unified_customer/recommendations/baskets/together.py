"""What is bought together more often than by chance."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native, Zone
from unified_customer.recommendations.baskets.counting import item_counts, set_counts
from unified_customer.recommendations.baskets.orders import LINES, orders_before

if TYPE_CHECKING:
    from unified_customer.recommendations.baskets.fitted import FittedTogether


class BoughtTogether(Spec):
    """What is frequently bought together: pairs of items, and what also goes with two or three of them.

    A pair is told where enough orders of enough customers hold it, and stands the higher the more its lift is above
    that of chance even at the lower end of its interval: so two that met a few times by accident do not stand on top.
    What was fitted holds counts of orders and no customer.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC
        >>> baskets = pl.DataFrame(
        ...     {
        ...         "basket_id": ["1", "1", "2", "2", "3", "4", "5"],
        ...         "item_id": ["tea", "cup", "tea", "cup", "tea", "nail", "nail"],
        ...     }
        ... )
        >>> spec = BoughtTogether(least_orders=1, min_customers=1)
        >>> fitted = spec.fit({"baskets": baskets}, as_of=datetime(2026, 1, 1, tzinfo=UTC))
        >>> fitted.pairs().select("item_id", "other_item_id", "orders", "support", pl.col("lift").round(3)).rows()
        [('cup', 'tea', 2, 0.4, 1.667)]
    """

    needs: ClassVar[tuple[str, ...]] = (LINES,)
    of_nobody: ClassVar[tuple[str, ...]] = (LINES,)

    given: int = Field(default=1, ge=1, le=3)
    """Up to how many items another one can go with: with 2, what those who buy two things buy too. Each one more takes
    much more time and memory."""
    least_orders: int = Field(default=5, ge=1)
    """A set in fewer orders is not told."""
    min_customers: int = Field(default=5, ge=1)
    """A set that fewer customers bought could tell of one of them, and is not told, nor is such an item. Each order of
    nobody known counts as a customer."""
    most_items: int | None = Field(default=None, ge=2)
    """Orders of more different items, such as those of other shops, are left out; None: none is."""
    window_days: float | None = Field(default=None, gt=0)
    """Only orders of so many times 24 hours before `as_of`; None: all."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    """Of the intervals. Orders of one customer count as independent of each other."""
    zone: Zone = "UTC"
    """IANA time zone of times that name none."""

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> "FittedTogether":
        """Count what orders before `as_of` hold.

        Args:
            tables: `order_lines` (`order_id`, `item_id`, `kind`, `occurred_at`, and if they are there `customer_id`,
                `source` and `quantity`), or `baskets` (`basket_id`, `item_id`, and if they are there `customer_id` and
                `occurred_at`), on any engine. Lines of returns and cancellations are no purchases, and what was taken
                back within its order is not in it. Without customers each order counts as one.
            as_of: Only what was strictly before.

        Raises:
            SchemaError: Neither table is there, or a column is missing.
            ConfigurationError: There is no order.
        """
        from unified_customer.recommendations.baskets.fitted import FittedTogether

        at = as_utc(as_of)
        orders = orders_before(
            tables, as_of=at, zone=self.zone, window_days=self.window_days, most_items=self.most_items
        )
        if not len(orders):
            raise ConfigurationError("There is nothing to count: no order before as_of holds an item that was sold.")
        sets = set_counts(
            orders, size=self.given + 1, least_orders=self.least_orders, least_customers=self.min_customers
        )
        counts = item_counts(orders)
        return FittedTogether(self, at, len(orders), orders.items, counts, tuple(sets))
