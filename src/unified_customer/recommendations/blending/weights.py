"""The weights of a blend: those under which what people wanted later stands out among all candidates."""

from typing import Any, Final

import numpy as np

from unified_customer.methods.learning import Floats
from unified_customer.recommendations.blending.pools import Pools

_COST: Final = 1e-3


def learned_weights(pool: Pools) -> Floats:
    """Return a weight for each model, none below 0.

    Scores are taken as a choice among the candidates of a customer (softmax), and the weights are those under which the
    choices that were made are most likely. Nothing is searched: the loss is convex, and each customer counts once.

    References:
        Z. Cao et al. (2007): Learning to rank: from pairwise approach to listwise approach. ICML, 129-136.
    """
    from scipy.optimize import minimize

    some = pool.relevant.any() and len(pool.names)
    if not some:
        return np.ones(len(pool.names))
    start = np.full(len(pool.names), 2.0)
    found = minimize(_Loss(pool), start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(pool.names))
    return np.asarray(found.x)


class _Loss:
    """The mean loss of a customer, and which way it falls."""

    def __init__(self, pool: Pools) -> None:
        counts = np.diff(pool.starts)
        owner = np.repeat(np.arange(len(counts)), counts)
        hits = np.bincount(owner, weights=pool.relevant, minlength=len(counts))
        told = hits > 0
        kept = told[owner]
        self._features = pool.features[kept].astype(np.float64)
        self._starts = np.concatenate([[0], np.cumsum(counts[told])])[:-1]
        self._counts = counts[told]
        self._share = (pool.relevant[kept] / np.repeat(hits[told], self._counts)).astype(np.float64)
        self._fixed = self._share @ self._features

    def __call__(self, weights: Floats) -> tuple[float, Any]:
        scores = self._features @ weights
        top = np.maximum.reduceat(scores, self._starts)
        odds = np.exp(scores - np.repeat(top, self._counts))
        total = np.add.reduceat(odds, self._starts)
        people = len(self._counts)
        chance = odds / np.repeat(total, self._counts)
        loss = (np.log(total) + top).sum() - self._fixed @ weights
        slope = chance @ self._features - self._fixed
        return loss / people + _COST * weights @ weights, slope / people + 2 * _COST * weights
