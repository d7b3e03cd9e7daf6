"""Linear bandits: what an item is worth is a sum over features, with ridge regression for each item or for all."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import polars as pl
from pydantic import Field, model_validator

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.methods.learning import Floats, Ints
from unified_customer.recommendations.exploring.policy import Exploring, Outlook

ALL_ITEMS = ""
"""What the one arm is called where all items share it."""


class Linear(Exploring):
    """What linear bandits have in common: features, and how they are learnt from."""

    features: tuple[str, ...] = ()
    """Columns of numbers of feedback and candidates, of customer, item or both; `score` may be one. Bring them to like
    sizes."""
    intercept: bool = True
    """Whether there is a feature that is always 1."""
    per_item: bool = True
    """Whether each item has weights of its own (disjoint); else all share them, which needs features that tell items
    apart and serves items that were never shown."""
    ridge: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    """How strongly weights are drawn to 0: the prior precision of each in units of the noise."""

    @model_validator(mode="after")
    def _something_to_learn(self) -> Self:
        if not self.features and not self.intercept:
            raise ConfigurationError("Without features and intercept there is nothing to learn: name some features.")
        return self

    def belief(self) -> "LinearBelief":
        """Return what is held before anything is known."""
        size = len(self.features) + self.intercept
        empty = np.zeros((0, size, size)), np.zeros((0, size)), np.zeros(0, dtype=np.int64)
        return LinearBelief(self, (), *empty)

    @abstractmethod
    def worth(self, outlook: "Sights", rows: slice, chance: np.random.Generator) -> Floats:
        """Return what candidates may be worth: a row for each draw."""


class LinUCB(Linear):
    """The candidates with the highest upper confidence bound of what they are worth.

    An item of which little is known has a wide bound, and is tried. It is deterministic: without `epsilon` each
    propensity is 1, and what it shows cannot be used to evaluate another policy.

    Examples:
        >>> from datetime import UTC, datetime
        >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        >>> seen = pl.DataFrame({"item_id": ["tea", "tea", "cup"], "reward": [1.0, 0.0, 0.0], "known_at": noon})
        >>> policy = LinUCB(width=1.0).fit(seen, as_of=noon)
        >>> import polars.selectors as cs
        >>> policy.table.with_columns(cs.float().round(3)).rows()  # rewards / (1 + shown), 1 / sqrt(1 + shown)
        [('cup', 1, 0.0, 0.707), ('tea', 2, 0.333, 0.577)]
        >>> offered = pl.DataFrame({"customer_id": "c1", "item_id": ["cup", "pot", "tea"], "score": 0.0})
        >>> policy.choose(offered, n=3, seed=0, as_of=noon).table["item_id"].to_list()
        ['pot', 'tea', 'cup']

    References:
        L. Li, W. Chu, J. Langford, R. E. Schapire (2010): A contextual-bandit approach to personalized news article
        recommendation (algorithm 1).
    """

    width: float = Field(default=1.0, ge=0, allow_inf_nan=False)
    """How many standard deviations above the estimate the bound is (alpha)."""

    def worth(self, outlook: "Sights", rows: slice, chance: np.random.Generator) -> Floats:  # noqa: ARG002  # no chance is in it
        """Return the bounds, once."""
        return (outlook.mean[rows] + self.width * outlook.deviation[rows])[None, :]


class LinearThompson(Linear):
    """Thompson sampling with a normal posterior of the weights: rewards may be any numbers.

    Weights are drawn from their posterior, and the candidates that are worth most by them are shown. What is played is
    one of `draws` such lists, as in `BetaThompson`.

    Examples:
        >>> from datetime import UTC, datetime
        >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        >>> seen = pl.DataFrame({"item_id": ["tea", "cup"], "age": [1.0, 1.0], "reward": [1.0, 0.0], "known_at": noon})
        >>> policy = LinearThompson(features=("age",), intercept=False, epsilon=0.1).fit(seen, as_of=noon)
        >>> policy.table.with_columns(pl.col("weight_age").round(3)).rows()
        [('cup', 1, 0.0), ('tea', 1, 0.5)]

    References:
        S. Agrawal, N. Goyal (2013): Thompson sampling for contextual bandits with linear payoffs.
    """

    noise: float = Field(default=0.5, gt=0, allow_inf_nan=False)
    """Standard deviation of a reward about what it is expected to be."""
    draws: int = Field(default=100, ge=1)
    """From how many draws what is played is chosen. What is in none has no propensity, but for epsilon."""

    @property
    def deterministic(self) -> bool:
        """Whether the same candidates always give the same list."""
        return super().deterministic and (self.draws == 1 or self.share == 0)

    def worth(self, outlook: "Sights", rows: slice, chance: np.random.Generator) -> Floats:
        """Return draws of what candidates are worth."""
        size = self.draws, outlook.points.shape[1]
        if not self.per_item:
            # All share the weights, so that what candidates are worth varies together.
            return (outlook.weights + self.noise * chance.standard_normal(size) @ outlook.root) @ outlook.points[rows].T
        mean, deviation = outlook.mean[rows], outlook.deviation[rows]
        return mean + self.noise * deviation * chance.standard_normal((self.draws, len(mean)))


@dataclass(frozen=True, eq=False)
class Sights:
    """What is held of the candidates of all lists.

    Attributes:
        points: Their features, a row each.
        mean: What each is expected to be worth.
        deviation: The standard deviation of that, in units of the noise.
        weights: The weights that all share; of the last arm where each item has its own.
        root: A matrix whose product with its own transpose, R'R, is the covariance of these weights.
    """

    points: Floats
    mean: Floats
    deviation: Floats
    weights: Floats
    root: Floats


@dataclass(frozen=True, eq=False)
class LinearBelief:
    """Weights of features.

    The sums that determine them are kept, so that updating is adding. Sums of further rows are added at once and solved
    by Cholesky's factors; Sherman and Morrison's formula gives the same row by row.

    Attributes:
        spec: The prior and the features.
        arms: Items in order, or the one arm that all share.
        squares: Of each arm the sum of x x' over its rows, without the ridge.
        products: Of each arm the sum of reward times x.
        shown: Of each arm how many rows there were.
    """

    spec: Linear
    arms: tuple[str, ...]
    squares: Floats
    products: Floats
    shown: Ints

    @property
    def learns_from(self) -> tuple[str, ...]:
        """The features."""
        return self.spec.features

    @property
    def table(self) -> pl.DataFrame:
        """`item_id`, `shown`, and the weight of each feature; with an intercept alone that and its `deviation`."""
        weights, roots = self._solved
        told = {"item_id": pl.Series(self.arms, dtype=pl.String), "shown": pl.Series(self.shown, dtype=pl.Int64)}
        names = [*self.spec.features, *(["intercept"] if self.spec.intercept else [])]
        told |= {f"weight_{name}": pl.Series(weights[:-1, place]) for place, name in enumerate(names)}
        if names == ["intercept"]:
            told["deviation"] = pl.Series(np.abs(roots[:-1, 0, 0]))
        return pl.DataFrame(told)

    def updated(self, rows: pl.DataFrame) -> Self:
        """Return the weights after further rows.

        Raises:
            SchemaError: A feature is no finite number.
        """
        if rows.is_empty():
            return self
        points, rewards = self._points(rows, "feedback"), rows["reward"].to_numpy()
        names = rows["item_id"] if self.spec.per_item else pl.repeat(ALL_ITEMS, rows.height, eager=True)
        arms = tuple(sorted({*self.arms, *names.unique()}))
        grown = self._room_for(arms)
        places = {arm: place for place, arm in enumerate(arms)}
        whose: Ints = np.fromiter((places[name] for name in names), dtype=np.int64, count=len(names))
        for arm in np.unique(whose):
            own = points[whose == arm]
            grown.squares[arm] += own.T @ own
            grown.products[arm] += own.T @ rewards[whose == arm]
            grown.shown[arm] += len(own)
        return grown

    def to_body(self) -> Mapping[str, Any]:
        """Return the arms and their sums, as lists."""
        sums = {"squares": self.squares, "products": self.products, "shown": self.shown}
        return {"arms": list(self.arms), **{name: values.tolist() for name, values in sums.items()}}

    def restored(self, body: Mapping[str, Any]) -> Self:
        """Return the weights of such sums.

        Raises:
            ValueError: They are not of these features.
        """
        arms, size = tuple(body["arms"]), self.squares.shape[1]
        squares: Floats = np.array(body["squares"], dtype=np.float64).reshape(len(arms), size, size)
        products: Floats = np.array(body["products"], dtype=np.float64).reshape(len(arms), size)
        shown: Ints = np.array(body["shown"], dtype=np.int64).reshape(len(arms))
        return type(self)(self.spec, arms, squares, products, shown)

    def _room_for(self, arms: tuple[str, ...]) -> Self:
        """Return a copy of the sums with nothing in those of new arms."""
        size = self.squares.shape[1]
        old = np.searchsorted(np.array(arms, dtype=object), np.array(self.arms, dtype=object)).astype(np.int64)
        squares, products = np.zeros((len(arms), size, size)), np.zeros((len(arms), size))
        shown = np.zeros(len(arms), dtype=np.int64)
        squares[old], products[old], shown[old] = self.squares, self.products, self.shown
        return type(self)(self.spec, arms, squares, products, shown)

    def _points(self, rows: pl.DataFrame, name: str) -> Floats:
        columns = [rows[feature].cast(pl.Float64).fill_null(np.nan).to_numpy() for feature in self.spec.features]
        ones = [np.ones(rows.height)] if self.spec.intercept else []
        points = np.column_stack([*columns, *ones])
        if not np.isfinite(points).all():
            raise SchemaError(f"{name!r} has rows in which a feature is missing or no finite number.")
        return points

    @cached_property
    def _solved(self) -> tuple[Floats, Floats]:
        """Weights of each arm and roots of their covariance (R'R); the last is of an arm of which nothing is known."""
        size = self.squares.shape[1]
        precision = np.append(self.squares, np.zeros((1, size, size)), axis=0) + self.spec.ridge * np.eye(size)
        products = np.append(self.products, np.zeros((1, size)), axis=0)
        roots = np.linalg.inv(np.linalg.cholesky(precision))
        return np.einsum("aji,ajk,ak->ai", roots, roots, products), roots

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {arm: place for place, arm in enumerate(self.arms)}

    def outlook(self, candidates: pl.DataFrame) -> Outlook:
        """Return what candidates may be worth; an item that was never shown has the prior."""
        points = self._points(candidates, "candidates")
        names = candidates["item_id"] if self.spec.per_item else [ALL_ITEMS] * candidates.height
        arms: Ints = np.fromiter((self._places.get(name, -1) for name in names), dtype=np.int64, count=len(names))
        weights, roots = self._solved
        mean = np.einsum("ij,ij->i", points, weights[arms])
        deviation = np.sqrt(np.square(np.einsum("ijk,ik->ij", roots[arms], points)).sum(axis=1))
        shared = self._places.get(ALL_ITEMS, -1)
        sights = Sights(points, mean, deviation, weights[shared], roots[shared])
        return lambda rows, chance: self.spec.worth(sights, rows, chance)
