"""Shifted beta-geometric (sBG): how long customers under contract renew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.buy_till_die.findings import Finding
from unified_customer.methods.buy_till_die.histories import Floats
from unified_customer.methods.buy_till_die.maximum import Maximum, maximise

_NAMES: Final = ("alpha", "beta")
_FEW: Final = 50
_ALIKE: Final = 100.0
"""With a sum of both above it the chances to end differ by less than .05."""
_VAGUE: Final = 2.0


@dataclass(frozen=True, eq=False)
class Tenures:
    """How long contracts ran, counted.

    Attributes:
        ended: How many ended at their n-th chance to renew, from the first.
        running: How many still run after n renewals, from none.
    """

    ended: Floats
    running: Floats

    @classmethod
    def of(cls, *, periods: ArrayLike, ended: ArrayLike) -> Self:
        """Count contracts one by one.

        Args:
            periods: Where `ended`, the chance to renew at which it ended, from 1; elsewhere the renewals so far, from
                0.
            ended: Whether it has ended.

        Raises:
            ConfigurationError: Periods are no such whole numbers.
        """
        count, over = np.asarray(periods, dtype=np.float64), np.asarray(ended, dtype=bool)
        whole = np.isfinite(count) & (count >= np.where(over, 1, 0)) & (count == np.floor(count))
        if count.shape != over.shape or not whole.all():
            raise ConfigurationError(
                "Periods are whole numbers, from 1 for a contract that has ended and from 0 for one that runs; "
                f"it is not so in {int((~whole).sum())} rows."
            )
        size = int(count.max(initial=0)) + 1
        places = count.astype(np.int64)
        gone, here = (np.bincount(places[each], minlength=size).astype(np.float64) for each in (over, ~over))
        return cls(gone[1:], here)

    @classmethod
    def of_counts(cls, alive: Sequence[float]) -> Self:
        """Count one cohort by how many were left at the start and after each chance to renew.

        Raises:
            ConfigurationError: The numbers rise, are negative, or there is none.

        Examples:
            >>> Tenures.of_counts([1000, 869, 743]).ended.tolist()
            [131.0, 126.0]
        """
        left = np.asarray(alive, dtype=np.float64)
        if left.ndim != 1 or not len(left) or not np.isfinite(left).all() or (np.diff(left) > 0).any() or left[-1] < 0:
            raise ConfigurationError("Those who are left are finite numbers from 0 that never rise, and at least one.")
        running = np.zeros(len(left))
        running[-1] = left[-1]
        return cls(-np.diff(left), running)

    @property
    def customers(self) -> float:
        """How many contracts there are."""
        return float(self.ended.sum() + self.running.sum())


@dataclass(frozen=True, eq=False)
class FittedRetention:
    """The sBG model with the parameters that make the tenures most likely.

    Attributes:
        parameters: alpha and beta of the chance to end at each renewal.
        standard_errors: By name; null where the likelihood does not tell.
        log_likelihood: Natural logarithm.
        customers: How many contracts were fitted.
        converged: Whether a maximum was found.
        diagnosis: What to know before the numbers are used; empty where all is well.
    """

    parameters: Mapping[str, float]
    standard_errors: Mapping[str, float | None]
    log_likelihood: float
    customers: int
    converged: bool
    diagnosis: tuple[Finding, ...]

    def survival(self, periods: ArrayLike, *, renewals: ArrayLike = 0) -> Floats:
        """Return the share of contracts that renew `periods` more times, of those that have renewed `renewals` times."""
        a, b = self.parameters.values()
        done, more = np.asarray(renewals, dtype=np.float64), np.asarray(periods, dtype=np.float64)
        share: Floats = np.exp(special.betaln(a, b + done + more) - special.betaln(a, b + done))
        return share

    def retention(self, period: ArrayLike) -> Floats:
        """Return the share that renews at the n-th chance (from 1) of those who have it; it rises with n."""
        a, b = self.parameters.values()
        done = np.asarray(period, dtype=np.float64) - 1
        rate: Floats = (b + done) / (a + b + done)
        return rate

    def residual(self, renewals: ArrayLike, *, discount: float, periods: int | None = None) -> Floats:
        """Return the discounted expected renewals to come (DERL), the next one not discounted.

        Args:
            renewals: Made so far, from 0.
            discount: Rate of one period, from 0; above 0 without `periods`.
            periods: How many chances to renew are counted; without end by default.

        Raises:
            ConfigurationError: The sum would have no end.

        References:
            P. Fader, B. Hardie (2010): Customer-base valuation in a contractual setting: the perils of ignoring
            heterogeneity. Marketing Science 29(1), 85-93, eq. 6.
        """
        done = np.atleast_1d(np.asarray(renewals, dtype=np.float64))
        if periods is not None:
            steps = np.arange(1, periods + 1)
            shares = self.survival(steps[None, :], renewals=done[:, None])
            summed: Floats = (shares * (1 + discount) ** -(steps - 1.0)).sum(axis=1)
            return summed
        if not discount > 0:
            raise ConfigurationError("Renewals without end need a discount above 0; or name a number of periods.")
        a, b = self.parameters.values()
        derl: Floats = self.retention(done + 1) * special.hyp2f1(1, b + done + 1, a + b + done + 1, 1 / (1 + discount))
        return derl


def fit_retention(tenures: Tenures) -> FittedRetention:
    """Return the sBG model fitted by maximum likelihood; it never raises for what the tenures are.

    References:
        P. Fader, B. Hardie (2007): How to project customer retention. Journal of Interactive Marketing 21(1), 76-90.

    Examples:
        >>> fitted = fit_retention(Tenures.of_counts([1000, 869, 743, 653, 593, 551, 517, 491]))
        >>> {name: round(value, 3) for name, value in fitted.parameters.items()}
        {'alpha': 0.668, 'beta': 3.806}
        >>> fitted.survival([7, 12]).round(2).tolist()
        [0.49, 0.38]
    """
    if not tenures.ended.sum() + tenures.running[1:].sum():
        message = "No contract has come to its first chance to renew: there is nothing to fit, and nothing is expected."
        nothing, count = dict.fromkeys(_NAMES, float("nan")), round(tenures.customers)
        return FittedRetention(nothing, dict.fromkeys(_NAMES), 0.0, count, False, (Finding("no_customers", message),))
    starts = [(0.5, 2.0), (1.0, 1.0), (2.0, 20.0)]
    found = maximise(lambda each: log_likelihood(each, tenures), starts=starts, weight=tenures.customers)
    return FittedRetention(
        parameters=dict(zip(_NAMES, found.parameters.tolist(), strict=True)),
        standard_errors={n: float(e) if np.isfinite(e) else None for n, e in zip(_NAMES, found.errors, strict=True)},
        log_likelihood=found.value,
        customers=round(tenures.customers),
        converged=found.converged,
        diagnosis=_diagnosis(tenures, found),
    )


def log_likelihood(parameters: Floats, tenures: Tenures) -> tuple[float, Floats]:
    """Return the log-likelihood of tenures, and its gradient in alpha and beta."""
    a, b = parameters
    gone, here = tenures.ended, tenures.running
    before, done = np.arange(len(gone)), np.arange(len(here))
    digamma, n = special.digamma, tenures.customers
    value = gone @ special.betaln(a + 1, b + before) + here @ special.betaln(a, b + done) - n * special.betaln(a, b)
    common = n * digamma(a + b) - gone @ digamma(a + b + before + 1) - here @ digamma(a + b + done)
    slopes = (
        gone.sum() * digamma(a + 1) + here.sum() * digamma(a) - n * digamma(a) + common,
        gone @ digamma(b + before) + here @ digamma(b + done) - n * digamma(b) + common,
    )
    return float(value), np.asarray(slopes)


def _diagnosis(tenures: Tenures, found: Maximum) -> tuple[Finding, ...]:
    said = []
    if tenures.customers < _FEW:
        said.append(Finding("few_contracts", f"Only {round(tenures.customers)} contracts: the parameters are a guess."))
    if not tenures.ended.sum():
        said.append(
            Finding("no_churn", "No contract has ended, so nobody is expected to leave: wait for the first ends.")
        )
    if not tenures.running.sum():
        said.append(Finding("all_churned", "Every contract has ended: nobody is left whose future could be told."))
    if found.parameters.sum() > _ALIKE:
        said.append(Finding("one_churn_for_all", "All contracts end at one rate, as far as can be seen."))
    vague = [n for n, e, r in zip(_NAMES, found.edge, found.relative, strict=True) if e or not r <= _VAGUE]
    if vague:
        said.append(Finding("flat_likelihood", f"The likelihood hardly changes with {', '.join(vague)}."))
    if not found.converged:
        said.append(Finding("not_converged", "The climb ended before the top was reached."))
    return tuple(said)
