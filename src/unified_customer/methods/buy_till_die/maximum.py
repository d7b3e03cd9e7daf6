"""The maximum of a likelihood in positive parameters, found in their logarithms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy import optimize

from unified_customer.methods.buy_till_die.histories import Floats

LogLikelihood = Callable[[Floats], tuple[float, Floats]]
"""From parameters to the log-likelihood and its gradient."""

LEAST: Final = 1e-6
MOST: Final = 1e6
"""Parameters are looked for between these; times are scaled so that customers are of age 1 on average."""

_STEP: Final = 1e-4
_TURNS: Final = 6


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where a likelihood is highest.

    Attributes:
        parameters: The place.
        value: The log-likelihood there.
        errors: Standard errors; not a number where the likelihood does not tell.
        relative: Standard errors of the logarithms of the parameters.
        edge: Which parameters ran to the end of where they were looked for.
        converged: Whether the slope is nil there.
    """

    parameters: Floats
    value: float
    errors: Floats
    relative: Floats
    edge: tuple[bool, ...]
    converged: bool


def maximise(
    log_likelihood: LogLikelihood, *, starts: Sequence[Sequence[float]], weight: float, near: bool = False
) -> Maximum:
    """Climb from each start, keep the highest place, and finish with Newton steps.

    The curvature comes from differences of the analytic gradient; the inverse gives the standard errors.

    Args:
        log_likelihood: What to climb.
        starts: Where to begin, each with all parameters.
        weight: How many customers it is of, so that slopes are those of one customer.
        near: Whether the first start is near the top, so that Newton steps alone are tried first.
    """
    per = 1.0 / max(weight, 1.0)

    def of_logs(logs: Floats) -> tuple[float, Floats]:
        place = np.exp(logs)
        value, slope = log_likelihood(place)
        return value * per, slope * place * per

    begins = [np.log(np.clip(start, LEAST, MOST)) for start in starts]
    logs, curvature = _newton(of_logs, begins[0]) if near else (begins[0], None)
    if curvature is None or not _level(of_logs(logs)[1], logs):
        found = min((_climb(of_logs, start) for start in begins), key=lambda each: each[0])
        logs, curvature = _newton(of_logs, found[1])
    return _described(of_logs, logs, curvature, per)


def total(one: Floats, other: Floats) -> float:
    """Return the sum of products, in one thread: for vectors the others only wait."""
    return float(np.einsum("i,i->", one, other))


def _climb(of_logs: LogLikelihood, start: Floats) -> tuple[float, Floats]:
    low, high = float(np.log(LEAST)), float(np.log(MOST))

    def down(logs: Floats) -> tuple[float, Floats]:
        # Beyond the ends it is level, so that a climb that leaves them comes to rest.
        value, slope = of_logs(np.clip(logs, low, high))
        return -value, np.where((logs > high) | (logs < low), 0.0, -slope)

    minimize: Any = optimize.minimize
    result = minimize(down, start, jac=True, method="BFGS", options={"maxiter": 300, "gtol": 1e-7})
    return float(result.fun), np.clip(np.asarray(result.x, dtype=np.float64), low, high)


def _inside(logs: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    room = 1e-3
    inside: np.ndarray[tuple[int], np.dtype[np.bool_]] = (logs > np.log(LEAST) + room) & (logs < np.log(MOST) - room)
    return inside


def _curvature(of_logs: LogLikelihood, logs: Floats) -> Floats:
    """Return minus the matrix of second derivatives in the logarithms."""
    axes = np.eye(len(logs)) * _STEP
    matrix = np.asarray([(of_logs(logs - axis)[1] - of_logs(logs + axis)[1]) / (2 * _STEP) for axis in axes])
    symmetric: Floats = (matrix + matrix.T) / 2
    return symmetric


def _newton(of_logs: LogLikelihood, logs: Floats) -> tuple[Floats, Floats]:
    """Climb on to where the slope is nil to the last digits, on one curvature as long as that helps."""
    curvature = _curvature(of_logs, logs)
    value, slope = of_logs(logs)
    free = _inside(logs)
    if not free.any() or np.linalg.eigvalsh(curvature[np.ix_(free, free)]).min() <= 0:
        return logs, curvature
    for _ in range(_TURNS):
        step = np.zeros_like(logs)
        step[free] = np.linalg.solve(curvature[np.ix_(free, free)], slope[free])
        if np.abs(step).max() > 0.3:
            break
        tried, tried_slope = of_logs(logs + step)
        if not tried >= value - 1e-12 * abs(value):
            break
        logs, value, slope = logs + step, tried, tried_slope
        if np.abs(step).max() < 1e-10:
            break
    return logs, curvature


def _described(of_logs: LogLikelihood, logs: Floats, curvature: Floats, per: float) -> Maximum:
    value, slope = of_logs(logs)
    free, place = _inside(logs), np.exp(logs)
    relative = np.full(len(logs), np.nan)
    relative[free] = _deviations(curvature[np.ix_(free, free)] / per)
    still = _level(slope, logs) and bool(np.isfinite(value))
    return Maximum(place, value / per, place * relative, relative, tuple((~free).tolist()), still)


def _level(slope: Floats, logs: Floats) -> bool:
    return bool(np.all(np.abs(slope[_inside(logs)]) < 1e-5))


def _deviations(information: Floats) -> Floats:
    if information.size == 0 or np.linalg.eigvalsh(information).min() <= 1e-9:
        return np.full(len(information), np.nan)
    variances: Floats = np.diag(np.linalg.inv(information))
    return np.sqrt(variances)
