"""Pools: the items that any of several models would recommend, with what each says of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from unified_customer.methods.learning import Ints
from unified_customer.recommendations.blending.blend import scaled
from unified_customer.recommendations.blending.windows import Window
from unified_customer.recommendations.histories import Floats32
from unified_customer.recommendations.models.scoring import Scorer

_CELLS: Final = 16_000_000


@dataclass(frozen=True, eq=False)
class Pools:
    """Candidates of some customers, one after the other.

    Attributes:
        names: The models.
        starts: Where the candidates of each customer start, and where those of the last one end.
        features: What each model (column) says of each candidate (row), on the customer's scale.
        relevant: Whether the customer wanted it later.
        wanted: How many items each customer wanted later, candidates or not.
    """

    names: tuple[str, ...]
    starts: Ints = field(repr=False)
    features: Floats32 = field(repr=False)
    relevant: npt.NDArray[np.bool_] = field(repr=False)
    wanted: Ints = field(repr=False)

    def __len__(self) -> int:
        """Return how many customers there are."""
        return len(self.wanted)

    def of(self, customers: Ints) -> "Pools":
        """Return the candidates of some of the customers."""
        counts = np.diff(self.starts)
        kept = np.repeat(np.isin(np.arange(len(self)), customers), counts)
        starts = np.concatenate([[0], np.cumsum(counts[customers])])
        return Pools(self.names, starts, self.features[kept], self.relevant[kept], self.wanted[customers])


def pools(parts: Mapping[str, Scorer], window: Window, people: Ints, *, depth: int) -> Pools:
    """Return the items among the first so many of any model, for some customers of a window.

    Args:
        parts: The models, fitted on what was known.
        window: What was known, and what came.
        people: Places of customers.
        depth: How many items of each model.
    """
    size = len(window.training.histories.items)
    at_once = max(1, _CELLS // (size * max(len(parts), 1)))
    found = [_some(parts, window, people[start : start + at_once], depth) for start in range(0, len(people), at_once)]
    counts = np.concatenate([[0], *(each for each, _, _ in found)])
    return Pools(
        tuple(parts),
        np.cumsum(counts),
        np.concatenate([features for _, features, _ in found]),
        np.concatenate([relevant for _, _, relevant in found]),
        np.diff(window.truth.indptr)[people],
    )


def _some(
    parts: Mapping[str, Scorer], window: Window, people: Ints, depth: int
) -> tuple[Ints, Floats32, npt.NDArray[np.bool_]]:
    histories = window.training.histories.taken(people)
    repeats = window.training.repeats
    said = [scaled(part.scores(histories), histories, repeats=repeats) for part in parts.values()]
    allowed = np.ones(said[0].shape, np.bool_)
    if not repeats:
        allowed[histories.rows, histories.places] = False
    chosen = np.zeros(allowed.shape, np.bool_)
    for scores in said:
        rows, places = _proposed(scores, allowed, depth)
        chosen[rows, places] = True
    rows, columns = np.nonzero(chosen)
    features = np.stack([scores[rows, columns] for scores in said], axis=1)
    relevant = np.asarray(window.truth[people].toarray()[rows, columns] > 0)
    return chosen.sum(axis=1), features, relevant


def _proposed(scores: Floats32, allowed: npt.NDArray[np.bool_], depth: int) -> tuple[Ints, Ints]:
    """Return rows and places of the highest scores of each row; where a model knows nothing it proposes nothing."""
    open_to = np.where(allowed, scores, -np.inf)
    wanted = min(depth, scores.shape[1])
    top = np.argpartition(open_to, -wanted, axis=1)[:, -wanted:]
    told = np.take_along_axis(open_to, top, axis=1)
    rows, ranks = np.nonzero((told != 0) & (told > -np.inf))
    return rows, top[rows, ranks]
