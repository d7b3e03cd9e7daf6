"""The only place where `implicit` is spoken to: matrices in, vectors out, and none of its ids.

What it does by itself             what is done about it here
warns about threads of BLAS        linear algebra runs on one thread while it learns
takes what counts as confidence    1 is added, so that confidence is never below that of what nobody touched
leaves people one step behind      they are solved for once more given the last items, so that folding in agrees
takes all that is stored as wanted what is not wanted is not handed over (pairs)
differs from run to run (pairs)    pairs are drawn and learned from on one thread, from a seed
wants widgets in a notebook        that warning is not passed on, since no progress is shown
gives back ids, -1 for none, ...   its own ways to recommend are not used

"""

import warnings
from importlib import import_module
from typing import Any

import numpy as np

from unified_customer.core.errors import MissingDependencyError
from unified_customer.methods.learning import on_one_thread
from unified_customer.recommendations.histories import WEIGHT, Floats32, Histories
from unified_customer.recommendations.models.factors import LeastSquares
from unified_customer.recommendations.models.neighbours import power
from unified_customer.recommendations.models.pairwise import Pairwise, centred
from unified_customer.recommendations.models.scoring import Counted, counted

_LAST_STEPS = 6


def least_squares(
    histories: Histories,
    *,
    counts: Counted,
    factors: int,
    alpha: float,
    popularity: float,
    regularization: float,
    iterations: int,
    threads: int,
    seed: int,
) -> LeastSquares:
    """Learn vectors by alternating least squares.

    Raises:
        MissingDependencyError: `implicit` is not installed.
    """
    extra = np.float32(alpha) * discount(histories, popularity)
    confidence = _confidence(histories, counts, extra)
    with on_one_thread():
        learner = _implicit("als").AlternatingLeastSquares(
            factors=factors,
            regularization=regularization,
            alpha=1.0,
            iterations=iterations,
            num_threads=threads,
            random_state=seed,
        )
        learner.fit(confidence, show_progress=False)
        for _ in range(_LAST_STEPS):
            learner.solver(confidence, learner.user_factors, learner.item_factors, regularization, num_threads=threads)
    people, items = np.asarray(learner.user_factors), np.asarray(learner.item_factors)
    # Who wants nothing is nowhere: what is left of the start would be taken for a taste.
    people[np.diff(np.searchsorted(np.flatnonzero(confidence.data > 0), histories.starts)) == 0] = 0
    return LeastSquares(counts, regularization, extra, people, items)


def pairwise(
    histories: Histories,
    *,
    factors: int,
    learning_rate: float,
    regularization: float,
    iterations: int,
    margin: float,
    ridge: float,
    seed: int,
) -> Pairwise:
    """Learn vectors of items by Bayesian personalized ranking.

    Raises:
        MissingDependencyError: `implicit` is not installed.
    """
    from scipy.sparse import csr_matrix

    wanted = histories.only(histories.values(WEIGHT) > 0)
    matrix = csr_matrix(
        (wanted.once(), wanted.places, wanted.starts.astype(np.int32)), shape=(len(histories), len(histories.items))
    )
    with on_one_thread():
        learner = _implicit("bpr").BayesianPersonalizedRanking(
            factors=factors,
            learning_rate=learning_rate,
            regularization=regularization,
            iterations=iterations,
            num_threads=1,
            random_state=seed,
        )
        learner.fit(matrix, show_progress=False)
    return centred(np.asarray(learner.item_factors), histories, margin=margin, ridge=ridge)


def discount(histories: Histories, exponent: float) -> Floats32:
    """Return a power of the popularity of each item as a share of the mean: above 1 for what few want."""
    popularity = np.bincount(histories.places[histories.values(WEIGHT) > 0], minlength=len(histories.items))
    mean = popularity.sum() / max(int((popularity > 0).sum()), 1)
    return power(popularity / max(mean, 1e-12), -exponent)


def _confidence(histories: Histories, counts: Counted, extra: Floats32) -> Any:
    """Return confidences, below 0 what speaks against."""
    from scipy.sparse import csr_matrix

    amounts = counted(histories, counts)
    values: Floats32 = np.sign(amounts) * (1 + extra[histories.places] * np.abs(amounts))
    return csr_matrix(
        (values, histories.places, histories.starts.astype(np.int32)), shape=(len(histories), len(histories.items))
    )


def _implicit(module: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="IProgress not found")
            return import_module(f"implicit.{module}")
    except ImportError as error:
        message = 'Factor models need implicit: pip install "unified-customer[recommendations]".'
        raise MissingDependencyError(message) from error
