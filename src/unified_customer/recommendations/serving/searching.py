"""Lists without scoring all items: an index over the vectors of items finds candidates, which are scored exactly."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import Floats32, Histories
from unified_customer.recommendations.models.scoring import Scorer
from unified_customer.recommendations.models.vectored import Vectored, taste_of, vectors_of
from unified_customer.recommendations.serving.best import best
from unified_customer.recommendations.serving.by_usearch import graph_of, looked_up

_AT_FIRST: Final = 4
_SAMPLED: Final = 10
_ENOUGH: Final = 0.99
_NOTHING: Final = -1


@dataclass(frozen=True, eq=False)
class ItemIndex:
    """An index over the vectors of items.

    Attributes:
        vectors: The vector of each item (row).
        recall: What share of the ten best items of a sample of customers it found; None where there was nobody.
    """

    vectors: Floats32 = field(repr=False)
    graph: Any = field(repr=False)
    recall: float | None = None

    def best(self, taste: Floats32, n: int, had: Ints) -> tuple[Ints, Floats32]:
        """Return the places and the exact scores of about the n best items, best first, equal ones by their places.

        More and more items are looked up until n are left that may be told; at last all are scored.

        Args:
            taste: The vector of one history.
            n: How many items.
            had: Places that may not be told.
        """
        count = n + len(had) + _AT_FIRST
        while taste.any() and 2 * count < len(self.vectors):
            places = np.setdiff1d(looked_up(self.graph, taste, count), had)
            if len(places) >= n:
                return self._ranked(places, taste, n)
            count *= 2
        return self._ranked(np.setdiff1d(np.arange(len(self.vectors)), had), taste, n)

    def _ranked(self, places: Ints, taste: Floats32, n: int) -> tuple[Ints, Floats32]:
        scores = np.asarray(self.vectors[places] @ taste, dtype=np.float32)
        order = np.lexsort((places, -scores))[:n]
        return places[order], scores[order]


def index_of(scorer: Scorer, histories: Histories, *, sample: int) -> ItemIndex:
    """Return an index over the items of a model, and how well it finds what scoring all of them finds.

    Where the first kind of graph misses some on the sample, the other kind is tried, and the better one is taken.

    Args:
        scorer: A model of factors.
        histories: Of customers to try it on.
        sample: On how many, evenly spread from the most active to the least.

    Raises:
        ConfigurationError: The model has no vectors.
        MissingDependencyError: `usearch` is not installed.
    """
    model = _vectored(scorer)
    vectors = np.ascontiguousarray(vectors_of(model), dtype=np.float32)
    rows = np.unique(np.linspace(0, len(histories) - 1, sample).astype(np.int64)) if len(histories) else np.arange(0)
    tried = histories.taken(rows)
    one = _tried(ItemIndex(vectors, graph_of(vectors)), model, tried)
    if one.recall is None or one.recall >= _ENOUGH:
        return one
    other = _tried(ItemIndex(vectors, graph_of(vectors, equally_long=False)), model, tried)
    return other if (other.recall or 0) > one.recall else one


def _tried(index: ItemIndex, model: Vectored, histories: Histories) -> ItemIndex:
    return replace(index, recall=_recall(index, model, histories))


def lists_by(index: ItemIndex, scorer: Scorer, histories: Histories, *, n: int, repeats: bool) -> tuple[Ints, Floats32]:
    """Return the places of about the n best items of each history, -1 where none is left, and their scores."""
    size = min(n, len(index.vectors))
    places, scores = np.full((len(histories), size), _NOTHING), np.zeros((len(histories), size), np.float32)
    tastes = taste_of(_vectored(scorer), histories)
    for row, (taste, had) in enumerate(zip(tastes, _had(histories), strict=True)):
        found, told = index.best(taste, size, had[:0] if repeats else had)
        places[row, : len(found)], scores[row, : len(found)] = found, told
    return places, scores


def _had(histories: Histories) -> Iterator[Ints]:
    for start, end in zip(histories.starts[:-1], histories.starts[1:], strict=True):
        yield histories.places[start:end].astype(np.int64)


def _vectored(scorer: Scorer) -> Vectored:
    if isinstance(scorer, Vectored):
        return scorer
    raise ConfigurationError(
        f"{type(scorer).__name__} has no vectors of items to search among: take a model of factors, such as ALS, BPR or"
        " GraphFilter."
    )


def _recall(index: ItemIndex, model: Vectored, histories: Histories) -> float | None:
    """Return the share of the best new items of some customers that the index finds."""
    scores = np.array(model.scores(histories), dtype=np.float32)
    allowed = np.ones(scores.shape, np.bool_)
    allowed[histories.rows, histories.places] = False
    exact = best(scores, _SAMPLED, allowed)
    found, _ = lists_by(index, model, histories, n=_SAMPLED, repeats=False)
    wanted = int((exact >= 0).sum())
    pairs = zip(exact, found, strict=True)
    return sum(len(set(one) & set(other) - {_NOTHING}) for one, other in pairs) / wanted if wanted else None
