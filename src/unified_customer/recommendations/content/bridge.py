"""From content to the vectors of a collaborative model: what an item would be like to customers, by what is told of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from unified_customer.methods.learning import Floats, Ints, Ridge, fit_ridge

STRENGTHS: Final = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)
_NEAREST: Final = 10
_LOOKED_AT: Final = 2000
LEAST: Final = 0.01
"""Content that tells a smaller share of the spread of vectors says nothing: so much may be chance."""
HALVES: Final = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0)
_SURE: Final = 10.0


@dataclass(frozen=True, eq=False)
class BridgeEvidence:
    """How well vectors follow from content, on items that were held out.

    Attributes:
        items: How many items it was learned from.
        r2: The share of the spread of vectors that content tells, each item as much as it counts; below 0 it tells less than
            their mean; None: there is nothing to tell.
        correlation: Of what is told and what was learned, all numbers about their means; None: one of them is the same for
            all.
        neighbours: The share of the 10 nearest items of an item that are nearest to what content tells of it too; None:
            there are too few items.
        by_chance: The same, if content told nothing.
    """

    items: int
    r2: float | None
    correlation: float | None
    neighbours: float | None
    by_chance: float | None

    @property
    def says(self) -> bool:
        """Whether content says anything of the vectors of items that were not there."""
        return self.r2 is not None and self.r2 > LEAST

    def __str__(self) -> str:
        """Return it as a sentence."""
        if not self.says:
            told = "no two vectors differ" if self.r2 is None else f"R2 on items held out is {self.r2:.3f}"
            return f"Content says nothing of the vectors of {self.items} items ({told}): items without customers have no score."
        near = (
            ""
            if self.neighbours is None
            else f", {self.neighbours:.0%} of nearest items (by chance {self.by_chance:.0%})"
        )
        return f"Content tells {self.r2:.1%} of the spread of vectors of items held out{near}; learned from {self.items} items."


@dataclass(frozen=True, eq=False)
class Bridge:
    """How the vectors of a collaborative model follow from content.

    Attributes:
        ridge: The regression.
        evidence: How well it does on items that were held out.
        learning: How much of what content tells the vectors have that were learned, by how many customers want an item.
    """

    ridge: Ridge = field(repr=False)
    evidence: BridgeEvidence
    learning: "Learning"

    def predicted(self, content: Floats) -> Floats:
        """Return a vector for each row of content; all 0 where nothing is told, or where content says nothing at all."""
        if not self.evidence.says:
            return np.zeros((len(content), self.ridge.weights.shape[1]))
        return self.ridge.predicted(content) * told_rows(content)[:, None]

    def share(self, customers: Ints) -> Floats:
        """Return how much of the vector of an item comes from its content, by how many customers want it: 1 for none."""
        if not self.evidence.says:
            return np.zeros(len(customers))
        return 1 - self.learning.of(customers)


@dataclass(frozen=True)
class Learning:
    """How much of what there is to know of an item its learned vector has, by n customers who want it: limit * n / (n + half).

    Models draw vectors of items that few want towards 0: that is what content can make up for.

    Attributes:
        half: With how many customers it is half of the limit.
        limit: What it would come to; all above 1 is 1.
    """

    half: float
    limit: float = 1.0

    def of(self, customers: Ints) -> Floats:
        """Return it for numbers of customers, 0 to 1; 0 for none.

        Examples:
            >>> Learning(half=10, limit=1.5).of(np.array([0, 10, 1000])).tolist()
            [0.0, 0.75, 1.0]
        """
        number = np.asarray(customers, dtype=np.float64)
        among = number + self.half
        return np.asarray(np.minimum(self.limit * number / np.where(among > 0, among, 1), 1), dtype=np.float64)


def learned_bridge(
    content: Floats,
    vectors: Floats,
    customers: Ints,
    *,
    strengths: Sequence[float] = STRENGTHS,
    folds: int = 5,
    trust: float | None = None,
    seed: int = 0,
) -> Bridge:
    """Learn how vectors of items follow from their content, items in any order.

    An item counts the more the more customers want it, since its vector is the surer: n / (n + 10) for n of them. Items that
    nobody wants, or of which nothing is told, teach nothing.

    Args:
        content: One row an item, as `told_rows` reads it.
        vectors: One row an item, what a collaborative model has learned.
        customers: How many want each.
        strengths: What squares of weights may cost; the one that tells items held out best is taken.
        folds: In how many parts items are held out.
        trust: With how many customers a vector that was learned counts as much as what content tells; None: vectors that were
            learned tell it (empirical Bayes): those of items with few customers lack a part of what content tells of items
            held out, and that part alone comes from content.
        seed: Of the parts.

    References:
        Z. Gantner, L. Drumond, C. Freudenthaler, S. Rendle, L. Schmidt-Thieme (2010): Learning attribute-to-feature mappings
        for cold-start recommendations. ICDM, 176-185.
        B. Efron, C. Morris (1975): Data analysis using Stein's estimator and its generalizations. JASA 70, 311-319.

    Examples:
        >>> content = np.vstack([np.eye(2)] * 10)
        >>> bridge = learned_bridge(content, content @ [[2.0], [-2.0]], np.full(20, 50))
        >>> bridge.predicted(np.array([[1.0, 0.0], [0.0, 0.0]])).round(1).tolist(), bridge.evidence.says
        ([[2.0], [0.0]], True)
    """
    learned = told_rows(content) & (customers > 0)
    points, targets, wanted = content[learned], vectors[learned].astype(np.float64), customers[learned]
    if len(points) < 2:
        return _nothing(content.shape[1], targets)
    ridge = fit_ridge(points, targets, amounts=wanted / (wanted + _SURE), strengths=strengths, folds=folds, seed=seed)
    learning = how_learned(targets, ridge.held_out, wanted) if trust is None else Learning(trust)
    return Bridge(ridge, _judged(ridge, targets), learning)


def _nothing(columns: int, targets: Floats) -> Bridge:
    size = targets.shape[1]
    ridge = Ridge(np.zeros((columns, size)), np.zeros(size), 0, targets, None)
    return Bridge(ridge, BridgeEvidence(len(targets), None, None, None, None), Learning(0))


def told_rows(content: Floats) -> npt.NDArray[np.bool_]:
    """Return of which rows anything is told: of all others each number is 0."""
    return np.asarray((content != 0).any(axis=1))


def how_learned(learned: Floats, told: Floats, customers: Ints) -> Learning:
    """Return how much of what content tells vectors have, by how many customers want an item (least squares).

    Args:
        learned: One row an item.
        told: What content tells of it, learned without it.
        customers: How many want each, above 0.

    Examples:
        >>> customers = np.array([1, 4, 12, 60])
        >>> told = np.ones((4, 2))
        >>> how_learned(told * (2 * customers / (customers + 4))[:, None], told, customers)
        Learning(half=4.0, limit=2.0)
    """
    both, own, number = (told * learned).sum(axis=1), (told**2).sum(axis=1), customers.astype(np.float64)
    shares = [number / (number + half) for half in HALVES]
    fits = [(max(float(share @ both), 0), float(share**2 @ own)) for share in shares]
    explained = [top * top / below if below > 0 else 0.0 for top, below in fits]
    best = int(np.argmax(explained))
    top, below = fits[best]
    return Learning(HALVES[best], max(top / below, 1.0) if below > 0 else 1.0)


def _judged(ridge: Ridge, targets: Floats) -> BridgeEvidence:
    told, learned = ridge.held_out - ridge.held_out.mean(axis=0), targets - targets.mean(axis=0)
    size = float(np.linalg.norm(told) * np.linalg.norm(learned))
    near, chance = _same_neighbours(ridge.held_out, targets)
    return BridgeEvidence(
        len(targets), ridge.r2, float((told * learned).sum()) / size if size > 0 else None, near, chance
    )


def _same_neighbours(told: Floats, learned: Floats) -> tuple[float | None, float | None]:
    """Return the share of nearest items by what was learned that are nearest by what was told, and that by chance."""
    others = len(learned) - 1
    if others <= _NEAREST:
        return None, None
    rows = np.unique(np.linspace(0, others, min(others + 1, _LOOKED_AT)).astype(np.int64))
    true, found = (_nearest(_unit(each)[rows], _unit(learned), rows) for each in (learned, told))
    same = [len(np.intersect1d(one, two)) for one, two in zip(true, found, strict=True)]
    return float(np.mean(same)) / _NEAREST, _NEAREST / others


def _nearest(rows: Floats, all_of_them: Floats, own: Ints) -> Ints:
    alike = rows @ all_of_them.T
    alike[np.arange(len(own)), own] = -np.inf
    return np.argpartition(-alike, _NEAREST, axis=1)[:, :_NEAREST]


def _unit(rows: Floats) -> Floats:
    size = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(size > 0, size, 1))
