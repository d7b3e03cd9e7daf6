"""Content as vectors: each kind of it of length 1, weighed, and all of it of length 1 again."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from unified_customer.methods.learning import Sparse, Terms, beside, fit_terms, of_length_one
from unified_customer.recommendations.content.prices import PriceBands, fit_bands
from unified_customer.recommendations.content.telling import Kind, told_of


@dataclass(frozen=True, eq=False)
class ContentVectors:
    """How content is read: terms and price bands that were learned from a catalogue.

    Attributes:
        weights: How much each kind counts.
        terms: The terms of each kind.
        bands: Bands of prices.
    """

    weights: Mapping[Kind, float]
    terms: Mapping[Kind, Terms] = field(repr=False)
    bands: PriceBands = field(repr=False)

    @property
    def columns(self) -> int:
        """How many columns vectors have: one for each term."""
        return sum(len(self.terms[kind].listed) for kind in self.weights)

    def of(self, catalogue: pl.DataFrame) -> Sparse:
        """Return a sparse row of length 1 for each row of a catalogue; all 0 where nothing is told that is known.

        Args:
            catalogue: Rows with any of the columns that `told_of` reads.
        """
        return of_length_one(self._beside({kind: told_of(catalogue, kind, self.bands) for kind in self.weights}))

    def from_terms(self, documents: Mapping[Kind, list[list[str]]]) -> Sparse:
        """Return a sparse row of length 1 for each place of lists of terms; kinds that are left out tell nothing."""
        size = max(map(len, documents.values()), default=0)
        return of_length_one(self._beside({kind: documents.get(kind) or [[]] * size for kind in self.weights}))

    def _beside(self, documents: Mapping[Kind, list[list[str]]]) -> Sparse:
        parts = [self.terms[kind].vectors(each) * np.sqrt(self.weights[kind]) for kind, each in documents.items()]
        return beside(parts)


def fit_content(catalogue: pl.DataFrame, *, weights: Mapping[Kind, float], price_bands: int) -> ContentVectors:
    """Learn how the content of a catalogue is read, its rows in any order.

    Args:
        catalogue: A row for each item.
        weights: How much each kind counts; 0 leaves it out.
        price_bands: In how many bands the prices of a currency are.

    Examples:
        >>> tea = pl.DataFrame({"name": ["green tea", "black tea", "teapot"], "category": ["tea", "tea", "pots"]})
        >>> reading = fit_content(tea, weights={"words": 1.0, "category": 1.0}, price_bands=5)
        >>> rows = reading.of(tea)
        >>> (rows @ rows.T).toarray().round(2).tolist()
        [[1.0, 0.68, 0.0], [0.68, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    kept = {kind: weight for kind, weight in weights.items() if weight > 0}
    bands = fit_bands(catalogue, bands=price_bands)
    return ContentVectors(kept, {kind: fit_terms(told_of(catalogue, kind, bands)) for kind in kept}, bands)
