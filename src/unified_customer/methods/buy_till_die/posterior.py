"""The posterior distribution of a model of purchases, by pymc-marketing: how sure its forecasts are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import polars as pl

from unified_customer.core.errors import ConfigurationError, require
from unified_customer.methods.buy_till_die.findings import Finding
from unified_customer.methods.buy_till_die.histories import Floats, Histories
from unified_customer.methods.buy_till_die.models import MODELS, ModelName

_CLASSES: Final[Mapping[ModelName, str]] = MappingProxyType(
    {"bg_nbd": "BetaGeoModel", "mbg_nbd": "ModifiedBetaGeoModel", "pareto_nbd": "ParetoNBDModel"}
)
_WAYS: Final[Mapping[ModelName, str]] = MappingProxyType({"bg_nbd": "mcmc", "mbg_nbd": "mcmc", "pareto_nbd": "demz"})
"""How draws are made: along the gradient (NUTS), or where it is slow to work out by differential evolution
(DEMetropolisZ)."""
_AGREEING: Final = 1.01
"""Chains that have found the same distribution have an R-hat below it (A. Vehtari, A. Gelman, D. Simpson, B. Carpenter,
P.-C. Bürkner 2021: Rank-normalization, folding, and localization. Bayesian Analysis 16(2), 667-718)."""
_DRAWS: Final = 1000
"""So many draws at most, evenly picked, are looked at for each customer."""
_CUSTOMERS: Final = 10_000
"""So many distinct histories at once."""


@dataclass(frozen=True, eq=False)
class PosteriorPurchases:
    """A model of purchases whose parameters are a sample of their posterior distribution.

    Attributes:
        name: Of the model.
        draws: One row a draw, one column a parameter, in the order of `names`; times in the unit of the histories.
        names: The names of the parameters.
        r_hat: By name: 1 where the chains agree.
        customers: How many were fitted.
    """

    name: ModelName
    draws: Floats
    names: tuple[str, ...]
    r_hat: Mapping[str, float]
    customers: int

    @property
    def diagnosis(self) -> tuple[Finding, ...]:
        """What to know before the numbers are used; empty where all is well."""
        worst = max(self.r_hat, key=lambda name: self.r_hat[name])
        if self.r_hat[worst] <= _AGREEING:
            return ()
        told = f"The chains do not agree on {worst} (R-hat {self.r_hat[worst]:.2f}); draw more, or fit by maximum likelihood."
        return (Finding("chains_disagree", told),)

    def parameters(self, *, confidence: float = 0.95) -> pl.DataFrame:
        """Return a row for each parameter: `parameter`, `mean`, `low`, `high` (of the equal-tailed interval), `r_hat`."""
        means, lows, highs = _summary(self.draws, confidence)
        hats = [self.r_hat[name] for name in self.names]
        return pl.DataFrame({"parameter": self.names, "mean": means, "low": lows, "high": highs, "r_hat": hats})

    def p_alive(self, histories: Histories, *, confidence: float = 0.95) -> pl.DataFrame:
        """Return the chance that each customer has not left: a row each, `mean`, `low` and `high`, from 0 to 1."""
        return self._told(histories, confidence, MODELS[self.name].p_alive)

    def expected_purchases(self, histories: Histories, *, time: float, confidence: float = 0.95) -> pl.DataFrame:
        """Return how often each customer is expected to buy in the next `time`: a row each, `mean`, `low` and `high`.

        The interval is that of the expected number, not of the number itself, which varies more.

        Raises:
            ConfigurationError: The time is negative or not finite.
        """
        if not (np.isfinite(time) and time >= 0):
            raise ConfigurationError("Purchases are expected in a time from 0 on; the time was negative or not finite.")
        at = np.asarray([[time]])
        return self._told(histories, confidence, lambda draw, some: MODELS[self.name].expected(draw, some, at)[:, 0])

    def _told(
        self, histories: Histories, confidence: float, value: Callable[[Floats, Histories], Floats]
    ) -> pl.DataFrame:
        short, place = histories.compressed()
        draws = self.draws[:: -(-len(self.draws) // _DRAWS)]
        parts = [
            _summary(np.stack([value(draw, some) for draw in draws]), confidence)
            for start in range(0, len(short), _CUSTOMERS)
            for some in [short.at(slice(start, start + _CUSTOMERS))]
        ]
        columns = zip(("mean", "low", "high"), zip(*parts, strict=True), strict=True)
        return pl.DataFrame({name: np.concatenate(each)[place] for name, each in columns})


def fit_posterior(
    name: ModelName,
    histories: Histories,
    *,
    draws: int = 1000,
    chains: int = 4,
    seed: int = 0,
    priors: Mapping[str, Any] | None = None,
) -> PosteriorPurchases:
    """Return a model with the posterior distribution of its parameters, drawn by pymc-marketing (extra `bayes`).

    It takes minutes where `fit_purchases` takes a second, and tells how sure one can be: with few customers intervals
    are wide. What is told of customers is worked out here, from the draws.

    Args:
        name: `bg_nbd`, `mbg_nbd` or `pareto_nbd`.
        histories: The customers, in any order and any unit of time; priors are in that unit, so weeks are better than
            days.
        draws: Draws of each chain. Those of `pareto_nbd` hang together more than the others', so that it takes several
            thousand.
        chains: Independent chains, 2 at least: one cannot be compared with another.
        seed: Of the draws.
        priors: By parameter, as the `model_config` of pymc-marketing has them; None: its own.

    Raises:
        ConfigurationError: There is no such model, fewer than two chains, or nobody to fit.
        MissingDependencyError: pymc-marketing is not installed.

    References:
        pymc-marketing, https://www.pymc-marketing.io
    """
    if name not in _CLASSES:
        raise ConfigurationError(f"There is no model of purchases called {name!r}; there are {', '.join(_CLASSES)}.")
    if chains < 2 or not histories.customers:
        raise ConfigurationError("A posterior takes two chains and one customer at least.")
    clv = require("pymc_marketing.clv", extra="bayes", why="draw from a posterior distribution")
    model = getattr(clv, _CLASSES[name])(model_config=dict(priors or {}) or None)
    how = {"method": _WAYS[name], "draws": draws, "chains": chains, "random_seed": seed, "progressbar": False}
    model.fit(_as_table(histories), **how)
    names = MODELS[name].names
    sampled = [np.asarray(model.idata.posterior[each].transpose("chain", "draw")) for each in names]
    return PosteriorPurchases(
        name=name,
        draws=np.stack([each.ravel() for each in sampled], axis=1),
        names=names,
        r_hat={each: _r_hat(values) for each, values in zip(names, sampled, strict=True)},
        customers=histories.customers,
    )


def _as_table(histories: Histories) -> Any:
    """Return a row for each customer, as pymc-marketing reads it."""
    pandas = require("pandas", extra="bayes", why="draw from a posterior distribution")
    many = histories.weight.astype(np.int64)
    columns = {"frequency": histories.frequency, "recency": histories.recency, "T": histories.age}
    table = {column: np.repeat(values, many) for column, values in columns.items()}
    return pandas.DataFrame({"customer_id": np.arange(many.sum()), **table})


def _r_hat(sampled: Floats) -> float:
    arviz = require("arviz", extra="bayes", why="compare chains")
    return float(arviz.rhat(sampled))


def _summary(sampled: Floats, confidence: float) -> tuple[Floats, Floats, Floats]:
    """Return means and the ends of equal-tailed intervals over the first axis."""
    low, high = np.quantile(sampled, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    return sampled.mean(axis=0), low, high
