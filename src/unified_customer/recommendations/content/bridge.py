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
_MOST_TRUST: Final = 1000.0


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
        return self.r2 is not None and self.r2 > 0

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
        trust: With how many customers the vector that was learned of an item counts as much as what its content tells.
    """

    ridge: Ridge = field(repr=False)
    evidence: BridgeEvidence
    trust: float

    def predicted(self, content: Floats) -> Floats:
        """Return a vector for each row of content; all 0 where nothing is told, or where content says nothing at all."""
        if not self.evidence.says:
            return np.zeros((len(content), self.ridge.weights.shape[1]))
        return self.ridge.predicted(content) * told_rows(content)[:, None]

    def share(self, customers: Ints) -> Floats:
        """Return how much of the vector of an item comes from its content, by how many customers want it: 1 for none."""
        if not self.evidence.says:
            return np.zeros(len(customers))
        if not self.trust:
            return np.asarray(customers == 0, dtype=np.float64)
        return np.asarray(self.trust / (customers + self.trust), dtype=np.float64)


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
        trust: With how many customers a vector that was learned counts as much as what content tells; None: as the spread
            about what content tells falls with their number (empirical Bayes).
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
        empty = np.zeros((content.shape[1], vectors.shape[1]))
        return Bridge(Ridge(empty, empty[:1].sum(axis=0), 0, targets, None), BridgeEvidence(len(points), *[None] * 4), 0.0)
    ridge = fit_ridge(points, targets, amounts=wanted / (wanted + _SURE), strengths=strengths, folds=folds, seed=seed)
    evidence = _judged(ridge, targets)
    return Bridge(ridge, evidence, trust_of(targets - ridge.held_out, wanted) if trust is None else trust)


_SURE: Final = 10.0


def told_rows(content: Floats) -> npt.NDArray[np.bool_]:
    """Return of which rows anything is told: of all others each number is 0."""
    return np.asarray((content != 0).any(axis=1))


def trust_of(residuals: Floats, customers: Ints) -> float:
    """Return with how many customers what was learned is as sure as what was told, 0 to 1000.

    The spread of what was learned about what was told is taken to be a part that stays and one that falls with the number
    of customers: a + b / n. What was learned then spreads by b / n about what is true, and what is told by a.

    Args:
        residuals: What was learned less what was told, one row an item.
        customers: How many want each, above 0.

    Examples:
        >>> customers = np.array([1, 2, 4, 8])
        >>> round(trust_of(np.sqrt(2 + 6 / customers)[:, None], customers), 6)
        3.0
    """
    spread = (residuals**2).mean(axis=1)
    share = 1 / customers
    about = share - share.mean()
    falls = float(about @ spread / (about @ about)) if (about**2).sum() > 0 else 0.0
    stays = float(spread.mean() - falls * share.mean())
    if falls <= 0:
        return 0.0
    return min(falls / stays, _MOST_TRUST) if stays > 0 else _MOST_TRUST


def _judged(ridge: Ridge, targets: Floats) -> BridgeEvidence:
    told, learned = ridge.held_out - ridge.held_out.mean(axis=0), targets - targets.mean(axis=0)
    size = float(np.linalg.norm(told) * np.linalg.norm(learned))
    near, chance = _same_neighbours(ridge.held_out, targets)
    return BridgeEvidence(len(targets), ridge.r2, float((told * learned).sum()) / size if size > 0 else None, near, chance)


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
