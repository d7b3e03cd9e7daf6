"""What is measured, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.display import NUMBER, SHARE, Format


@dataclass(frozen=True)
class Metric:
    """What a number says.

    Attributes:
        title: What it is called.
        says: What it is.
        better: Whether more of it is better, or less, or neither.
        unit: How it is written.
    """

    title: str
    says: str
    better: Literal["more", "less", "neither"] = "more"
    unit: Format = NUMBER


_ACCURACY: Final = {
    "recall": Metric("recall", "hits among the first k by all that is relevant"),
    "precision": Metric("precision", "hits among the first k by k"),
    "ndcg": Metric("NDCG", "discounted gain of the first k by that of the ideal list"),
    "map": Metric("MAP", "mean precision at the hits among the first k"),
    "mrr": Metric("MRR", "1 by the rank of the first hit"),
    "hit_rate": Metric("hit rate", "share of customers with a hit among the first k", unit=SHARE),
}

METRICS: Final[Mapping[str, Metric]] = MappingProxyType(
    {
        **_ACCURACY,
        "recall_repeat": Metric("recall of repeats", "recall of what the customer had before"),
        "ndcg_repeat": Metric("NDCG of repeats", "NDCG of what the customer had before"),
        "hit_rate_repeat": Metric("hit rate of repeats", "hit rate of what the customer had before", unit=SHARE),
        "recall_new": Metric("recall of new items", "recall of what the customer had not before"),
        "ndcg_new": Metric("NDCG of new items", "NDCG of what the customer had not before"),
        "hit_rate_new": Metric("hit rate of new items", "hit rate of what the customer had not before", unit=SHARE),
        "repeat_share": Metric("share of repeats", "share of lists that the customer had before", "neither", SHARE),
        "coverage": Metric("coverage", "share of the catalogue that stands in a list", unit=SHARE),
        "gini": Metric("Gini of exposure", "how unevenly the catalogue is shown", "less"),
        "novelty": Metric("novelty", "mean self-information of what is recommended, in bits"),
        "popularity": Metric(
            "popularity", "mean share of customers who had what is recommended (ARP)", "neither", SHARE
        ),
        "popularity_of_history": Metric(
            "popularity of the history", "mean share of customers who had what a customer had", "neither", SHARE
        ),
        "popularity_lift": Metric(
            "popularity lift", "popularity of lists above that of the history, by the latter", "less", SHARE
        ),
        "category_diversity": Metric("diversity of categories", "1 less the mean likeness of categories in a list"),
        "vector_diversity": Metric("diversity of vectors", "1 less the mean likeness of vectors in a list"),
        "pair_diversity": Metric("diversity of pairs", "1 less the mean given likeness of pairs in a list"),
        "calibration_kl": Metric("miscalibration (KL)", "divergence of categories from the history, in bits", "less"),
        "calibration_js": Metric(
            "miscalibration (JS)", "Jensen-Shannon divergence of categories from the history", "less"
        ),
    }
)
"""Every metric by name."""


def metric(name: str) -> Metric:
    """Return a metric.

    Raises:
        ConfigurationError: There is none of that name.

    Examples:
        >>> metric("gini").better
        'less'
    """
    if name not in METRICS:
        raise ConfigurationError(f"There is no metric {name!r}; there are {', '.join(METRICS)}.")
    return METRICS[name]


def column(name: str, k: int | None) -> str:
    """Return the name of the column of a metric.

    Examples:
        >>> column("ndcg", 10), column("popularity_of_history", None)
        ('ndcg@10', 'popularity_of_history')
    """
    return name if k is None else f"{name}@{k}"


def parsed(name: str) -> tuple[str, int | None]:
    """Return the metric of a column, and where its lists end.

    Examples:
        >>> parsed("ndcg@10"), parsed("popularity_of_history")
        (('ndcg', 10), ('popularity_of_history', None))
    """
    head, _, k = name.partition("@")
    return head, int(k) if k else None
