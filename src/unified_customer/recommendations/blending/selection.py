"""Which models a blend is made of, and with which weights: a greedy choice that stops where no further one helps."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from unified_customer.methods.learning import Floats, Ints
from unified_customer.recommendations.blending.pools import Pools
from unified_customer.recommendations.blending.weights import learned_weights

if TYPE_CHECKING:
    from unified_customer.recommendations.histories import Floats32

_MOST: Final = 24
_NEAR: Final = 0.85
_OUT: Final = np.float32(-1e9)


def both_weights(pool: Pools, *, k: int) -> Floats:
    """Return the mean of the weights that are chosen (`selected_weights`) and of those that are learned (`learned_weights`).

    The first look at the top of lists alone and are few, the second at all candidates and are smooth. Neither is better
    everywhere, and each errs in another way.
    """
    learned = learned_weights(pool)
    return (selected_weights(pool, k=k) + learned / max(float(learned.sum()), 1e-12)) / 2


def even_weights(pool: Pools, families: Mapping[str, str], *, k: int) -> Floats:
    """Return the same weight for the best model of each family, if it comes near the best of all.

    Where it is not known whether the future is like what was held out, an even mean of good models that differ errs least.

    References:
        J. Smith, K. F. Wallis (2009): A simple explanation of the forecast combination puzzle. Oxford Bulletin of
        Economics and Statistics 71, 331-355.
    """
    judge = Judge(pool, k=k)
    reached = {name: judge.ndcg(step) for name, step in zip(pool.names, np.eye(len(pool.names)), strict=True)}
    first = {family: max(_of(family, families), key=reached.__getitem__) for family in set(families.values())}
    near = _NEAR * max(reached.values())
    found = np.array([float(name in first.values() and reached[name] >= near) for name in pool.names])
    return np.asarray(found / found.sum())


def _of(family: str, families: Mapping[str, str]) -> list[str]:
    return [name for name, each in families.items() if each == family]


def selected_weights(pool: Pools, *, k: int) -> Floats:
    """Return a weight for each model, the weights adding up to 1, many of them 0.

    Beginning with the best model, the one is added, again and again, that raises the mean NDCG of the sum most; one that is
    added twice weighs twice. That ends with the first step that does not help. So weights are few and round, and what
    would be learned from the chance of one window is left out with all else that does not pay.

    References:
        R. Caruana et al. (2004): Ensemble selection from libraries of models. ICML.
    """
    judge = Judge(pool, k=k)
    size = len(pool.names)
    counts, reached = np.zeros(size), -1.0
    for _ in range(_MOST):
        tried = [judge.ndcg(counts + step) for step in np.eye(size)]
        if max(tried) <= reached:
            break
        reached = max(tried)
        counts[int(np.argmax(tried))] += 1
    return np.asarray(counts / counts.sum())


class Judge:
    """How good weights are for the customers of a pool."""

    def __init__(self, pool: Pools, *, k: int) -> None:
        """Lay candidates side by side, a row each customer who wanted something later."""
        counts = np.diff(pool.starts)
        width = max(int(counts.max(initial=0)), k)
        rows, columns = np.repeat(np.arange(len(counts)), counts), _within(counts)
        self._features = np.zeros((len(counts), width, len(pool.names)), np.float32)
        self._features[rows, columns] = pool.features
        self._missing = np.full((len(counts), width), _OUT)
        self._missing[rows, columns] = 0
        self._relevant = np.zeros((len(counts), width), np.float32)
        self._relevant[rows, columns] = pool.relevant
        self._wanted = np.maximum(pool.wanted, 1)
        self._k = k
        self._discount = (1 / np.log2(np.arange(2, k + 2))).astype(np.float32)
        self._ideal = np.cumsum(self._discount)[np.clip(pool.wanted, 1, k) - 1]

    def ndcg(self, weights: Floats) -> float:
        """Return the mean NDCG at k of the lists that the weights give."""
        return float((self._hits(weights) @ self._discount / self._ideal).mean())

    def measures(self, weights: Floats) -> Floats:
        """Return NDCG at k and recall at k of the list of each customer, a row each."""
        hits = self._hits(weights)
        return np.stack([hits @ self._discount / self._ideal, hits.sum(axis=1) / self._wanted], axis=1)

    def _hits(self, weights: Floats) -> "Floats32":
        scores: Floats32 = self._features @ weights.astype(np.float32) + self._missing
        top = np.argpartition(scores, -self._k, axis=1)[:, -self._k :]
        order = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1, kind="stable")
        return np.take_along_axis(self._relevant, np.take_along_axis(top, order, axis=1), axis=1)


def _within(counts: Ints) -> Ints:
    """Return 0, 1, 2, ... for each run of so many."""
    starts = np.cumsum(counts) - counts
    return np.asarray(np.arange(int(counts.sum())) - np.repeat(starts, counts))
