"""What counts as an interaction, and how much."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import polars as pl
from pydantic import Field, FiniteFloat

from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native, Zone
from unified_customer.methods.events.vocabulary import folded
from unified_customer.recommendations.interactions.acts import WEIGHTS, Act
from unified_customer.recommendations.interactions.reading import rows_before

INTERACTIONS: Final = "interactions"


class Interactions(Spec):
    """What people did with items, as rows with a weight: bought, viewed, put into a cart, reviewed, sent back.

    The weight of an act is added up over all rows of a customer and an item, each the less the older it is. Where the
    sum is above 0 the customer is taken to want the item; where it is not (bought once, sent back once) the item speaks
    against others like it.

    Examples:
        >>> from datetime import UTC
        >>> lines = pl.DataFrame(
        ...     {
        ...         "customer_id": ["ann", "ann"],
        ...         "item_id": ["tea", "tea"],
        ...         "kind": ["sale", "return"],
        ...         "occurred_at": [datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 9, tzinfo=UTC)],
        ...     }
        ... )
        >>> rows = Interactions().rows({"order_lines": lines}, as_of=datetime(2026, 2, 1, tzinfo=UTC))
        >>> rows.select("item_id", "act", "weight").rows()
        [('tea', 'purchase', 1.0), ('tea', 'return', -1.5)]
    """

    weights: Mapping[Act, FiniteFloat] = Field(default_factory=dict)
    """Weights of acts that are other than the default ones (`WEIGHTS`); 0 leaves an act out."""
    names: Mapping[str, Act] = Field(default_factory=dict)
    """Acts behind event names of your own, beside those of the e-commerce vocabulary; case and spaces do not matter."""
    half_life_days: float | None = Field(default=60, gt=0)
    """After how many days an interaction counts half where models ask for decayed weights; None: never."""
    window_days: float | None = Field(default=None, gt=0)
    """Only interactions of so many times 24 hours before `as_of`; None: all."""
    zone: Zone = "UTC"
    """IANA time zone of times that name none."""

    def weight(self, act: Act) -> float:
        """Return the weight of an act."""
        return self.weights.get(act, WEIGHTS[act])

    def named(self) -> Mapping[str, Act]:
        """Return the acts behind event names of your own, by the folded name."""
        return {folded(name): act for name, act in self.names.items()}

    def rows(self, tables: Mapping[str, Native], *, as_of: datetime) -> pl.DataFrame:
        """Return the interactions before an instant.

        Args:
            tables: `interactions` (`customer_id`, `item_id`, and if they are there `occurred_at`, `weight`, and `act`,
                which gives the weight where there is none), or else any of `order_lines` (`customer_id`, `item_id`,
                `occurred_at`, `kind`) and `events` (`customer_id`, `name`, `occurred_at`, `object_kind`, `object_id`,
                `properties`), on any engine. Rows of nobody known or of no item are left out.
            as_of: Only what was strictly before. Rows without a time count.

        Returns:
            `customer_id`, `item_id` (text), `occurred_at` (null where it is not told), `act` (null likewise) and
            `weight` (never 0), in the order of customer, item and time.

        Raises:
            SchemaError: None of the tables is there, or a column is missing.
        """
        found = rows_before(self, tables, as_of=as_of).collect()
        return found.sort("customer_id", "item_id", "occurred_at", "act", "weight")
