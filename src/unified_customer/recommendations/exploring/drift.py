"""How far what people do has moved away from what a model was fitted on."""

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import Field

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native

if TYPE_CHECKING:
    from unified_customer.recommendations.exploring.drift_report import DriftReport
    from unified_customer.recommendations.exploring.feedback import Feedback


class InteractionDrift(Spec):
    """How interactions since a fit differ from those that it was made of.

    Four things are compared: which items are popular (by the population stability index of groups of items), how much
    of what happens is about items that the model has never seen, how many people it has never seen, and how often what
    is shown is rewarded. Something has moved if it is beyond its bound, and not by chance alone.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC, timedelta
        >>> start = datetime(2026, 1, 1, tzinfo=UTC)
        >>> rows = [("a", "tea", 0), ("b", "cup", 1), ("a", "tea", 10), ("c", "pot", 11)]
        >>> seen = pl.DataFrame(
        ...     [(who, what, start + timedelta(days=day)) for who, what, day in rows],
        ...     schema=["customer_id", "item_id", "occurred_at"],
        ...     orient="row",
        ... )
        >>> report = InteractionDrift().fit(
        ...     seen, trained_until=start + timedelta(days=5), as_of=start + timedelta(days=20)
        ... )
        >>> report.table.filter(pl.col("measure") == "unknown_items")["value"].to_list()
        [0.5]

    References:
        N. Siddiqi (2006): Credit risk scorecards (the index: below 0.1 hardly changed, above 0.25 much).
        B. Yurdakul, J. Naranjo (2020): Statistical properties of the population stability index.
    """

    single: int = Field(default=50, ge=0)
    """So many of the most popular items are compared one by one; equally popular ones together or not at all."""
    groups: int = Field(default=10, ge=1)
    """In so many groups of about as many interactions the other items are laid, by how popular they were."""
    most_popularity: float = Field(default=0.25, gt=0)
    """Bound of the stability index."""
    most_unknown_items: float = Field(default=0.1, gt=0, le=1)
    """Bound of the share of interactions with items that were not there before."""
    most_unknown_customers: float = Field(default=0.5, gt=0, le=1)
    """Bound of the share of customers who were not there before."""
    most_outcomes: float = Field(default=0.2, gt=0)
    """Bound of the change of the rate of rewarded exposures, up or down, as a share of the rate before."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    """Of the intervals, and of what is not by chance."""

    def fit(
        self,
        interactions: Native,
        *,
        trained_until: datetime,
        as_of: datetime,
        since: datetime | None = None,
        feedback: "Feedback | Native | None" = None,
    ) -> "DriftReport":
        """Compare the interactions of a training window with those after it.

        Args:
            interactions: `customer_id`, `item_id`, `occurred_at`, one row each; all count alike.
            trained_until: The instant before which the model has learnt.
            as_of: What happened at it or later is left out.
            since: When the training window began; None: with the first interaction.
            feedback: What `Rewards.fit` returns, or a frame with `reward` and `known_at`, of both windows.

        Raises:
            ConfigurationError: The instants are not in order.
            SchemaError: A column is missing.
        """
        from unified_customer.recommendations.exploring.drift_report import reported

        until, end = as_utc(trained_until, name="trained_until"), as_utc(as_of)
        begin = None if since is None else as_utc(since, name="since")
        if until > end or (begin is not None and begin > until):
            raise ConfigurationError("Drift is told of a training window, and of what came after it until as_of.")
        return reported(self, interactions, feedback, since=begin, until=until, as_of=end)
