"""What sells best."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, model_validator

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native
from unified_customer.recommendations.interactions import Interactions

if TYPE_CHECKING:
    from unified_customer.recommendations.bestsellers.fitted import FittedBestsellers


class Bestsellers(Spec):
    """What sells best lately, overall and in each segment, and what sells more than it did.

    An interaction counts the less the older it is. The share of an item in a segment is drawn to its share overall, the
    more the less is known of the segment; what fewer customers than a floor bought there counts as not bought there.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC
        >>> bought = pl.DataFrame({"customer_id": ["a", "b", "c"], "item_id": ["tea", "tea", "jam"]})
        >>> memberships = pl.DataFrame({"customer_id": ["a", "b", "c"], "segment": ["old", "old", "new"]})
        >>> spec = Bestsellers(min_customers=1, drawn=1)
        >>> tables = {"interactions": bought, "memberships": memberships}
        >>> fitted = spec.fit(tables, as_of=datetime(2026, 1, 1, tzinfo=UTC))
        >>> fitted.top("new").select("item_id", pl.col("share").round(3)).rows()
        [('jam', 0.667), ('tea', 0.333)]
        >>> fitted.top().select("item_id", pl.col("share").round(3)).rows()
        [('tea', 0.667), ('jam', 0.333)]

    References:
        C. Zhai, J. Lafferty (2004): A study of smoothing methods for language models applied to information retrieval. ACM
        TOIS 22, 179-214 (Dirichlet prior).
    """

    needs: ClassVar[tuple[str, ...]] = ("order_lines", "events", "memberships")

    interactions: Interactions = Interactions()
    """What counts, and how much; what weighs less than 0 does not count."""
    half_life_days: float = Field(default=30, gt=0)
    """After how many days an interaction counts half."""
    lately_days: float = Field(default=7, gt=0)
    """The shorter half-life, by which it is told what sells more than it did."""
    drawn: float = Field(default=100, gt=0)
    """A segment weighs as much as what is known overall once so many interactions of it count."""
    segmentation: str | None = None
    """Which segmentation is meant where `memberships` tells of several."""
    min_customers: int = Field(default=5, ge=1)
    """What fewer customers bought could tell of one of them, and is not told."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    """Of the intervals of growth."""

    @model_validator(mode="after")
    def _shorter(self) -> "Bestsellers":
        if self.lately_days >= self.half_life_days:
            raise ConfigurationError("What sells lately has a shorter half-life: lately_days is below half_life_days.")
        return self

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> "FittedBestsellers":
        """Count what sold before `as_of`.

        Args:
            tables: What `Interactions.rows` takes, and if segments are wanted `memberships` (`customer_id`, `segment`, and
                if they are there `segmentation`, `entered_at` and `left_at`: who is in at `as_of` counts).
            as_of: Only what was strictly before.

        Raises:
            SchemaError: No such table is there, or a column is missing.
            ConfigurationError: Nothing sold, or memberships tell of several segmentations and none is named.
        """
        from unified_customer.recommendations.bestsellers.fitted import fitted

        return fitted(self, tables, as_of=as_utc(as_of))
