"""Probabilities of segments from answers, as plain numbers."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from unified_customer.core.models.base import Model
from unified_customer.methods.learning import Classes, Floats, Ints, fit_classes
from unified_customer.segmentation.needs.asked import Asked, table_of_answers
from unified_customer.segmentation.numbers import Scales, learned_scales


class Predictor(Model):
    """A multinomial logistic regression on some columns; an answer that is missing counts as the mean of all."""

    asked: tuple[Asked, ...]
    """What each column is."""
    scales: Scales
    """How columns become comparable."""
    classes: Classes
    """The weights, one class a segment."""

    def told(self, answers: pl.DataFrame) -> tuple[pl.DataFrame, Floats]:
        """Return those who answered any of it, and the probability of each segment, one row each."""
        customers, values = table_of_answers(answers, self.asked)
        known = np.flatnonzero(~np.isnan(values).all(axis=1)) if self.asked else np.arange(0)
        return customers[known], self.probabilities(values[known])

    def probabilities(self, values: Floats) -> Floats:
        """Return the probability of each segment, one row each; nan is not known."""
        return self.classes.probabilities(np.nan_to_num(self.scales.scaled(values), nan=0.0))


def fit_predictor(values: Floats, segments: Ints, asked: Sequence[Asked], *, of: int, penalty: float) -> Predictor:
    """Fit it to people whose segment is known, rows in any order."""
    scales = learned_scales(values, logarithmic=False)
    points = np.nan_to_num(scales.scaled(values), nan=0.0)
    return Predictor(asked=tuple(asked), scales=scales, classes=fit_classes(points, segments, of=of, penalty=penalty))
