"""Groups of similar rows: their centres, the group of a row, and how well groups are apart."""

import warnings

import numpy as np

from unified_customer.methods.learning.matrices import Floats, Ints

_TINY = 1e-9


def centres_of(points: Floats, *, groups: int, seed: int, starts: int = 10) -> Floats:
    """Return the centres of groups by k-means, the largest group first, equal ones by their centre.

    There are fewer groups where there are fewer different points.

    Args:
        points: One row a point, in canonical order.
        groups: How many groups are wanted.
        seed: Of the starts.
        starts: The best of so many is kept.

    References:
        D. Arthur, S. Vassilvitskii (2007): k-means++: the advantages of careful seeding.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    learner = KMeans(min(groups, len(points)), n_init=starts, random_state=seed, copy_x=True)
    with warnings.catch_warnings():
        # Fewer different points than groups: what is empty is left out below.
        warnings.simplefilter("ignore", ConvergenceWarning)
        learner.fit(points)
    return _in_order(points, np.asarray(learner.cluster_centers_, dtype=np.float64))


def _in_order(points: Floats, centres: Floats) -> Floats:
    sizes = np.bincount(nearest(points, centres)[0], minlength=len(centres))
    order = np.lexsort((*np.round(centres, 9).T[::-1], -sizes))
    return centres[[place for place in order if sizes[place]]]


def nearest(points: Floats, centres: Floats) -> tuple[Ints, Floats]:
    """Return the group of each point, and how clear that is: 0 half-way to the next centre, 1 at its own.

    Of centres that are equally near it is the first. A point that has nothing (nan) in some columns is compared by the
    others. With one centre all is clear.

    Examples:
        >>> nearest(np.array([[0.0], [4.0]]), np.array([[0.0], [8.0]]))
        (array([0, 0]), array([1., 0.]))
    """
    distances = np.column_stack([_distance(points, centre) for centre in centres])
    group = np.argmin(np.round(distances, 9), axis=1)
    if len(centres) == 1:
        return group, np.ones(len(points))
    near = np.partition(distances, 1, axis=1)[:, :2]
    clear = 1 - near[:, 0] / np.maximum(near[:, 1], _TINY)
    return group, np.clip(clear, 0.0, 1.0)


def _distance(points: Floats, centre: Floats) -> Floats:
    # Along each row by itself, so that a point has the same distance in whatever batch it comes.
    apart: Floats = np.nansum((points - centre) ** 2, axis=1)
    return np.sqrt(apart)


def distances_between(points: Floats) -> Floats:
    """Return the distances of all points from each other."""
    from scipy.spatial.distance import pdist, squareform

    found: Floats = squareform(pdist(points))
    return found


def silhouette(distances: Floats, labels: Ints) -> float | None:
    """Return the mean silhouette, from -1 to 1: how much nearer points are to their own group than to the next.

    None where there is one group. A group of one point counts as 0.

    References:
        P. Rousseeuw (1987): Silhouettes: a graphical aid to the interpretation and validation of cluster analysis.

    Examples:
        >>> apart = distances_between(np.array([[0.0], [1.0], [10.0], [11.0]]))
        >>> round(silhouette(apart, np.array([0, 0, 1, 1])), 4)
        0.8997
    """
    found, labels = np.unique(labels, return_inverse=True)
    if len(found) < 2:
        return None
    members = np.eye(len(found))[labels]
    sizes = members.sum(axis=0)
    sums = distances @ members
    rows = np.arange(len(labels))
    own = sums[rows, labels] / np.maximum(sizes[labels] - 1, 1)
    others = sums / sizes
    others[rows, labels] = np.inf
    next_one = others.min(axis=1)
    scores = np.where(sizes[labels] > 1, (next_one - own) / np.maximum(np.maximum(own, next_one), _TINY), 0.0)
    return float(scores.mean())


def agreement(one: Ints, other: Ints) -> float:
    """Return how far two groupings agree: 1 wholly, 0 as by chance (adjusted Rand index).

    References:
        L. Hubert, P. Arabie (1985): Comparing partitions. Journal of Classification 2, 193-218.
    """
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(one, other))
