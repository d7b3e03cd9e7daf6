"""`Hybrid`: several models, weighed by what customers did in windows that were held out."""

from collections.abc import Mapping
from datetime import datetime
from itertools import chain
from typing import Final

import numpy as np
from pydantic import Field, SerializeAsAny

from unified_customer.core.errors import ConfigurationError
from unified_customer.engines.portable import Native
from unified_customer.methods.learning import Floats
from unified_customer.recommendations.blending.blend import Blend
from unified_customer.recommendations.blending.pools import pools
from unified_customer.recommendations.blending.portfolio import portfolio
from unified_customer.recommendations.blending.selection import both_weights, even_weights
from unified_customer.recommendations.blending.windows import Window, past_windows, random_window
from unified_customer.recommendations.content.widening import with_items
from unified_customer.recommendations.models.scoring import Scorer
from unified_customer.recommendations.models.spec import RecommenderSpec
from unified_customer.recommendations.models.training import Training

_DEPTH: Final = 100


class Hybrid(RecommenderSpec):
    """A blend of models: each brought to one scale for every customer, with weights that windows of the past teach.

    The weights of several windows are averaged, so that no window that happens to be odd decides. Where interactions have
    no times the past cannot be played again: a share is held out by chance, and weights are drawn to an even mean.
    """

    parts: Mapping[str, SerializeAsAny[RecommenderSpec]] | None = None
    """The models by name; None: those of `portfolio`."""
    weights: Mapping[str, float] | None = None
    """The weight of each; None: learned from held-out windows."""
    window_days: float = Field(default=30, gt=0)
    """How long a held-out window is."""
    windows: int = Field(default=2, gt=0)
    """How many windows of the past are held out, where interactions have times."""
    share: float = Field(default=0.2, gt=0, lt=1)
    """The share that is held out by chance where they have none."""
    people: int = Field(default=3000, gt=0)
    """At most so many customers of a window teach the weights."""
    k: int = Field(default=10, gt=0)
    """The length of list that weights are chosen for."""
    least: float = Field(default=0.02, ge=0, lt=1)
    """A part with a smaller share of the weights is left out."""
    seed: int = 0
    """Of what is held out by chance."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the tables that `fit` reads: those of all parts."""
        named = [super().needs, *(part.needs for part in (self.parts or {}).values())]
        return tuple(dict.fromkeys(chain.from_iterable(named)))

    def training(self, tables: Mapping[str, Native], *, as_of: datetime) -> Training:
        """Return what there is to learn from, with the catalogue of that time where a part reads it."""
        found = super().training(tables, as_of=as_of)
        return with_items(found, tables) if "items" in self.needs else found

    def learn(self, training: Training) -> Scorer:
        """Return what is learned."""
        parts = portfolio(training) if self.parts is None else self.parts
        weights = self._weights(training, parts) if self.weights is None else self.weights
        kept = {name: weight for name, weight in weights.items() if weight >= self.least * sum(weights.values())}
        return Blend({name: parts[name].learn(training) for name in kept}, kept, self.repeats)

    def _weights(self, training: Training, parts: Mapping[str, RecommenderSpec]) -> dict[str, float]:
        windows = [window for window in held_out(self, training) if len(window.people(1))]
        found = [self._of_window(window, parts) for window in windows]
        if not found:
            raise ConfigurationError("There is too little to hold out a window: name the weights of the parts.")
        return dict(zip(parts, np.mean(found, axis=0).tolist(), strict=True))

    def _of_window(self, window: Window, parts: Mapping[str, RecommenderSpec]) -> Floats:
        fitted = {name: part.learn(window.training) for name, part in parts.items()}
        people = window.people(self.people)
        pool = pools(fitted, window, people, depth=_DEPTH)
        weights = both_weights(pool, k=self.k)
        if window.training.histories.timed:
            return weights
        families = {name: type(part).__name__ for name, part in parts.items()}
        return (weights + even_weights(pool, families, k=self.k)) / 2


def held_out(spec: Hybrid, training: Training) -> list[Window]:
    """Return the windows that are held out."""
    if training.histories.timed:
        return list(past_windows(training, days=spec.window_days, count=spec.windows))
    return [random_window(training, share=spec.share, seed=spec.seed)]
