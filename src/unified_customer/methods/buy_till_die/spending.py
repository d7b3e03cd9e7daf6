"""Gamma-Gamma: how much a customer spends in one purchase, pulled towards what all spend."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.buy_till_die.findings import Finding
from unified_customer.methods.buy_till_die.histories import Floats
from unified_customer.methods.buy_till_die.maximum import Maximum, maximise, total

_NAMES: Final = ("p", "q", "v")
_RELATED: Final = 0.2
_FEW: Final = 50
_VAGUE: Final = 2.0


@dataclass(frozen=True, eq=False)
class FittedSpending:
    """The Gamma-Gamma model with the parameters that make the mean spends most likely.

    Attributes:
        parameters: p, q and v; v in the unit of the money.
        standard_errors: By name; null where the likelihood does not tell.
        log_likelihood: Natural logarithm, the density in the unit of the money.
        customers: How many were fitted: those with repeat purchases and a spend above 0.
        converged: Whether a maximum was found.
        diagnosis: What to know before the numbers are used; empty where all is well.
    """

    parameters: Mapping[str, float]
    standard_errors: Mapping[str, float | None]
    log_likelihood: float
    customers: int
    converged: bool
    diagnosis: tuple[Finding, ...]

    @property
    def mean(self) -> float:
        """The mean spend of all customers, p v / (q - 1); not a number where that has no end (q at most 1)."""
        p, q, v = self.parameters.values()
        return p * v / (q - 1) if q > 1 else float("nan")

    def expected_spend(self, *, frequency: ArrayLike, spend: ArrayLike) -> Floats:
        """Return what each customer is expected to spend in one purchase.

        Args:
            frequency: Purchases that `spend` is the mean of; with 0 the mean of all customers is expected.
            spend: Mean spend; what is not a number or not above 0 counts as never seen.

        Returns:
            Not a number where that mean has no end.
        """
        p, q, v = self.parameters.values()
        x, z = np.broadcast_arrays(np.asarray(frequency, dtype=np.float64), np.asarray(spend, dtype=np.float64))
        seen = (x > 0) & (z > 0)
        x, z = np.where(seen, x, 0.0), np.where(seen, z, 0.0)
        left = p * x + q - 1
        with np.errstate(divide="ignore", invalid="ignore"):
            expected: Floats = np.where(left > 0, p * (v + x * z) / left, np.nan)
        return expected


def fit_spending(*, frequency: ArrayLike, spend: ArrayLike, weight: ArrayLike | None = None) -> FittedSpending:
    """Return the Gamma-Gamma model fitted by maximum likelihood; it never raises for what the numbers are.

    Customers without a repeat purchase, or whose mean spend is not above 0, are left out.

    Args:
        frequency: Purchases that `spend` is the mean of.
        spend: Mean spend of these.
        weight: Customers a row; 1 each by default.

    Raises:
        ConfigurationError: The arrays have not one length.

    References:
        P. Fader, B. Hardie (2013): The Gamma-Gamma model of monetary value.
        P. Fader, B. Hardie, K. Lee (2005): RFM and CLV: using iso-value curves for customer base analysis. Journal of
        Marketing Research 42(4), 415-430.

    Examples:
        >>> generator = np.random.default_rng(5)
        >>> own = 15.0 / generator.gamma(4.0, size=4000)
        >>> spend = generator.gamma(6.0 * 3, size=4000) * own / 3
        >>> fitted = fit_spending(frequency=np.full(4000, 3), spend=spend)
        >>> round(fitted.mean), fitted.diagnosis
        (29, ())
        >>> fitted.expected_spend(frequency=[0, 3], spend=[0, 60]).round().tolist()
        [29.0, 57.0]
    """
    x, z = np.asarray(frequency, dtype=np.float64), np.asarray(spend, dtype=np.float64)
    w = np.ones_like(x) if weight is None else np.asarray(weight, dtype=np.float64)
    if not x.shape == z.shape == w.shape or x.ndim != 1:
        raise ConfigurationError("Frequency, spend and weight are arrays of one length.")
    usable = (x > 0) & (z > 0) & np.isfinite(z)
    left_out = int(w[(x > 0) & ~usable].sum())
    order = np.lexsort((z[usable], x[usable]))
    x, z, w = (each[usable][order] for each in (x, z, w))
    if not w.sum() > 0:
        return _empty(left_out)
    unit = total(w, z) / float(w.sum())
    scaled = z / unit
    starts = [(2.0, 3.0, 1.0), (6.0, 4.0, 0.5), (1.0, 1.5, 0.5)]
    found = maximise(lambda each: log_likelihood(each, x, scaled, w), starts=starts, weight=float(w.sum()))
    units = np.asarray((1.0, 1.0, unit))
    errors = found.errors * units
    return FittedSpending(
        parameters=dict(zip(_NAMES, (found.parameters * units).tolist(), strict=True)),
        standard_errors={n: float(e) if np.isfinite(e) else None for n, e in zip(_NAMES, errors, strict=True)},
        log_likelihood=found.value - float(w.sum()) * float(np.log(unit)),
        customers=round(float(w.sum())),
        converged=found.converged,
        diagnosis=_diagnosis(found, x, z, w, left_out),
    )


def log_likelihood(parameters: Floats, x: Floats, z: Floats, weight: Floats) -> tuple[float, Floats]:
    """Return the log-likelihood of mean spends z of x purchases each, and its gradient in p, q and v."""
    p, q, v = parameters
    all_p, spent = p * x, v + x * z
    log_spent, log_own = np.log(spent), np.log(x * z)
    value = (
        special.gammaln(all_p + q) - special.gammaln(all_p) - special.gammaln(q)
        + q * np.log(v) + all_p * log_own - np.log(z) - (all_p + q) * log_spent
    )  # fmt: skip
    slope = special.digamma(all_p + q)
    gradient = (
        x * (slope - special.digamma(all_p) + log_own - log_spent),
        slope - special.digamma(q) + np.log(v) - log_spent,
        q / v - (all_p + q) / spent,
    )
    return total(weight, value), np.asarray([total(weight, each) for each in gradient])


def _empty(left_out: int) -> FittedSpending:
    message = "Nobody has bought again for more than 0, so no spend of repeat purchases is known: none is expected."
    found = (Finding("no_repeaters", message), *_unusable(left_out))
    return FittedSpending(dict.fromkeys(_NAMES, float("nan")), dict.fromkeys(_NAMES), 0.0, 0, False, found)


def _unusable(count: int) -> tuple[Finding, ...]:
    if not count:
        return ()
    message = f"{count} {'customer' if count == 1 else 'customers'} whose repeat purchases come to 0 or less on average were left out."
    return (Finding("unusable_spend", message),)


def _diagnosis(found: Maximum, x: Floats, z: Floats, w: Floats, left_out: int) -> tuple[Finding, ...]:
    said = list(_unusable(left_out))
    if w.sum() < _FEW:
        said.append(Finding("few_repeaters", f"Only {round(w.sum())} customers tell what repeat purchases cost."))
    if found.parameters[1] <= 1:
        said.append(
            Finding(
                "endless_mean_spend",
                "Spends differ so widely that their mean has no end (q is at most 1): none is expected of somebody who "
                "bought once. A few very large buyers are the usual reason; fit them apart.",
            )
        )
    if found.parameters[1] > 1e3:
        said.append(Finding("one_spend_for_all", "All customers spend alike, as far as can be seen: q is without end."))
    related = _correlation(np.log(x), np.log(z), w)
    if abs(related) > max(_RELATED, 3 / np.sqrt(w.sum())):
        said.append(
            Finding(
                "spend_follows_frequency",
                f"Who buys more often spends {'more' if related > 0 else 'less'} each time (correlation of the logarithms "
                f"{related:.2f}); the model takes them for independent, so the value of frequent buyers is "
                f"{'under' if related > 0 else 'over'}stated.",
            )
        )
    vague = [n for n, e, r in zip(_NAMES, found.edge, found.relative, strict=True) if e or not r <= _VAGUE]
    if vague:
        said.append(Finding("flat_likelihood", f"The likelihood hardly changes with {', '.join(vague)}."))
    if not found.converged:
        said.append(Finding("not_converged", "The climb ended before the top was reached."))
    return tuple(said)


def _correlation(one: Floats, other: Floats, weight: Floats) -> float:
    a, b = (each - np.average(each, weights=weight) for each in (one, other))
    spread = float(np.sqrt((weight * a * a).sum() * (weight * b * b).sum()))
    return float((weight * a * b).sum()) / spread if spread > 1e-12 else 0.0
