"""What a matrix without any groups would look like."""

from collections.abc import Callable

import numpy as np

from unified_customer.methods.learning.matrices import Floats, Ints

Chance = Callable[[np.random.Generator, Ints], Floats]
"""Draws points without groups, in the place of those rows of the matrix."""


def normal_chance(points: Floats) -> Chance:
    """Return draws from one normal distribution that varies as the points do; what they lack (nan) lacks there too.

    References:
        Y. Liu, D. Hayes, A. Nobel, J. Marron (2008): Statistical significance of clustering for high-dimension,
        low-sample
        size data. Journal of the American Statistical Association 103, 1281-1293.
    """
    lacking = np.isnan(points)
    mean = np.where(lacking.all(axis=0), 0.0, np.nansum(points, axis=0) / np.maximum((~lacking).sum(axis=0), 1))
    varying = np.where(lacking, 0.0, points - mean)
    pairs = (~lacking).astype(np.float64)
    covariance = varying.T @ varying / np.maximum(pairs.T @ pairs, 1)
    # Sums over different rows may give what is no covariance: what is below zero becomes zero.
    values, directions = np.linalg.eigh((covariance + covariance.T) / 2)
    spread = directions * np.sqrt(np.maximum(values, 0.0))

    def draw(chance: np.random.Generator, rows: Ints) -> Floats:
        drawn: Floats = mean + chance.standard_normal((len(rows), len(mean))) @ spread.T
        return np.where(lacking[rows], np.nan, drawn)

    return draw
