"""Ridge regression of several numbers at once, with the strength that tells rows best that were held out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from unified_customer.methods.learning.matrices import Floats, Ints, canonical_order, on_one_thread


@dataclass(frozen=True, eq=False)
class Ridge:
    """A linear regression that was fitted, and how well it told rows that it had not seen.

    Attributes:
        weights: From columns of points (rows) to targets (columns).
        offset: Of each target.
        strength: What the squares of the weights cost.
        held_out: What was told of each row by a regression fitted without it.
        r2: The share of the spread of targets that is told of rows held out, 1 at most, below 0 where the mean tells more;
            None where targets do not differ.
    """

    weights: Floats = field(repr=False)
    offset: Floats = field(repr=False)
    strength: float
    held_out: Floats = field(repr=False)
    r2: float | None

    def predicted(self, points: Floats) -> Floats:
        """Return the targets of each point (row)."""
        return np.asarray(points @ self.weights + self.offset)


def fit_ridge(
    points: Floats, targets: Floats, *, amounts: Floats, strengths: Sequence[float], folds: int, seed: int
) -> Ridge:
    """Fit targets to points, rows in any order.

    Args:
        points: One row a point, columns of about the same spread.
        targets: One row a point, one column a target.
        amounts: How much each row counts, above 0.
        strengths: What the squares of the weights may cost, in rows that count 1; the one is taken that tells rows best that
            were held out, and of equal ones the largest.
        folds: In how many parts rows are held out; at most as many as there are rows.
        seed: Of the parts.

    References:
        A. Hoerl, R. Kennard (1970): Ridge regression: biased estimation for nonorthogonal problems. Technometrics 12, 55-67.

    Examples:
        >>> points = np.linspace(-1, 1, 20)[:, None]
        >>> found = fit_ridge(points, 3 * points + 1, amounts=np.ones(20), strengths=(1e-6, 1.0), folds=5, seed=0)
        >>> found.strength, found.weights.round(3).tolist(), found.offset.round(3).tolist()
        (1e-06, [[3.0]], [1.0])
    """
    order = canonical_order(np.column_stack([points, targets, amounts]))
    fold = np.empty(len(points), np.int64)
    parts = min(folds, len(points))
    fold[order] = np.random.default_rng(seed).permutation(np.arange(len(points)) % max(parts, 1))
    tried = sorted(strengths, reverse=True)
    with on_one_thread():
        told = _held_out(points, targets, amounts, fold, tried)
        errors = [float((amounts[:, None] * (targets - each) ** 2).sum()) for each in told[:-1]]
        best = int(np.argmin(errors))
        weights, offset = _Solved.of(points, targets, amounts).at(tried[best])
    spread = float((amounts[:, None] * (targets - told[-1]) ** 2).sum())
    return Ridge(weights, offset, tried[best], told[best], 1 - errors[best] / spread if spread > 0 else None)


def _held_out(points: Floats, targets: Floats, amounts: Floats, fold: Ints, strengths: Sequence[float]) -> Floats:
    """Return what each strength tells of rows held out, and behind them what the mean of the others tells."""
    told = np.zeros((len(strengths) + 1, *targets.shape))
    for each in np.unique(fold):
        out, rest = fold == each, fold != each
        if not rest.any():
            continue
        solved = _Solved.of(points[rest], targets[rest], amounts[rest])
        for place, strength in enumerate(strengths):
            weights, offset = solved.at(strength)
            told[place, out] = points[out] @ weights + offset
        told[-1, out] = solved.mean
    return told


@dataclass(frozen=True, eq=False)
class _Solved:
    """Normal equations of rows about their means, taken apart once for all strengths."""

    centre: Floats
    mean: Floats
    values: Floats
    vectors: Floats
    right: Floats

    @classmethod
    def of(cls, points: Floats, targets: Floats, amounts: Floats) -> "_Solved":
        share = amounts / amounts.sum()
        centre, mean = share @ points, share @ targets
        about = points - centre
        values, vectors = np.linalg.eigh((about * amounts[:, None]).T @ about)
        right = vectors.T @ ((about * amounts[:, None]).T @ (targets - mean))
        return cls(centre, mean, np.maximum(values, 0), vectors, right)

    def at(self, strength: float) -> tuple[Floats, Floats]:
        weights = self.vectors @ (self.right / (self.values + strength)[:, None])
        return weights, self.mean - self.centre @ weights
