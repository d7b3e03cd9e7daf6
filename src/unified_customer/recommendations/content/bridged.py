"""A collaborative model that knows by content what few people or none have touched."""

from dataclasses import dataclass, field, replace

import numpy as np
from pydantic import Field, SerializeAsAny

from unified_customer.methods.learning import Floats, Ints
from unified_customer.recommendations.content.alike import in_directions
from unified_customer.recommendations.content.bridge import Bridge, learned_bridge, told_rows
from unified_customer.recommendations.content.reading import ReadsContent
from unified_customer.recommendations.content.spaces import space_of
from unified_customer.recommendations.content.spec import Content, directions_of
from unified_customer.recommendations.histories import WEIGHT, Floats32, Histories
from unified_customer.recommendations.models.scoring import Scorer
from unified_customer.recommendations.models.spec import RecommenderSpec
from unified_customer.recommendations.models.training import Training
from unified_customer.recommendations.models.vectored import Vectored, taste_of, vectors_of

_LEAST_SHARE = 0.01


@dataclass(frozen=True, eq=False)
class Bridged:
    """Scores of a collaborative model, where few customers or none want an item mixed with what its content tells.

    Attributes:
        inner: The collaborative model.
        space: The same with vectors.
        bridge: How vectors follow from content, and how well.
        places: The items that are mixed.
        vectors: What their content tells, one row each.
        share: How much of each comes from content: 1 where nobody wants the item.
    """

    inner: Scorer = field(repr=False)
    space: Vectored = field(repr=False)
    bridge: Bridge
    places: Ints = field(repr=False)
    vectors: Floats32 = field(repr=False)
    share: Floats32 = field(repr=False)

    def scores(self, histories: Histories) -> Floats32:
        """Return a score for each row and each item; 0 for items that nobody wants and of which nothing is told."""
        found = np.array(self.inner.scores(histories), dtype=np.float32)
        told = taste_of(self.space, histories) @ self.vectors.T
        found[:, self.places] = (1 - self.share) * found[:, self.places] + self.share * told
        return found

    def similar(self, places: Ints) -> Floats32:
        """Return the cosine between the vectors of each of some items and of each item."""
        size = np.linalg.norm(self.mixed, axis=1, keepdims=True)
        unit = self.mixed / np.where(size > 0, size, np.float32(1))
        return np.asarray(unit[places] @ unit.T)

    @property
    def mixed(self) -> Floats32:
        """The vector of each item, mixed with what its content tells."""
        found = np.array(vectors_of(self.space), dtype=np.float32)
        share = self.share[:, None]
        found[self.places] = (1 - share) * found[self.places] + share * self.vectors
        return found

    def evidence(self, history: Histories, place: int) -> Floats32:
        """Return how much each item of a history of one row adds to the score of an item."""
        learned = self.inner.evidence(history, place)
        at = np.flatnonzero(self.places == place)
        if not len(at):
            return learned
        share = self.share[at[0]]
        told = self.space.adds(history, self.vectors[at[0]])
        return np.asarray((1 - share) * learned + share * told, dtype=np.float32)

    def kept(self, rows: Ints) -> "Bridged":
        """Return the model with what it holds of some customers, and of nobody else."""
        inner = self.inner.kept(rows)
        if self.space is self.inner and isinstance(inner, Vectored):
            return replace(self, inner=inner, space=inner)
        return replace(self, inner=inner, space=self.space.kept(rows))


class WithContent(ReadsContent):
    """A collaborative model that is told by their content what new items are like.

    How its vectors of items follow from content is learned from the items that it knows, and judged on some that are held
    out. Where content says nothing, items without customers keep the score 0.
    """

    model: SerializeAsAny[RecommenderSpec]
    """The collaborative model: one of factors, or a linear one."""
    content: Content = Content(repeats=True)
    """How content is read."""
    columns: int = Field(default=256, gt=0)
    """Along how many directions content is looked at."""
    directions: int = Field(default=128, gt=0)
    """Along how many directions a linear model is looked at."""
    folds: int = Field(default=5, gt=1)
    """In how many parts items are held out."""
    trust: float | None = Field(default=None, ge=0)
    """With how many customers what was learned of an item counts as much as what its content tells; None: by how much of it
    the vectors of items with few customers have already."""
    seed: int = 0
    """Of the parts, and of the start of the search for directions."""

    def learn(self, training: Training) -> Bridged:
        """Return what is learned.

        Raises:
            ConfigurationError: The model has no vectors of items, or the catalogue tells nothing of any item.
        """
        inner = self.model.learn(training)
        space = space_of(inner, directions=self.directions, seed=self.seed)
        content = self._content(training)
        customers = wanted_by(training.histories)
        bridge = learned_bridge(
            content, vectors_of(space).astype(np.float64), customers, folds=self.folds, trust=self.trust, seed=self.seed
        )
        share = bridge.share(customers) * told_rows(content)
        places = np.flatnonzero(share >= _LEAST_SHARE)
        vectors = bridge.predicted(content[places]).astype(np.float32)
        return Bridged(inner, space, bridge, places, vectors, share[places].astype(np.float32))

    def _content(self, training: Training) -> Floats:
        alike = self.content.learn(training)
        if alike.directions is not None:
            return np.asarray(alike.items, dtype=np.float64)
        along = directions_of(alike.items, columns=self.columns, seed=self.seed)
        return np.asarray(in_directions(alike.items, along), dtype=np.float64)


def wanted_by(histories: Histories) -> Ints:
    """Return how many customers want each item."""
    wanted = histories.values(WEIGHT) > 0
    return np.bincount(histories.places[wanted], minlength=len(histories.items)).astype(np.int64)
