"""Weights refined by judged pairs: those that are most likely, given what was learned without labels and the judgements.

The odds of a judged pair are those of the weights and of what is peculiar to its pattern. Given the pair's levels it is
one person with these odds, and an answer is wrong now and then. So nothing depends on how the pairs were chosen, as
long as they were chosen by what the records say: that near the threshold half of the answers are yes is no news about
the rest.

With few judgements the weights stay near what was learned without any; with many they move to where these say.

References:
    D. B. Rubin (1976): Inference and missing data. Biometrika 63 (when the way of choosing can be ignored).
    H. Shimodaira (2000): Improving predictive inference under covariate shift. J. Statistical Planning and Inference
    90.
    D. J. C. MacKay (1992): The evidence framework applied to classification networks. Neural Computation 4.
"""

from typing import Final

import numpy as np

from unified_customer.identity.matching.arrays import Flags, Floats, Levels
from unified_customer.identity.matching.patterns import Patterns, patterns_of
from unified_customer.identity.matching.weight_space import PATTERN, WeightSpace

WRONG: Final = 0.02
"""So often a judgement is taken to be wrong."""

NATURAL: Final = float(np.log(2))
"""Natural units in a bit."""

_ROUNDS: Final = 3000


def refine(space: WeightSpace, levels: Levels, same: Flags) -> Floats:
    """Return the most likely weights, as a vector of `space`.

    Args:
        space: The weights that were learned without labels, and how far they may be off.
        levels: Of the judged pairs, of shape (pairs, fields).
        same: Whether each is one person.

    Returns:
        The weights. The order of the pairs does not change them, and what is more alike never weighs less.
    """
    from scipy.optimize import minimize

    patterns = patterns_of(levels)
    problem = _Problem(space, patterns, same)
    found = minimize(
        problem.loss,
        problem.start(),
        jac=True,
        method="L-BFGS-B",
        bounds=problem.bounds(),
        options={"maxiter": _ROUNDS, "maxfun": 2 * _ROUNDS, "ftol": 1e-12, "gtol": 1e-6},
    )
    return space.added(found.x[: len(space.learned)])


class _Problem:
    """What is minimised: minus the logarithm of the likelihood of weights and peculiarities, given the judgements."""

    def __init__(self, space: WeightSpace, patterns: Patterns, same: Flags) -> None:
        self._space = space
        self._design, self._rivals = space.design(patterns.levels), space.rivals(patterns.levels)
        self._yes = np.bincount(patterns.places, same, minlength=len(patterns.counts))
        self._no = patterns.counts - self._yes
        self._precision = np.linalg.inv(space.covariance)

    def start(self) -> Floats:
        return np.concatenate([self._space.increments(self._space.learned), np.zeros(len(self._yes))])

    def bounds(self) -> list[tuple[float | None, float | None]]:
        found: list[tuple[float | None, float | None]] = [(None, None)] * (len(self._space.learned) + len(self._yes))
        for step in self._space.steps:
            found[step] = (0.0, None)
        return found

    def loss(self, point: Floats) -> tuple[float, Floats]:
        increments, peculiar = np.split(point, [len(self._space.learned)])
        weights = self._space.added(increments)
        off = weights - self._space.learned
        bits = self._design @ weights - self._rivals + PATTERN * peculiar
        likely, slope = said_yes(bits)
        pull = self._precision @ off
        missed = -(self._yes * np.log(likely) + self._no * np.log(1 - likely)).sum()
        steep = -(self._yes / likely - self._no / (1 - likely)) * slope
        gradient = self._space.gathered(pull + self._design.T @ steep)
        total = float(0.5 * off @ pull + 0.5 * peculiar @ peculiar + missed)
        return total, np.concatenate([gradient, peculiar + PATTERN * steep])


def said_yes(bits: Floats) -> tuple[Floats, Floats]:
    """Return how likely a judgement says one person, and how much that changes with a bit.

    Examples:
        >>> said_yes(np.array([0.0, 99.0]))[0].tolist()
        [0.5, 0.98]
    """
    likely = 1 / (1 + np.exp(-np.clip(bits, -200, 200) * NATURAL))
    sure = 1 - 2 * WRONG
    return WRONG + sure * likely, sure * likely * (1 - likely) * NATURAL
