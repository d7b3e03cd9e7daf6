"""What all specs of recommenders have in common."""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime

import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native
from unified_customer.recommendations.catalogue import catalogue_at
from unified_customer.recommendations.histories import gathered
from unified_customer.recommendations.interactions import Interactions
from unified_customer.recommendations.interactions.reading import rows_before
from unified_customer.recommendations.models.scoring import Scorer
from unified_customer.recommendations.models.training import Training
from unified_customer.recommendations.serving.recommender import Recommender


class RecommenderSpec(Spec):
    """Base of all specs of recommenders: which interactions count, and whether people may be told of what they have."""

    repeats: bool
    """Whether what a customer has may be recommended again. There is no default: for groceries a list without what people
    always buy is useless, for books a list of what they have read is."""
    interactions: Interactions = Interactions()
    """What counts as an interaction, and how much."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the tables that `fit` reads."""
        return ("order_lines", "events", "items")

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> Recommender:
        """Learn from interactions.

        Args:
            tables: What `Interactions.rows` takes, and if it is there `items`: what the catalogue tells of items, as
                `catalogue_at` takes it. Rules look at it, and models that read content learn from it.
            as_of: Only what was strictly before counts.

        Raises:
            SchemaError: A table or a column is missing.
            ConfigurationError: There is no interaction, or nothing in it that anybody wants.
        """
        training = self.training(tables, as_of=as_of)
        return Recommender(self, training.as_of, training.histories, self.learn(training), training.catalogue)

    def training(self, tables: Mapping[str, Native], *, as_of: datetime) -> Training:
        """Return what there is to learn from."""
        at = as_utc(as_of)
        rows = rows_before(self.interactions, tables, as_of=at)
        half_life = self.interactions.half_life_days
        histories = gathered(rows, as_of=at, half_life_days=half_life).learned()
        if not (histories.values("weight") > 0).any():
            raise ConfigurationError("There is nothing to learn from: no interaction before as_of weighs more than 0.")
        catalogue = pl.DataFrame({"item_id": histories.items.listed})
        if "items" in tables:
            catalogue = catalogue_at(tables["items"], items=histories.items, as_of=at)
        dated = rows if histories.timed else None
        return Training(histories, dated, at, half_life, catalogue, self.repeats)

    @abstractmethod
    def learn(self, training: Training) -> Scorer:
        """Return what is learned."""
