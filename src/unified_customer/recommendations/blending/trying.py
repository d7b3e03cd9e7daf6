"""Trying models on a window: weights that it teaches, and how well each did."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from unified_customer.methods.learning import Floats
from unified_customer.recommendations.blending.pools import Pools, pools
from unified_customer.recommendations.blending.selection import Judge, both_weights, even_weights
from unified_customer.recommendations.blending.trials import BLEND, Trials
from unified_customer.recommendations.blending.windows import Window
from unified_customer.recommendations.models.spec import RecommenderSpec

_DEPTH = 100


def tried(parts: Mapping[str, RecommenderSpec], window: Window, *, people: int, k: int) -> tuple[Floats, Trials]:
    """Return weights of models that a window teaches, and how well the models and their blend did in it.

    Args:
        parts: The models by name.
        window: What was known, and what came.
        people: So many customers are looked at, at most.
        k: The length of the lists.
    """
    fitted = {name: part.learn(window.training) for name, part in parts.items()}
    pool = pools(fitted, window, window.people(people), depth=_DEPTH)
    families = {name: type(part).__name__ for name, part in parts.items()}
    weigh = partial(_weights, families=families, timed=window.training.histories.timed, k=k)
    if len(pool) < 2:
        return weigh(pool), _judged(pool, np.full((1, 2), np.nan), title=window.title, k=k)
    halves = [pool.of(np.arange(start, len(pool), 2)) for start in (0, 1)]
    one, other = map(weigh, halves)
    blend = np.concatenate([Judge(halves[0], k=k).measures(other), Judge(halves[1], k=k).measures(one)])
    return (one + other) / 2, _judged(pool, blend, title=window.title, k=k)


def _weights(pool: Pools, families: Mapping[str, str], *, timed: bool, k: int) -> Floats:
    weights = both_weights(pool, k=k)
    return weights if timed else (weights + even_weights(pool, families, k=k)) / 2


def _judged(pool: Pools, blend: Floats, *, title: str, k: int) -> Trials:
    """Return how well each model did, and beside them what is known of the blend: NDCG and recall of each customer."""
    judge = Judge(pool, k=k)
    rows = [*(judge.measures(step).mean(axis=0) for step in np.eye(len(pool.names))), blend.mean(axis=0)]
    ndcg, recall = np.array(rows).T
    return Trials((*pool.names, BLEND), (title,), np.array([len(pool)]), ndcg[None], recall[None], k)
