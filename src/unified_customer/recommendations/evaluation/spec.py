"""Which metrics, down to which ranks, by which conventions."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, field_validator

from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native
from unified_customer.recommendations.evaluation.accuracy import Gains
from unified_customer.recommendations.evaluation.ground import grounded

if TYPE_CHECKING:
    from unified_customer.recommendations.evaluation.yardstick import Yardstick


class Metrics(Spec):
    """How lists are judged.

    The conventions are those of the literature (LightGCN, BARS): recall is hits by all that is relevant, precision is
    hits by k, and the ideal list of NDCG and the divisor of MAP have as many relevant items as k places can hold. A
    customer with something relevant and no list counts as 0; a customer with a list and nothing relevant is left out;
    both are counted. A pair is relevant where its weights in the truth add up to more than 0.

    Examples:
        >>> import polars as pl
        >>> truth = pl.DataFrame({"customer_id": ["ann", "ann", "bob"], "item_id": ["tea", "jam", "oil"]})
        >>> lists = pl.DataFrame(
        ...     {
        ...         "customer_id": ["ann", "ann", "bob"],
        ...         "rank": [1, 2, 1],
        ...         "item_id": ["tea", "oil", "jam"],
        ...         "score": [0.9, 0.5, 0.7],
        ...     }
        ... )
        >>> yardstick = Metrics(k=(2,)).fit(truth)
        >>> yardstick.evaluate(lists).value("recall")
        0.25
    """

    k: tuple[Annotated[int, Field(ge=1)], ...] = Field(default=(10,), min_length=1)
    """Ranks at which lists end, such as `(10, 20)`; the first is the one that is meant where none is named."""
    gains: Gains = "binary"
    """What a relevant item is worth to NDCG: 1, its weight, or 2 to the power of its weight, less 1 (for grades)."""
    recall_of: Literal["relevant", "reachable"] = "relevant"
    """Divisor of recall: all that is relevant, or as much of it as k places can hold, so that 1 can be reached."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    """Of intervals."""
    resamples: int = Field(default=1000, ge=100)
    """How often customers are drawn again for an interval."""
    seed: int = 0
    """Of what is drawn."""
    min_customers: int = Field(default=5, ge=1)
    """Numbers of segments with fewer customers are not told."""

    @field_validator("k", mode="before")
    @classmethod
    def _each_once(cls, k: Any) -> Any:
        return (k,) if isinstance(k, int) else tuple(dict.fromkeys(k))

    def fit(
        self,
        truth: Native,
        *,
        train: Native | None = None,
        catalogue: Native | None = None,
        categories: Native | None = None,
        vectors: Native | None = None,
        similarities: Native | None = None,
    ) -> "Yardstick":
        """Return what lists can be held against; with more that is known of customers and items, more is measured.

        Args:
            truth: Interactions that came later: `customer_id`, `item_id`, and `weight` if some weigh more.
            train: Interactions that were before; for repeats, novelty, popularity, calibration, and the catalogue.
            catalogue: `item_id` of what could be recommended. None: all items of `train`.
            categories: `item_id`, `category`, and `weight` if an item is more of one than of another; for diversity and
                calibration.
            vectors: `item_id`, `vector` (lists or arrays of one length); for diversity.
            similarities: `item_id`, `other_id`, `similarity` (0 to 1), a pair once or both ways round, and 0 where it
                is not told; for diversity, as by what is bought together.

        Raises:
            SchemaError: A column is missing or of another kind, or an id is null.
            ConfigurationError: Nothing in the truth is relevant to anybody.
        """
        from unified_customer.recommendations.evaluation.yardstick import Yardstick

        told = {"train": train, "catalogue": catalogue, "categories": categories}
        return Yardstick(self, grounded(truth, **told, vectors=vectors, similarities=similarities))
