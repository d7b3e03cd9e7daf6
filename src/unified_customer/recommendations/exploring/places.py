"""Places of a list: which items stand there, and exactly how likely each was to.

A list of n places has three parts. The first places are the ranker's: the candidates with the highest scores, in order.
The next are open to exploration: a policy orders the candidates that are left and may be explored. Where there are too
few of those, the last places are the ranker's again.

What the policy says of a list is a set of orders, each as likely as any other: one for a deterministic policy, as many
as it has drawn from its posterior for Thompson sampling. An order is drawn; then each open place explores with
probability epsilon. Places that do not explore keep the item of the order; those that do are filled with a random
permutation of all that is left. How likely an item was to stand at a place then has a closed form (`mixed`).
"""

from dataclasses import dataclass
from functools import lru_cache
from math import comb

import numpy as np

from unified_customer.methods.learning import Floats, Ints


@dataclass(frozen=True, eq=False)
class Layout:
    """Which candidates of a list stand where without exploring, and which are left for it.

    Attributes:
        first: Candidates of the first places, in order.
        pool: Candidates that may stand at the open places, by place in the list of candidates.
        open: How many places are open.
        last: Candidates of the last places.
    """

    first: Ints
    pool: Ints
    open: int
    last: Ints


def laid_out(scores: Floats, *, n: int, open_places: int, least_score: float | None) -> Layout:
    """Return the parts of a list of at most `n` places.

    Args:
        scores: Of the candidates, which are in the order of their ids: of equal scores the first stands first.
        n: Places of the list.
        open_places: How many of them may be open.
        least_score: Candidates below it are not explored; None: all may be.
    """
    ranked = np.argsort(-scores, kind="stable")
    few = min(n, len(ranked))
    explorable = len(ranked) if least_score is None else int((scores >= least_score).sum())
    opened = min(open_places, explorable, few)
    first = min(few, explorable) - opened
    pool = np.sort(ranked[first:explorable])
    return Layout(ranked[:first], pool, opened, ranked[explorable : explorable + few - first - opened])


@lru_cache(maxsize=4096)
def fair_share(epsilon: float, others: int, least: int) -> float:
    """Return the mean of 1 / (`least` + S), where S of `others` places explore with probability epsilon each.

    It is the chance of one of the items that are left to fill one exploring place: `least` is how many are left if no
    other place explores.

    Examples:
        >>> fair_share(0.5, 1, 2)  # half of 1/2 and half of 1/3
        0.41666666666666663
    """
    chances = ((comb(others, s) * epsilon**s * (1 - epsilon) ** (others - s), s) for s in range(others + 1))
    return sum(chance / (least + s) for chance, s in chances)


def orders(worths: Floats, places: int) -> Ints:
    """Return the best candidates of each row of worths, best first; of equal ones the first stands first."""
    if len(worths) == 1 or places * 4 > worths.shape[1]:
        return np.argsort(-worths, axis=1, kind="stable")[:, :places]
    # Of many draws sorting takes most of the time, and no two are equal but by chance.
    best = np.sort(np.argpartition(-worths, places, axis=1)[:, :places], axis=1)
    order = np.argsort(-np.take_along_axis(worths, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)


def mixed(drawn: Ints, pool: int, epsilon: float) -> Floats:
    """Return how likely each candidate of a pool is to stand at each open place: a row a place, which sums to 1.

    Args:
        drawn: Orders, a row each: for each open place a candidate of the pool.
        pool: How many candidates there are.
        epsilon: Chance of each place to explore.

    Examples:
        >>> mixed(np.array([[0, 1]]), 3, 0.0).tolist()
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
        >>> mixed(np.array([[0]]), 4, 0.2).round(2).tolist()
        [[0.85, 0.05, 0.05, 0.05]]
    """
    many, places = drawn.shape
    here = np.zeros((places, pool))
    np.add.at(here, (np.tile(np.arange(places), many), drawn.ravel()), 1)
    here /= many
    if epsilon == 0 or places == 0:
        return here
    listed = here.sum(axis=0)
    # The item of the place itself is left if it explores; that of another place, if both explore.
    own = fair_share(epsilon, places - 1, pool - places + 1)
    of_another = fair_share(epsilon, places - 2, pool - places + 2) if places > 1 else 0.0
    kept = here * (1 - epsilon + epsilon * own)
    moved = (listed - here) * epsilon**2 * of_another
    likely: Floats = kept + moved + np.maximum(1 - listed, 0) * epsilon * own
    return np.minimum(likely, 1.0)


def played(drawn: Ints, pool: int, epsilon: float, chance: np.random.Generator) -> Ints:
    """Return the candidates of the open places: one of the orders, mixed with what is explored."""
    order: Ints = drawn[chance.integers(len(drawn))].copy()
    exploring = chance.random(len(order)) < epsilon
    if not exploring.any():
        return order
    left = np.setdiff1d(np.arange(pool), order[~exploring])
    order[exploring] = chance.permutation(left)[: exploring.sum()]
    return order
