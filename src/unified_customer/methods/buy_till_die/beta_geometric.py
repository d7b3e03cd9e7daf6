"""BG/NBD and MBG/NBD: whoever buys may leave after each purchase."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from unified_customer.methods.buy_till_die.chances import mean_purchases
from unified_customer.methods.buy_till_die.histories import Floats, Histories
from unified_customer.methods.buy_till_die.maximum import total


@dataclass(frozen=True)
class BetaGeometric:
    """Purchases at gamma rates (r, alpha); after a purchase one leaves with a beta chance (a, b).

    In BG/NBD nobody leaves after the first purchase; in MBG/NBD one may.

    Attributes:
        name: `bg_nbd` or `mbg_nbd`.
        first: How many chances to leave the first purchase gives: 0 or 1.

    References:
        P. Fader, B. Hardie, K. Lee (2005): "Counting your customers" the easy way: an alternative to the Pareto/NBD
        model. Marketing Science 24(2), 275-284.
        E. Batislam, M. Denizel, A. Filiztekin (2007): Empirical validation and comparison of models for customer base
        analysis. International Journal of Research in Marketing 24(3), 201-209.
    """

    name: str
    first: int
    names: tuple[str, ...] = ("r", "alpha", "a", "b")
    times: tuple[int, ...] = (1,)
    """Which parameters are times."""

    def starts(self, rate: float) -> list[tuple[float, ...]]:
        """Return where to start climbing, from the mean number of repeat purchases a time."""
        rate = max(rate, 1e-3)
        return [(0.5, 0.5 / (1.5 * rate), 0.5, 2.0), (1.0, 1.0 / rate, 0.1, 1.0), (0.25, 0.25 / (3 * rate), 1.0, 3.0)]

    def log_likelihood(self, parameters: Floats, histories: Histories) -> tuple[float, Floats]:
        """Return the log-likelihood of all customers, and its gradient."""
        r, alpha, a, b = parameters
        x, weight = histories.frequency, histories.weight
        odds = self._odds(parameters, histories)
        small = np.exp(-np.abs(odds))
        gone = np.where(odds > 0, 1.0, small) / (1 + small)
        n, k = _by_count(x, weight), np.arange(int(x.max(initial=0)) + 1)
        c = k + self.first
        every = n.sum()
        log_alpha, log_age = np.log(alpha), np.log(alpha + histories.age)
        value = (
            n @ (special.gammaln(r + k) + special.betaln(a, b + c))
            - every * (special.gammaln(r) - r * log_alpha + special.betaln(a, b))
            - total(weight, (r + x) * log_age)
            + total(weight, np.maximum(odds, 0) + np.log1p(small))
        )
        lost, shape = weight * gone, (r + x)
        waited = log_age - np.log(alpha + histories.recency)
        slower = 1 / (alpha + histories.age)
        by_count = _by_count(x, lost)
        digamma_all = special.digamma(a + b) * every - n @ special.digamma(a + b + c)
        chances = np.where(c > 0, b + c - 1.0, 1.0)
        gradient = (
            n @ special.digamma(r + k)
            + every * (log_alpha - special.digamma(r))
            - total(weight, log_age)
            + total(lost, waited),
            every * r / alpha
            - total(weight, shape * slower)
            + total(lost, shape * (slower - 1 / (alpha + histories.recency))),
            digamma_all + by_count.sum() / a,
            digamma_all + n @ special.digamma(b + c) - every * special.digamma(b) - by_count @ (1 / chances),
        )
        return float(value), np.asarray(gradient)

    def _odds(self, parameters: Floats, histories: Histories) -> Floats:
        """Return the log-odds of having left."""
        r, alpha, a, b = parameters
        chances = histories.frequency + self.first
        waited = np.log1p((histories.age - histories.recency) / (alpha + histories.recency))
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.log(a) - np.log(b + chances - 1) + (r + histories.frequency) * waited
        odds: Floats = np.where(chances > 0, value, -np.inf)
        return odds

    def p_alive(self, parameters: Floats, histories: Histories) -> Floats:
        """Return the chance that each customer has not left."""
        alive: Floats = special.expit(-self._odds(parameters, histories))
        return alive

    def expected(self, parameters: Floats, histories: Histories, time: Floats) -> Floats:
        """Return the expected purchases in the next `time`, one column for each time."""
        r, alpha, a, b = parameters
        chances, scale = histories.frequency + self.first, alpha + histories.age
        stay = np.broadcast_to(b + chances, chances.shape)[:, None]
        mean = mean_purchases((r + histories.frequency)[:, None], np.asarray(a), stay, time / scale[:, None])
        return self.p_alive(parameters, histories)[:, None] * mean

    def chance_above(self, parameters: Floats, histories: Histories, time: float, count: int) -> Floats:
        """Return the chance of more than `count` purchases in the next `time`: so many in time, and none the last."""
        r, alpha, a, b = parameters
        stay, scale = b + histories.frequency + self.first, alpha + histories.age
        often = special.betainc(count + 1, r + histories.frequency, time / (scale + time))
        stays = np.exp(special.betaln(a, stay + count) - special.betaln(a, stay)) if count else 1.0
        chance: Floats = self.p_alive(parameters, histories) * often * stays
        return chance

    def without_dropout(self, parameters: Floats) -> Floats:
        """Return the parameters of the same buyers if nobody ever left."""
        r, alpha, _, b = parameters
        return np.asarray((r, alpha, 1e-12, b))

    def draw(self, parameters: Floats, ages: Floats, generator: np.random.Generator) -> Histories:
        """Return invented histories of customers of these ages."""
        r, alpha, a, b = parameters
        rates = generator.gamma(r, 1 / alpha, len(ages))
        leaves = generator.geometric(np.maximum(generator.beta(a, b, len(ages)), 1e-12)) - self.first
        return bought_until(leaves.astype(np.float64), rates, ages, generator)


BG_NBD = BetaGeometric("bg_nbd", 0)
MBG_NBD = BetaGeometric("mbg_nbd", 1)


def _by_count(x: Floats, weight: Floats) -> Floats:
    return np.bincount(x.astype(np.int64), weights=weight, minlength=1).astype(np.float64)


def bought_until(leaves: Floats, rates: Floats, ages: Floats, generator: np.random.Generator) -> Histories:
    """Let everybody buy until the age is reached or the last purchase made."""
    count, last = np.zeros(len(ages)), np.zeros(len(ages))
    buying = np.flatnonzero(leaves > 0)
    while len(buying):
        then = last[buying] + generator.exponential(1, len(buying)) / np.maximum(rates[buying], 1e-300)
        buying, then = buying[then <= ages[buying]], then[then <= ages[buying]]
        last[buying] = then
        count[buying] += 1
        buying = buying[count[buying] < leaves[buying]]
    return Histories.of(frequency=count, recency=last, age=ages)
