"""Probabilities of classes from numbers."""

import numpy as np
from pydantic import Field, model_validator

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models.base import Model
from unified_customer.methods.learning.matrices import Floats, Ints, canonical_order, on_one_thread


class Classes(Model):
    """A multinomial logistic regression that was fitted, as plain numbers.

    Examples:
        >>> told = Classes(weights=((0.0,), (2.0,)), offsets=(0.0, 0.0))
        >>> told.probabilities(np.array([[0.0], [10.0]])).round(3).tolist()
        [[0.5, 0.5], [0.0, 1.0]]
    """

    weights: tuple[tuple[float, ...], ...] = Field(min_length=1)
    """One row a class, one weight a column."""
    offsets: tuple[float, ...] = Field(min_length=1)
    """One for each class."""

    @model_validator(mode="after")
    def _of_one_shape(self) -> "Classes":
        if len(self.weights) != len(self.offsets) or len({len(row) for row in self.weights}) != 1:
            raise ConfigurationError("Each class has one offset and as many weights as every other class.")
        return self

    def probabilities(self, points: Floats) -> Floats:
        """Return the probability of each class, one row a point; each row sums to 1."""
        log_odds = points @ np.array(self.weights).T + np.array(self.offsets)
        raised = np.exp(log_odds - log_odds.max(axis=1, keepdims=True))
        found: Floats = raised / raised.sum(axis=1, keepdims=True)
        return found


def fit_classes(points: Floats, classes: Ints, *, of: int, penalty: float) -> Classes:
    """Fit the probabilities of classes, rows in any order.

    Args:
        points: One row a point, columns of about the same spread.
        classes: The class of each, from 0.
        of: How many classes there are; one that nobody is in is never probable.
        penalty: What the squared weights cost, against the log-likelihood of all points.

    References:
        S. le Cessie, J. van Houwelingen (1992): Ridge estimators in logistic regression. Applied Statistics 41,
        191-201.
    """
    from sklearn.linear_model import LogisticRegression

    seen = np.unique(classes)
    weights, offsets = np.zeros((of, points.shape[1])), np.full(of, _NEVER)
    offsets[seen] = 0.0
    if len(seen) > 1:
        order = canonical_order(np.column_stack([classes, points]))
        learner = LogisticRegression(C=1 / penalty, tol=1e-7, max_iter=2000)
        with on_one_thread():
            learner.fit(points[order], classes[order])
        # Of two classes the first is what the second is held against.
        two = len(seen) == 2
        weights[seen[-1:] if two else seen] = learner.coef_
        offsets[seen[-1:] if two else seen] = learner.intercept_
    return Classes(weights=tuple(map(tuple, weights.tolist())), offsets=tuple(offsets.tolist()))


_NEVER = -50.0
