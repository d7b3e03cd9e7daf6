"""Pareto/NBD: everybody may leave at any time, seen or not."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special

from unified_customer.methods.buy_till_die.beta_geometric import bought_until
from unified_customer.methods.buy_till_die.histories import Floats, Histories
from unified_customer.methods.buy_till_die.maximum import total

_NODES: Final = 48
_PIECE: Final = 20_000
_NIL: Final = 45.0
"""What is smaller than the largest by this power of e adds nothing."""


@dataclass(frozen=True)
class Pareto:
    """Purchases at gamma rates (r, alpha); lifetimes end at gamma rates (s, beta).

    The likelihood of having left is an integral over the moment of leaving. It is summed by Gauss-Legendre nodes over
    the logarithm of time plus the smaller scale, where what is summed is smooth for all parameters, so that its
    derivatives are sums over the same nodes; all in logarithms.

    References:
        D. Schmittlein, D. Morrison, R. Colombo (1987): Counting your customers: who are they and what will they do
        next?
        Management Science 33(1), 1-24.
        P. Fader, B. Hardie (2005): A note on deriving the Pareto/NBD model and related expressions.
    """

    name: str = "pareto_nbd"
    names: tuple[str, ...] = ("r", "alpha", "s", "beta")
    times: tuple[int, ...] = (1, 3)
    """Which parameters are times."""

    def starts(self, rate: float) -> list[tuple[float, ...]]:
        """Return where to start climbing, from the mean number of repeat purchases a time."""
        rate = max(rate, 1e-3)
        return [(0.5, 0.5 / (1.5 * rate), 0.5, 0.5), (1.0, 1.0 / rate, 0.1, 1.0), (1.0, 1.0 / (2 * rate), 1.0, 1.0)]

    def log_likelihood(self, parameters: Floats, histories: Histories) -> tuple[float, Floats]:
        """Return the log-likelihood of all customers, and its gradient."""
        parts = [self._likelihood_of(parameters, histories.at(rows)) for rows in _pieces(len(histories))]
        return sum(value for value, _ in parts), np.sum([slopes for _, slopes in parts], axis=0)

    def _likelihood_of(self, parameters: Floats, histories: Histories) -> tuple[float, Floats]:
        r, alpha, s, beta = parameters
        x, age, weight = histories.frequency, histories.age, histories.weight
        shape, log_alpha, log_beta = r + x, np.log(alpha), np.log(beta)
        log_a, log_b = np.log(alpha + age), np.log(beta + age)
        stayed = -shape * log_a - s * log_b
        left, slopes = self._left(parameters, histories)
        either = np.logaddexp(stayed, left)
        common = special.gammaln(shape) - special.gammaln(r) + r * log_alpha + s * log_beta
        here, gone = np.exp(stayed - either), np.exp(left - either)
        gradient = (
            special.digamma(shape) - special.digamma(r) + log_alpha - here * log_a + gone * slopes[0],
            r / alpha - here * shape / (alpha + age) + gone * slopes[1],
            log_beta - here * log_b + gone * slopes[2],
            s / beta - here * s / (beta + age) + gone * slopes[3],
        )
        return total(weight, common + either), np.asarray([total(weight, each) for each in gradient])

    def _left(self, parameters: Floats, histories: Histories) -> tuple[Floats, list[Floats]]:
        """Return the logarithm of s times the integral of (alpha+u)^-(r+x) (beta+u)^-(s+1), and its derivatives."""
        r, alpha, s, beta = parameters
        shape, one = (r + histories.frequency)[:, None], np.minimum(alpha, beta)
        logs, width = _nodes(parameters, histories)
        u = np.exp(logs) - one
        log_a, log_b = np.log(alpha + u), np.log(beta + u)
        height = -shape * log_a - (s + 1) * log_b + logs
        top = height.max(axis=1, keepdims=True)
        share = np.exp(height - top) * _WEIGHTS
        summed = share.sum(axis=1)
        with np.errstate(divide="ignore"):
            value = np.log(s * width * summed) + top[:, 0]
        share /= summed[:, None]
        slopes = [
            -(share * log_a).sum(1),
            -shape[:, 0] * (share / (alpha + u)).sum(1),
            1 / s - (share * log_b).sum(1),
            -(s + 1) * (share / (beta + u)).sum(1),
        ]
        return value, slopes

    def p_alive(self, parameters: Floats, histories: Histories) -> Floats:
        """Return the chance that each customer has not left."""
        r, alpha, s, beta = parameters
        stayed = -(r + histories.frequency) * np.log(alpha + histories.age) - s * np.log(beta + histories.age)
        left = [self._left(parameters, histories.at(rows))[0] for rows in _pieces(len(histories))]
        alive: Floats = special.expit(stayed - np.concatenate(left))
        return alive

    def expected(self, parameters: Floats, histories: Histories, time: Floats) -> Floats:
        """Return the expected purchases in the next `time`, one column for each time."""
        r, alpha, s, beta = parameters
        pace = self.p_alive(parameters, histories) * (r + histories.frequency) / (alpha + histories.age)
        scale = beta + histories.age
        longer = np.log1p(time / scale[:, None])
        # (1 - (1 + t / scale)^-(s-1)) / (s - 1), which is a logarithm at s = 1.
        expected: Floats = (pace * scale)[:, None] * longer * special.exprel(-(s - 1) * longer)
        return expected

    def chance_above(self, parameters: Floats, histories: Histories, time: float, count: int) -> Floats:
        """Return the chance of more than `count` purchases in the next `time`, summed over when one leaves."""
        r, alpha, s, beta = parameters
        shape, scale = (r + histories.frequency)[:, None], (beta + histories.age)[:, None]
        longer = np.log1p(time / scale)
        until = scale * np.expm1(longer * _PLACES)
        leaving = s * np.exp(-s * longer * _PLACES) * longer * _WEIGHTS
        own = (alpha + histories.age)[:, None]
        often = (leaving * special.betainc(count + 1, shape, until / (own + until))).sum(1)
        often += np.exp(-s * longer[:, 0]) * special.betainc(count + 1, shape, time / (own + time))[:, 0]
        chance: Floats = self.p_alive(parameters, histories) * often
        return chance

    def without_dropout(self, parameters: Floats) -> Floats:
        """Return the parameters of the same buyers if nobody ever left."""
        r, alpha, _, beta = parameters
        return np.asarray((r, alpha, 1e-12, beta))

    def draw(self, parameters: Floats, ages: Floats, generator: np.random.Generator) -> Histories:
        """Return invented histories of customers of these ages."""
        r, alpha, s, beta = parameters
        rates = generator.gamma(r, 1 / alpha, len(ages))
        ends = generator.exponential(1, len(ages)) / np.maximum(generator.gamma(s, 1 / beta, len(ages)), 1e-300)
        drawn = bought_until(np.full(len(ages), np.inf), rates, np.minimum(ages, ends), generator)
        return Histories.of(frequency=drawn.frequency, recency=drawn.recency, age=ages)


PARETO_NBD = Pareto()

_PLACES, _LEGENDRE = np.polynomial.legendre.leggauss(_NODES)
_PLACES, _WEIGHTS = (_PLACES + 1) / 2, _LEGENDRE / 2


def _pieces(size: int) -> list[slice]:
    """Return slices over which all nodes fit into memory."""
    return [slice(start, start + _PIECE) for start in range(0, max(size, 1), _PIECE)]


def _nodes(parameters: Floats, histories: Histories) -> tuple[Floats, Floats]:
    """Return the nodes from the last purchase to the age, no farther than there is something to add, and the width."""
    r, alpha, s, beta = parameters
    one = np.minimum(alpha, beta)
    start = np.log(one + histories.recency)
    # In the logarithm the height falls ever faster, so that its first slope tells how far it can reach.
    own, other = (s, r + histories.frequency) if beta <= alpha else (r + histories.frequency - 1, s + 1)
    slope = own + other * (one + histories.recency) / (np.maximum(alpha, beta) + histories.recency)
    width = np.log1p((histories.age - histories.recency) / (one + histories.recency))
    reach = np.where(slope > 0, _NIL / np.where(slope > 0, slope, 1.0), np.inf)
    width = np.minimum(width, reach)
    return start[:, None] + width[:, None] * _PLACES, width
