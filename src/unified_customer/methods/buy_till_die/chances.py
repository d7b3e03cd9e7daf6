"""Means over a beta distribution of the chance to leave, stable for any parameters."""

from typing import Final

import numpy as np
from scipy import special

from unified_customer.methods.buy_till_die.histories import Floats

_POINTS: Final = 240
_NEAR: Final = 1e-3


def mean_purchases(shape: Floats, leave: Floats, stay: Floats, time: Floats) -> Floats:
    """Return the mean of (1 - (1 + p t)^-m) / p over a chance p of Beta(a, b).

    It is how often somebody buys in the time t who buys at gamma rates of shape m and scale 1 and leaves after each
    purchase with the chance p. The closed form has the hypergeometric function 2F1, here after Euler's transformation,
    which keeps its size near 1 for many purchases. Where it is of no use (a near 1, a + b near 1, or a value that
    leaves the bounds that a convex function of p has), the mean is summed up over the log-odds of p.

    Args:
        shape: m, above 0.
        leave: a, above 0.
        stay: b, above 0.
        time: t, from 0.

    References:
        P. Fader, B. Hardie, K. Lee (2005): "Counting your customers" the easy way. Marketing Science 24(2), eq. 10.
        M. Abramowitz, I. Stegun (1964): Handbook of Mathematical Functions, 15.3.3.
    """
    m, a, b, t = np.broadcast_arrays(shape, leave, stay, time)
    low, high = _bounds(m, a, b, t)
    with np.errstate(all="ignore"):
        closed = _closed(m, a, b, t)
        slack = 1e-9 * high
        sound = (
            (np.abs(a - 1) > _NEAR) & (np.abs(a + b - 1) > _NEAR) & (closed >= low - slack) & (closed <= high + slack)
        )
    out: Floats = np.where(sound, closed, 0.0)
    rest = ~sound
    if rest.any():
        out[rest] = _summed(m[rest], a[rest], b[rest], t[rest])
    clipped: Floats = np.clip(out, low, high)
    return clipped


def _bought(p: Floats, m: Floats, t: Floats) -> Floats:
    """Return (1 - (1 + p t)^-m) / p, which is m t at p = 0."""
    grown = np.log1p(p * t)
    with np.errstate(all="ignore"):
        value = -np.expm1(-m * grown) / p
    bought: Floats = np.where(p * t > 1e-300, value, m * t)
    return bought


def _bounds(m: Floats, a: Floats, b: Floats, t: Floats) -> tuple[Floats, Floats]:
    mean = a / (a + b)
    high = m * t + mean * (_bought(np.ones_like(m), m, t) - m * t)
    return np.minimum(_bought(mean, m, t), high), high


def _closed(m: Floats, a: Floats, b: Floats, t: Floats) -> Floats:
    z, c = t / (1 + t), a + b - 1
    log_rest = (a - 1) * np.log1p(-z)
    value: Floats = c / (a - 1) * (1 - np.exp(log_rest) * special.hyp2f1(c - m, a - 1, c, z))
    return value


def _summed(m: Floats, a: Floats, b: Floats, t: Floats) -> Floats:
    """Sum over the log-odds, what is linear in p taken out first, so that both tails fall at least as e^-|u|."""
    m, a, b, t = (each[:, None] for each in (m, a, b, t))
    middle = np.log((a + 1) / (b + 1))
    spread = 9 * np.sqrt((a + b + 2) / ((a + 1) * (b + 1)))
    start, end = middle - spread - 40 / (a + 1), middle + spread + 40 / (b + 1)
    u = start + (end - start) * np.linspace(0, 1, _POINTS)
    log_p, log_q = -np.logaddexp(0, -u), -np.logaddexp(0, u)
    p = np.exp(log_p)
    none, one = m * t, _bought(np.ones_like(m), m, t)
    left = _bought(p, m, t) - none - p * (one - none)
    density = np.exp(a * log_p + b * log_q - special.betaln(a, b))
    mean = a / (a + b)
    summed: Floats = (none + mean * (one - none))[:, 0] + ((end - start) / (_POINTS - 1))[:, 0] * (density * left).sum(
        1
    )
    return summed
