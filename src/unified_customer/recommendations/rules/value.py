"""What besides the score makes an item worth showing."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.learning import Floats, Ints
from unified_customer.recommendations.histories import Floats32
from unified_customer.recommendations.rules.conditions import values_of
from unified_customer.recommendations.rules.likeness import Likeness
from unified_customer.recommendations.rules.memory import Memory
from unified_customer.recommendations.rules.spec import Rules


@dataclass(frozen=True, eq=False)
class Value:
    """What makes an item worth showing beside its score.

    Attributes:
        relevance: The share that the score has before likeness.
        own: What each item adds by its novelty and margin; None: nothing.
        diversity: The share that likeness has.
        likeness: How alike items are; None where that does not count.
    """

    relevance: float
    own: Floats | None = field(repr=False)
    diversity: float
    likeness: Likeness | None = field(repr=False)

    @property
    def weighed(self) -> bool:
        """Whether something besides the score counts."""
        return self.own is not None or self.likeness is not None

    def scale(self, scores: Floats32) -> Floats:
        """Return by what scores of candidates are divided, for each row: the largest one, whatever its sign."""
        if not self.weighed:
            return np.ones(len(scores))
        top = np.abs(np.where(np.isfinite(scores), scores, 0)).max(axis=1, initial=0).astype(np.float64)
        return np.where(top > 0, top, 1.0)

    def alone(self, places: Ints, relevance: Floats) -> Floats:
        """Return what candidates are worth while the list is empty, from their relevance."""
        if not self.weighed:
            return relevance
        own = 0.0 if self.own is None else self.own[places]
        return (1 - self.diversity) * (self.relevance * relevance + own)


def value(
    rules: Rules,
    catalogue: pl.DataFrame,
    memory: Memory,
    *,
    popularity: "npt.ArrayLike | None",
    likeness: Likeness | None,
) -> Value:
    """Return what makes items worth showing.

    Args:
        rules: The rules.
        catalogue: A row for each item.
        memory: What was worked out before for this catalogue.
        popularity: How many customers have each item.
        likeness: How alike items are.

    Raises:
        ConfigurationError: Novelty counts, and nothing tells how popular items are.
        SchemaError: The margin counts, and the catalogue has no prices or costs.
    """
    own, unknown = np.zeros(catalogue.height), rules.margin_unknown
    if rules.novelty:
        own += rules.novelty * memory.of("novelty", lambda: novelty_of(_counts(popularity, catalogue.height)))
    if rules.margin:
        own += rules.margin * memory.of(("margin", unknown), lambda: margins_of(catalogue, unknown=unknown))
    weighed = rules.novelty or rules.margin
    return Value(1 - rules.novelty - rules.margin, own if weighed else None, rules.diversity, likeness)


def _counts(popularity: "npt.ArrayLike | None", size: int) -> Floats:
    if popularity is None:
        raise ConfigurationError(
            "novelty counts, and nothing tells how popular items are: give `popularity` to prepare."
        )
    counts = np.asarray(popularity, np.float64)
    if counts.shape != (size,) or not (counts >= 0).all():
        raise ConfigurationError(f"popularity is a number from 0 for each of {size} items.")
    return counts


def novelty_of(counts: Floats) -> Floats:
    """Return how new items are, from how many customers have them: 0 for the most popular, 1 for what nobody has.

    It is the self-information of an item, with one customer more for each, as a share of the largest possible.

    Examples:
        >>> novelty_of(np.array([3.0, 1.0, 0.0])).tolist()
        [0.0, 0.5, 1.0]
    """
    most = np.log1p(counts.max(initial=0))
    return 1 - np.log1p(counts) / most if most > 0 else np.ones(len(counts))


def margins_of(catalogue: pl.DataFrame, *, unknown: str = "median") -> Floats:
    """Return (price - cost) / price of each item, at least -1.

    Args:
        catalogue: A row for each item, with `price` and `cost`.
        unknown: Of items without a cost or a price above 0: `median` of the others (0 if there is none), or `none`: 0.

    Raises:
        SchemaError: A column is missing.

    Examples:
        >>> margins_of(pl.DataFrame({"price": [10.0, 4.0, 5.0], "cost": [4.0, 3.0, None]})).round(3).tolist()
        [0.6, 0.25, 0.425]
    """
    price, cost = (values_of(catalogue, name).cast(pl.Float64).to_numpy() for name in ("price", "cost"))
    known = np.isfinite(price) & np.isfinite(cost) & (price > 0)
    found = np.zeros(len(price))
    found[known] = np.maximum((price[known] - cost[known]) / price[known], -1)
    if unknown == "median" and known.any():
        found[~known] = np.median(found[known])
    return found
