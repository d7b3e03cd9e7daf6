"""`Content`: a recommender that goes by what is told of items alone."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field, field_validator

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.learning import Sparse, canonical_order, leading_directions
from unified_customer.recommendations.content.alike import Alike, in_directions
from unified_customer.recommendations.content.reading import ReadsContent
from unified_customer.recommendations.content.telling import TOLD, WEIGHTS, Kind
from unified_customer.recommendations.content.vectors import fit_content
from unified_customer.recommendations.histories import Floats32
from unified_customer.recommendations.models.scoring import Counted
from unified_customer.recommendations.models.training import Training


class Content(ReadsContent):
    """What is like the things that a customer has, by name, description, category, brand, price and attributes.

    It recommends what nobody has touched yet, and to who has said what he likes, and tells nothing of items of which the
    catalogue tells nothing.

    Examples:
        >>> Content(repeats=False, weights={"price": 0}).weighing["price"]
        0.0
    """

    counts: Counted = "decayed"
    """How much an item of a history counts."""
    weights: Mapping[Kind, float] = Field(default_factory=dict)
    """How much each kind of content counts, where other than in `WEIGHTS`; 0 leaves it out."""
    price_bands: int = Field(default=5, gt=0)
    """In how many bands the prices of a currency are."""
    directions: int | None = Field(default=None, gt=0)
    """Along how many directions the vectors are kept; None: all terms, which is exact and sparse. A few hundred directions are
    faster for tens of thousands of items and long histories, and tell items apart less well."""
    seed: int = 0
    """Of the start of the search for directions."""

    @field_validator("weights")
    @classmethod
    def _not_below_0(cls, weights: Mapping[Kind, float]) -> Mapping[Kind, float]:
        if not all(0 <= weight < np.inf for weight in weights.values()):
            raise ConfigurationError("The weight of a kind of content is a finite number from 0.")
        return weights

    @property
    def weighing(self) -> dict[Kind, float]:
        """How much each kind counts."""
        return {kind: float(self.weights.get(kind, weight)) for kind, weight in WEIGHTS.items()}

    def learn(self, training: Training) -> Alike:
        """Return what is learned.

        Raises:
            ConfigurationError: The catalogue tells nothing of any item.
        """
        reading = fit_content(training.catalogue, weights=self.weighing, price_bands=self.price_bands)
        vectors = reading.of(training.catalogue)
        if not vectors.nnz:
            raise ConfigurationError(
                f"The catalogue tells nothing of any item: none of {', '.join(map(repr, TOLD))} holds anything that counts."
            )
        along = None if self.directions is None else directions_of(vectors, columns=self.directions, seed=self.seed)
        return Alike(self.counts, reading, in_directions(vectors, along), along)


def directions_of(vectors: Sparse, *, columns: int, seed: int) -> Floats32:
    """Return the directions along which vectors vary most, whatever their order."""
    ordered = vectors[canonical_order(vectors)]
    return leading_directions(ordered, columns=columns, seed=seed).astype(np.float32)
