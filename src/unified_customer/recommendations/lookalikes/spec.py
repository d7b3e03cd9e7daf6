"""Whom a look-alike audience is made after, and how."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from unified_customer.core.clock import as_utc
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native
from unified_customer.recommendations.interactions import Interactions

if TYPE_CHECKING:
    from unified_customer.recommendations.lookalikes.fitted import FittedLookAlike


class LookAlike(Spec):
    """Customers who are like some customers, the members: what they did, or vectors that are given, tell one from another.

    It is learned to tell members from all others, and whom it takes for a member though he is none is alike. How well it
    tells them is measured on customers whom it did not learn from, and said with an interval.

    Examples:
        >>> import numpy as np
        >>> import polars as pl
        >>> from datetime import UTC
        >>> place = np.arange(400)
        >>> vectors = pl.DataFrame({"customer_id": [f"c{n}" for n in place], "visits": place * 1.0})
        >>> members = pl.DataFrame({"customer_id": [f"c{n}" for n in range(300, 400, 2)]})
        >>> tables = {"vectors": vectors, "members": members}
        >>> fitted = LookAlike().fit(tables, as_of=datetime(2026, 1, 1, tzinfo=UTC))
        >>> fitted.audience(n=2)["customer_id"].to_list()
        ['c399', 'c397']
        >>> bool(fitted.told.auc.low > 0.8)
        True
    """

    needs: ClassVar[tuple[str, ...]] = ("memberships", "order_lines", "events")

    interactions: Interactions = Interactions()
    """What customers did, where no vectors are given."""
    segment: str | None = None
    """The members are who is in this segment, where no table `members` names them."""
    segmentation: str | None = None
    """Which segmentation is meant where `memberships` tells of several."""
    directions: int = Field(default=32, ge=1)
    """In so many numbers a history is told (truncated SVD)."""
    by: Literal["regression", "centre"] = "regression"
    """`regression`: each number has a weight of its own; `centre`: how near the mean of the members is, which few members
    suffice for."""
    penalty: float = Field(default=1.0, gt=0)
    """What squared weights cost."""
    least_members: int = Field(default=50, ge=10)
    """Fewer members say too little of what they have in common, and are refused; so are fewer others."""
    folds: int = Field(default=5, ge=2, le=10)
    """In how many parts customers are laid, each told by the others."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    """Of the intervals."""
    seed: int = 0
    """Of the parts, and of the start of the SVD."""

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> "FittedLookAlike":
        """Learn to tell members from others.

        Args:
            tables: `members` (`customer_id`), or `memberships` (`customer_id`, `segment`, and if they are there
                `segmentation`, `entered_at` and `left_at`) for a spec with a `segment`; and `vectors` (`customer_id`, one row each, and columns of numbers), or else
                what `Interactions.rows` takes.
            as_of: Only what was strictly before counts.

        Raises:
            SchemaError: A table or a column is missing, or vectors are not one row a customer with a number in every
                column.
            ConfigurationError: Too few members, or too few others, have a vector or a history, or it is not clear which
                segmentation is meant.
        """
        from unified_customer.recommendations.lookalikes.fitted import fitted

        return fitted(self, tables, as_of=as_utc(as_of))
