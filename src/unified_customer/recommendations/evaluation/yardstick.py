"""What lists are held against, ready to judge any number of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.engines.portable import Native
from unified_customer.recommendations.evaluation.comparison import Comparison
from unified_customer.recommendations.evaluation.evaluated import Evaluation
from unified_customer.recommendations.evaluation.ground import Ground
from unified_customer.recommendations.evaluation.lists import listed
from unified_customer.recommendations.evaluation.measuring import measured, measured_at_once
from unified_customer.recommendations.evaluation.spec import Metrics


@dataclass(frozen=True, eq=False)
class Yardstick:
    """What lists are held against.

    Attributes:
        spec: The spec.
        ground: What came later, what was before, and what is known of items.
    """

    spec: Metrics
    ground: Ground = field(repr=False)

    @property
    def customers(self) -> int:
        """How many customers have something relevant."""
        return len(self.ground.customers)

    def evaluate(self, recommendations: Native) -> Evaluation:
        """Judge the lists of one model.

        Args:
            recommendations: `customer_id`, `rank` (1, 2, 3 and so on), `item_id`, `score` (never rising).

        Raises:
            SchemaError: A column is missing or of another kind, an id is null, an item stands twice in a list, ranks
                leave out a number, or scores rise.
        """
        lists = listed(recommendations, self.ground, longest=max(self.spec.k))
        values = measured(self.spec, self.ground, lists)
        frame = pl.DataFrame({"customer_id": self.ground.customers, **values}).fill_nan(None)
        whole = measured_at_once(self.spec, self.ground, lists)
        without = int((lists.lengths == 0).sum())
        return Evaluation(self.spec, frame, whole, self.customers, without, lists.strangers)

    def compare(self, models: Mapping[str, Native], *, reference: str | None = None) -> Comparison:
        """Judge the lists of several models for the same customers.

        Args:
            models: Recommendations by name of model.
            reference: The model that the others are held against. None: the first.

        Raises:
            SchemaError: As in `evaluate`; the message begins with the name of the model.
            ConfigurationError: There is no model, or none of the name of the reference.
        """
        if not models or (reference is not None and reference not in models):
            raise ConfigurationError(
                f"The reference {reference!r} is none of the models: {', '.join(models) or 'none'}."
            )
        evaluations = {name: self._named(name, frame) for name, frame in models.items()}
        return Comparison(evaluations, reference or next(iter(models)))

    def _named(self, name: str, recommendations: Native) -> Evaluation:
        try:
            return self.evaluate(recommendations)
        except SchemaError as error:
            raise SchemaError(f"Of model {name!r}: {error}") from error


def evaluate(
    recommendations: Native, truth: Native, *, metrics: Metrics | None = None, **known: Native | None
) -> Evaluation:
    """Judge the lists of one model, as `metrics.fit(truth, **known).evaluate(recommendations)` does.

    Args:
        recommendations: As in `Yardstick.evaluate`.
        truth: As in `Metrics.fit`.
        metrics: Which ones. None: those of `Metrics()`.
        known: `train`, `catalogue`, `categories`, `vectors`, `similarities`, as in `Metrics.fit`.

    Examples:
        >>> truth = pl.DataFrame({"customer_id": ["ann"], "item_id": ["tea"]})
        >>> lists = pl.DataFrame({"customer_id": ["ann"], "rank": [1], "item_id": ["tea"], "score": [1.0]})
        >>> evaluate(lists, truth).value("ndcg")
        1.0
    """
    return (metrics or Metrics()).fit(truth, **known).evaluate(recommendations)


def compare(
    models: Mapping[str, Native],
    truth: Native,
    *,
    metrics: Metrics | None = None,
    reference: str | None = None,
    **known: Native | None,
) -> Comparison:
    """Judge the lists of several models, as `metrics.fit(truth, **known).compare(models, reference=reference)` does.

    Args:
        models: Recommendations by name of model.
        truth: As in `Metrics.fit`.
        metrics: Which ones. None: those of `Metrics()`.
        reference: The model that the others are held against. None: the first.
        known: `train`, `catalogue`, `categories`, `vectors`, `similarities`, as in `Metrics.fit`.
    """
    return (metrics or Metrics()).fit(truth, **known).compare(models, reference=reference)
