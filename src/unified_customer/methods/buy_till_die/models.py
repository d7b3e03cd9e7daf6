"""Fitting models of purchases, and what a fitted one tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.buy_till_die.beta_geometric import BG_NBD, MBG_NBD
from unified_customer.methods.buy_till_die.findings import Finding
from unified_customer.methods.buy_till_die.histories import Floats, Histories
from unified_customer.methods.buy_till_die.maximum import Maximum, maximise
from unified_customer.methods.buy_till_die.pareto import PARETO_NBD

ModelName = Literal["bg_nbd", "mbg_nbd", "pareto_nbd"]
TITLES: Final[Mapping[str, str]] = {"bg_nbd": "BG/NBD", "mbg_nbd": "MBG/NBD", "pareto_nbd": "Pareto/NBD"}
"""What the models are called where people read of them."""


class PurchaseModel(Protocol):
    """A model of how often customers buy until they silently leave."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its parameters, all positive."""
        ...

    @property
    def times(self) -> tuple[int, ...]:
        """Which parameters are times."""
        ...

    def starts(self, rate: float) -> list[tuple[float, ...]]:
        """Return where to start climbing, from the mean number of repeat purchases a time."""
        ...

    def log_likelihood(self, parameters: Floats, histories: Histories) -> tuple[float, Floats]:
        """Return the log-likelihood of all customers, and its gradient."""
        ...

    def p_alive(self, parameters: Floats, histories: Histories) -> Floats:
        """Return the chance that each customer has not left."""
        ...

    def expected(self, parameters: Floats, histories: Histories, time: Floats) -> Floats:
        """Return the expected purchases in the next `time`, one column for each time."""
        ...

    def chance_above(self, parameters: Floats, histories: Histories, time: float, count: int) -> Floats:
        """Return the chance of more than `count` purchases in the next `time`."""
        ...

    def without_dropout(self, parameters: Floats) -> Floats:
        """Return the parameters of the same buyers if nobody ever left."""
        ...

    def draw(self, parameters: Floats, ages: Floats, generator: np.random.Generator) -> Histories:
        """Return invented histories of customers of these ages."""
        ...


MODELS: Final[Mapping[str, PurchaseModel]] = MappingProxyType(
    {each.name: each for each in (BG_NBD, MBG_NBD, PARETO_NBD)}
)

_FEW: Final = 50
_MANY: Final = 40_000
_TOLD: Final = 1.35
"""So much must a log-likelihood gain by dropout to tell it from none: half of the 95 % point of a chi-square
distribution of which half lies on the boundary (H. Chernoff 1954: On the distribution of the likelihood ratio)."""
_FAR: Final = 30.0
_ALIKE: Final = 100.0
"""With a shape r above it rates differ by less than a tenth."""
_VAGUE: Final = 2.0


@dataclass(frozen=True, eq=False)
class FittedPurchases:
    """A model of purchases with the parameters that make what was seen most likely.

    Attributes:
        name: Of the model.
        parameters: By name; times in the unit of the histories.
        standard_errors: By name; null where the likelihood does not tell.
        log_likelihood: Natural logarithm, the density of the times in the unit of the histories.
        customers: How many were fitted.
        repeaters: How many of them had bought more than once.
        converged: Whether a maximum was found (one at the edge is one).
        diagnosis: What to know before the numbers are used; empty where all is well.
    """

    name: str
    parameters: Mapping[str, float]
    standard_errors: Mapping[str, float | None]
    log_likelihood: float
    customers: int
    repeaters: int
    converged: bool
    diagnosis: tuple[Finding, ...]

    @property
    def _values(self) -> Floats:
        return np.asarray(list(self.parameters.values()))

    def p_alive(self, histories: Histories) -> Floats:
        """Return the chance that each customer has not left for good, from 0 to 1."""
        if not self.customers:
            return np.full(len(histories), np.nan)
        return MODELS[self.name].p_alive(self._values, histories)

    def expected_purchases(self, histories: Histories, *, time: ArrayLike) -> Floats:
        """Return how often each customer is expected to buy in the next `time` after what was seen.

        Args:
            histories: The customers.
            time: A number gives one value a customer; several numbers give a column each.

        Raises:
            ConfigurationError: A time is negative or not finite.
        """
        times = np.asarray(time, dtype=np.float64)
        if not (np.isfinite(times).all() and (times >= 0).all()):
            raise ConfigurationError("Purchases are expected in a time from 0 on; a time was negative or not finite.")
        if not self.customers:
            return np.full((len(histories), *times.shape), np.nan)
        values = MODELS[self.name].expected(self._values, histories, np.atleast_1d(times)[None, :])
        return values if times.ndim else values[:, 0]

    def p_purchase(self, histories: Histories, *, time: float, more_than: int = 0) -> Floats:
        """Return the chance that each customer buys more than `more_than` times in the next `time`, from 0 to 1.

        With 0, one minus it is the chance of silence: the churn of those who never cancel.
        """
        if not self.customers:
            return np.full(len(histories), np.nan)
        return MODELS[self.name].chance_above(self._values, histories, time, more_than)

    def median_purchases(self, histories: Histories, *, time: float) -> Floats:
        """Return the median of the purchases in the next `time`: the forecast with the least mean absolute error.

        It is 0 for most customers, so that its sum is no forecast of the sum; that is `expected_purchases`.
        """
        median, open_yet, count = np.zeros(len(histories)), np.arange(len(histories)), 0
        while len(open_yet) and self.customers:
            picked = histories.at(open_yet)
            open_yet = open_yet[self.p_purchase(picked, time=time, more_than=count) > 0.5]
            median[open_yet] += 1
            count += 1
        return median

    def newcomer(self, *, time: ArrayLike) -> Floats:
        """Return how often somebody is expected to buy again in the `time` after a first purchase.

        Args:
            time: Numbers from 0.

        Returns:
            One value a time.
        """
        new = Histories.of(frequency=[0], recency=[0], age=[0])
        expected: Floats = self.expected_purchases(new, time=np.atleast_1d(np.asarray(time, dtype=np.float64)))[0]
        return expected


def fit_purchases(name: str, histories: Histories) -> FittedPurchases:
    """Return the model of that name fitted by maximum likelihood; it never raises for what the histories are.

    Equal histories are counted once with their weight, times are scaled by the mean age, and the parameters are looked
    for in logarithms. With very many distinct histories a part of them says where to start.

    Args:
        name: `bg_nbd`, `mbg_nbd` or `pareto_nbd`.
        histories: The customers, in any order and any unit of time.

    Raises:
        ConfigurationError: There is no such model.

    Examples:
        >>> seen = draw_histories("bg_nbd", {"r": 0.5, "alpha": 5.0, "a": 0.8, "b": 2.5}, ages=[52.0] * 3000, seed=1)
        >>> fitted = fit_purchases("bg_nbd", seen)
        >>> fitted.converged, fitted.diagnosis, round(fitted.parameters["r"], 1)
        (True, (), 0.5)
        >>> some = Histories.of(frequency=[3], recency=[40], age=[52])
        >>> fitted.expected_purchases(some, time=[13, 26]).round(1).tolist()
        [[0.5, 1.0]]
    """
    model = _model(name)
    short, _ = histories.compressed()
    ages = float(short.weight @ short.age)
    if not ages > 0:
        return _empty(model)
    unit = ages / short.weight.sum()
    scaled = short.in_unit(unit)
    found = _maximum(model, scaled)
    values, errors = found.parameters.copy(), found.errors.copy()
    values[list(model.times)] *= unit
    errors[list(model.times)] *= unit
    return FittedPurchases(
        name=name,
        parameters=dict(zip(model.names, values.tolist(), strict=True)),
        standard_errors=_or_none(model.names, errors),
        # The density of a time changes with its unit.
        log_likelihood=found.value - float(short.weight @ short.frequency) * float(np.log(unit)),
        customers=short.customers,
        repeaters=short.repeaters,
        converged=found.converged,
        diagnosis=_diagnosis(model, scaled, found),
    )


def draw_histories(name: str, parameters: Mapping[str, float], *, ages: ArrayLike, seed: int) -> Histories:
    """Return invented histories of customers of these ages, drawn from a model.

    Args:
        name: Of the model.
        parameters: By name, in any order.
        ages: Time from the first purchase to the end of what is seen, one a customer.
        seed: Of the draw.

    Raises:
        ConfigurationError: There is no such model, or its parameters are others.
    """
    model = _model(name)
    if set(parameters) != set(model.names):
        raise ConfigurationError(f"{name} has the parameters {', '.join(model.names)}; found {', '.join(parameters)}.")
    values = np.asarray([parameters[each] for each in model.names])
    return model.draw(values, np.asarray(ages, dtype=np.float64), np.random.default_rng(seed))


def _model(name: str) -> PurchaseModel:
    if name not in MODELS:
        raise ConfigurationError(f"There is no model of purchases called {name!r}; there are {', '.join(MODELS)}.")
    return MODELS[name]


def _or_none(names: tuple[str, ...], errors: Floats) -> dict[str, float | None]:
    return {name: float(error) if np.isfinite(error) else None for name, error in zip(names, errors, strict=True)}


def _maximum(model: PurchaseModel, histories: Histories) -> Maximum:
    rate = float(histories.weight @ histories.frequency) / float(histories.weight @ histories.age)
    starts = model.starts(rate)
    if len(histories) > _MANY:
        part = histories.every(len(histories) // (_MANY // 4))
        near = _climbed(model, part, starts)
        starts = [tuple(near.parameters.tolist())]
    return _climbed(model, histories, starts, near=len(histories) > _MANY)


def _climbed(
    model: PurchaseModel, histories: Histories, starts: list[tuple[float, ...]], *, near: bool = False
) -> Maximum:
    weight = float(histories.weight.sum())
    return maximise(lambda each: model.log_likelihood(each, histories), starts=starts, weight=weight, near=near)


def _empty(model: PurchaseModel) -> FittedPurchases:
    nothing = dict.fromkeys(model.names, float("nan"))
    found = Finding("no_customers", "Nobody was seen for any time: there is nothing to fit, and nothing is expected.")
    return FittedPurchases(model.name, nothing, dict.fromkeys(model.names), 0.0, 0, 0, False, (found,))


def _diagnosis(model: PurchaseModel, histories: Histories, found: Maximum) -> tuple[Finding, ...]:
    return tuple(
        each
        for each in (_repeaters(histories), _dropout(model, histories, found), _alike(found), _vague(model, found))
        if each is not None
    ) + (() if found.converged else (_unconverged(),))


def _repeaters(histories: Histories) -> Finding | None:
    count = histories.repeaters
    if not count:
        return Finding("no_repeaters", "Nobody bought twice, so no time between purchases is known: none are expected.")
    if count < _FEW:
        return Finding(
            "few_repeaters",
            f"Only {count} customers bought more than once; the parameters are a guess below about {_FEW}.",
        )
    return None


def _dropout(model: PurchaseModel, histories: Histories, found: Maximum) -> Finding | None:
    if not histories.repeaters:
        return None
    lost = found.value - _staying(model, histories, found)
    if lost >= _TOLD:
        return None
    return Finding(
        "degenerate_dropout",
        f"What was seen is about as likely if nobody ever leaves (the log-likelihood is {max(lost, 0.0):.2f} less; "
        f"{_TOLD} would tell), so P(alive) says nothing, and at the very boundary it is near 1 for everybody. Longer "
        "histories, or a season that is taken into account, may show who leaves.",
    )


def _staying(model: PurchaseModel, histories: Histories, found: Maximum) -> float:
    """Return the greatest log-likelihood if nobody ever left; looked for only where it can be near."""
    value, _ = model.log_likelihood(model.without_dropout(found.parameters), histories)
    if not _TOLD <= found.value - value < _FAR:
        return value

    def stay(rates: Floats) -> tuple[float, Floats]:
        whole = model.without_dropout(np.concatenate([rates, found.parameters[2:]]))
        value, slope = model.log_likelihood(whole, histories)
        return value, slope[:2]

    weight = float(histories.weight.sum())
    return maximise(stay, starts=[found.parameters[:2].tolist()], weight=weight, near=True).value


def _alike(found: Maximum) -> Finding | None:
    if found.parameters[0] < _ALIKE:
        return None
    return Finding(
        "one_rate_for_all",
        "All customers buy at one rate, as far as can be seen: r and alpha tell only their quotient.",
    )


def _vague(model: PurchaseModel, found: Maximum) -> Finding | None:
    vague = [
        name
        for name, edge, error in zip(model.names, found.edge, found.relative, strict=True)
        if edge or not error <= _VAGUE
    ]
    if not vague:
        return None
    return Finding(
        "flat_likelihood",
        f"The likelihood hardly changes with {', '.join(vague)}: other values fit as well, so do not read anything into "
        "these. What is expected may still be sound; see it against the holdout.",
    )


def _unconverged() -> Finding:
    return Finding("not_converged", "The climb ended before the top was reached: take another model.")
