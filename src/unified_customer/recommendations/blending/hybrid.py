"""`Hybrid`: several models, weighed by what customers did in windows that were held out."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field, SerializeAsAny

from unified_customer.core.errors import ConfigurationError
from unified_customer.recommendations.blending.blend import Blend
from unified_customer.recommendations.blending.portfolio import portfolio
from unified_customer.recommendations.blending.trials import Trials, beside
from unified_customer.recommendations.blending.trying import tried
from unified_customer.recommendations.blending.windows import Window, past_windows, random_window
from unified_customer.recommendations.content.reading import ReadsContent
from unified_customer.recommendations.models.scoring import Scorer
from unified_customer.recommendations.models.spec import RecommenderSpec
from unified_customer.recommendations.models.training import Training


class Hybrid(ReadsContent):
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
    people: int = Field(default=5000, gt=0)
    """At most so many customers of a window teach the weights."""
    k: int = Field(default=10, gt=0)
    """The length of list that weights are chosen for."""
    least: float = Field(default=0.02, ge=0, lt=1)
    """A part with a smaller share of the weights is left out."""
    seed: int = 0
    """Of what is held out by chance."""

    def learn(self, training: Training) -> Scorer:
        """Return what is learned.

        Raises:
            ConfigurationError: There is too little to hold out a window.
        """
        parts = portfolio(training) if self.parts is None else self.parts
        weights, trials = (self.weights, None) if self.weights is not None else self._tried(training, parts)
        kept = {name: weight for name, weight in weights.items() if weight >= self.least * sum(weights.values())}
        return Blend({name: parts[name].learn(training) for name in kept}, kept, self.repeats, trials)

    def _tried(self, training: Training, parts: Mapping[str, RecommenderSpec]) -> tuple[dict[str, float], Trials]:
        windows = held_out(self, training)
        if not windows:
            raise ConfigurationError("There is too little to hold out a window: name the weights of the parts.")
        found = [tried(parts, window, people=self.people, k=self.k) for window in windows]
        weights = np.mean([weights for weights, _ in found], axis=0)
        return dict(zip(parts, weights.tolist(), strict=True)), beside([trials for _, trials in found])


def held_out(spec: Hybrid, training: Training) -> list[Window]:
    """Return the windows that are held out: of the past if there is enough of it, else one by chance."""
    past = past_windows(training, days=spec.window_days, count=spec.windows) if training.histories.timed else ()
    found = [window for window in past if len(window.people(1))]
    by_chance = [random_window(training, share=spec.share, seed=spec.seed)] if not found else []
    return [*found, *(window for window in by_chance if len(window.people(1)))]
