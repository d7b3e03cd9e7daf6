"""Rows in the plane: a picture of which of them are near each other."""

from typing import Final

import numpy as np

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.learning.matrices import Floats, canonical_order, on_one_thread

AT_MOST: Final = 2000
"""So many rows a picture takes."""
_NEIGHBOURS: Final = 30.0
_FEW: Final = 8
"""Fewer rows have no neighbourhoods: they stand as well as their distances fit."""
_START: Final = 1e-4
_APART: Final = 0.01


def in_the_plane(distances: Floats, *, seed: int, neighbours: float = _NEIGHBOURS) -> Floats:
    """Return a point for each row, near rows near each other (t-SNE).

    Who is next to whom says something; how far apart two groups are says little, and directions say nothing. The cloud is
    widest from left to right.

    Args:
        distances: How far each row is from each, the same in both directions: square, nothing below 0, at most 2,000 rows.
        seed: Of what sets equal rows apart.
        neighbours: About how many neighbours of a row count (the perplexity); there are no more than a third of the others.

    Returns:
        Two columns from -1 to 1 with a mean of 0. The order of rows says nothing.

    Raises:
        ConfigurationError: The distances are none, or there are too many.

    References:
        L. van der Maaten, G. Hinton (2008): Visualizing data using t-SNE. Journal of Machine Learning Research 9,
        2579-2605.
        W. Torgerson (1952): Multidimensional scaling: I. Theory and method. Psychometrika 17, 401-419.

    Examples:
        >>> apart = np.abs(np.subtract.outer([0.0, 1.0, 4.0], [0.0, 1.0, 4.0]))
        >>> in_the_plane(apart, seed=0)[:, 0].round(2).tolist()
        [-0.71, -0.29, 1.0]
    """
    _check(distances)
    # What a row is at what distances from, whoever that is.
    order = canonical_order(np.sort(distances, axis=1))
    ordered = distances[np.ix_(order, order)]
    with on_one_thread():
        start = _by_distances(ordered)
        found = start if len(order) < _FEW else _by_neighbours(ordered, start, seed, neighbours)
        placed = _turned(found)
    points = np.empty_like(placed)
    points[order] = placed
    return points


def _check(distances: Floats) -> None:
    shape = distances.shape
    if len(shape) != 2 or shape[0] != shape[1] or shape[0] > AT_MOST:
        raise ConfigurationError(f"Distances of at most {AT_MOST} rows are a square; here they are {shape}.")
    if not (np.isfinite(distances).all() and (distances >= 0).all() and np.array_equal(distances, distances.T)):
        raise ConfigurationError("Distances are finite, not below 0, and the same in both directions.")


def _by_distances(distances: Floats) -> Floats:
    """Return the points whose distances fit best (classical scaling)."""
    from scipy.linalg import eigh

    size = len(distances)
    if size < 2:
        return np.zeros((size, 2))
    squares = distances**2
    means = squares.mean(axis=0)
    inner = -0.5 * (squares - means - means[:, None] + means.mean())
    values, vectors = eigh(inner, subset_by_index=[size - 2, size - 1])
    return np.ascontiguousarray((vectors * np.sqrt(np.maximum(values, 0)))[:, ::-1])


def _by_neighbours(distances: Floats, start: Floats, seed: int, neighbours: float) -> Floats:
    from sklearn.manifold import TSNE

    spread = start[:, 0].std()
    jitter = np.random.default_rng(seed).standard_normal(start.shape) * _APART
    begin = (start / (spread or 1.0) + jitter) * _START
    wide = min(neighbours, (len(distances) - 1) / 3)
    learner = TSNE(2, perplexity=wide, init=begin.astype(np.float32), metric="precomputed", random_state=seed, n_jobs=1)
    return np.asarray(learner.fit_transform(distances), dtype=np.float64)


def _turned(points: Floats) -> Floats:
    """Return points around 0, widest from left to right, what is furthest out to the right and above, none beyond 1."""
    if not len(points):
        return points
    around = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(around, full_matrices=False)
    turned = around @ axes.T if len(points) > 1 else around
    furthest = np.take_along_axis(turned, np.abs(turned).argmax(axis=0)[None], axis=0)
    signed = turned * np.where(furthest < 0, -1.0, 1.0)
    return np.asarray(signed / (np.abs(signed).max() or 1.0))
