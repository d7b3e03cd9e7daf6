"""What an item that was not shown might have been worth: simple models of the reward."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import polars as pl
from pydantic import Field

from unified_customer.core.errors import SchemaError
from unified_customer.core.spec import Spec
from unified_customer.methods.learning import Floats

Prediction = Callable[[pl.DataFrame], Floats]
"""From rows to the reward that is expected of each."""


class ItemMeans(Spec):
    """The mean reward of each item, drawn to that of all; where lists have several places, each has an effect too.

    Effects of items and places are added up, and told apart by ridge regression: what always stands first is not taken
    for good on that account. It needs no features, and knows no customer.

    Examples:
        >>> rows = pl.DataFrame({"item_id": ["tea", "tea", "cup"], "position": 1, "reward": [1.0, 1.0, 0.0]})
        >>> predict = ItemMeans(strength=2).fit(rows)
        >>> asked = pl.DataFrame({"item_id": ["tea", "cup", "pot"], "position": 1})
        >>> predict(asked).round(3).tolist()  # 2/3 + (2 - 4/3) / (2 + 2), 2/3 + (0 - 2/3) / (1 + 2), 2/3
        [0.833, 0.444, 0.667]
    """

    kind: Literal["item_means"] = "item_means"
    """Which model it is."""
    strength: float = Field(default=10.0, gt=0, allow_inf_nan=False)
    """As how many rows the mean of all counts for each item, and for each place."""

    @property
    def learns_from(self) -> tuple[str, ...]:
        """Columns that it needs beside `item_id` and `position`."""
        return ()

    def fit(self, rows: pl.DataFrame) -> Prediction:
        """Learn from rows of `item_id`, `position`, `reward`; of none nothing is expected."""
        items, places = rows["item_id"].unique().sort(), rows["position"].unique().sort()
        if rows.is_empty():
            return lambda asked: np.zeros(asked.height)
        rewards = rows["reward"].to_numpy()
        mean = float(rewards.mean())
        effects = self._effects(
            items.search_sorted(rows["item_id"]), places.search_sorted(rows["position"]), rewards - mean
        )
        of_items = pl.DataFrame({"item_id": items, "item": effects[0]})
        of_places = pl.DataFrame({"position": places, "place": effects[1]})

        def predict(asked: pl.DataFrame) -> Floats:
            known = asked.select("item_id", "position").join(of_items, on="item_id", how="left", maintain_order="left")
            known = known.join(of_places, on="position", how="left", maintain_order="left").fill_null(0.0)
            return known.select(mean + pl.col("item") + pl.col("place")).to_series().to_numpy()

        return predict

    def _effects(self, item: pl.Series, place: pl.Series, beyond: Floats) -> tuple[Floats, Floats]:
        """Return the effects of items and of places; a single place has none."""
        counts = np.zeros((item.n_unique(), place.n_unique()))
        sums = np.zeros_like(counts)
        np.add.at(counts, (item, place), 1)
        np.add.at(sums, (item, place), beyond)
        each = counts.sum(axis=1) + self.strength
        shared = counts / each[:, None]
        # Items are solved for in terms of places, of which there are few.
        left = np.diag(counts.sum(axis=0) + self.strength) - counts.T @ shared
        places = np.linalg.solve(left, sums.sum(axis=0) - shared.T @ sums.sum(axis=1))
        places = places if len(places) > 1 else np.zeros(1)
        return (sums.sum(axis=1) - counts @ places) / each, places


class RidgeRewards(Spec):
    """A ridge regression of the reward on features, which are brought to like sizes first.

    Examples:
        >>> rows = pl.DataFrame({"age": [0.0, 1.0, 2.0], "reward": [0.0, 1.0, 2.0]})
        >>> RidgeRewards(features=("age",), ridge=1e-9).fit(rows)(pl.DataFrame({"age": [3.0]})).round(3).tolist()
        [3.0]
    """

    kind: Literal["ridge"] = "ridge"
    """Which model it is."""
    features: tuple[str, ...] = Field(min_length=1)
    """Columns of numbers of feedback and of the target; `position` may be one."""
    ridge: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    """How strongly weights are drawn to 0."""

    @property
    def learns_from(self) -> tuple[str, ...]:
        """Columns that it needs."""
        return self.features

    def fit(self, rows: pl.DataFrame) -> Prediction:
        """Learn from rows of the features and `reward`; of none nothing is expected.

        Raises:
            SchemaError: A feature is missing or no finite number.
        """
        if rows.is_empty():
            return lambda asked: np.zeros(asked.height)
        points, rewards = self._points(rows), rows["reward"].to_numpy()
        centre, spread = points.mean(axis=0), points.std(axis=0)
        spread[spread == 0] = 1.0
        scaled = (points - centre) / spread
        squares = scaled.T @ scaled + self.ridge * np.eye(len(centre))
        weights = np.linalg.solve(squares, scaled.T @ (rewards - rewards.mean()))
        return lambda asked: rewards.mean() + (self._points(asked) - centre) / spread @ weights

    def _points(self, rows: pl.DataFrame) -> Floats:
        columns = [rows[feature].cast(pl.Float64).fill_null(np.nan).to_numpy() for feature in self.features]
        points = np.column_stack(columns)
        if not np.isfinite(points).all():
            raise SchemaError("A feature of the reward model is missing or no finite number in some rows.")
        return points


RewardModel = ItemMeans | RidgeRewards
