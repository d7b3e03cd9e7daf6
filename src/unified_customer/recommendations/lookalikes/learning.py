"""How members are told from others."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from unified_customer.methods.learning import Classes, Floats, Ints, canonical_order, fit_classes, folds_of


@dataclass(frozen=True, eq=False)
class Learned:
    """What was learned of members.

    Attributes:
        centre: The mean direction of members; None: every column counts by itself.
        classes: The probabilities of others and members.
    """

    centre: Floats | None = field(repr=False)
    classes: Classes = field(repr=False)

    def scores(self, points: Floats) -> Floats:
        """Return how likely each point is a member."""
        found: Floats = self.classes.probabilities(_seen(points, self.centre))[:, 1]
        return found


def learned(points: Floats, members: Ints, *, by: Literal["regression", "centre"], penalty: float) -> Learned:
    """Learn to tell members (1) from others (0), rows in any order."""
    order = canonical_order(np.column_stack([members, points]))
    points, members = points[order], members[order]
    centre = _unit(_unit(points[members == 1]).mean(axis=0, keepdims=True))[0] if by == "centre" else None
    return Learned(centre, fit_classes(_seen(points, centre), members, of=2, penalty=penalty))


def out_of_fold(
    points: Floats, members: Ints, *, by: Literal["regression", "centre"], penalty: float, folds: int, seed: int
) -> Floats:
    """Return the score of each row by what the other folds tell."""
    order = canonical_order(np.column_stack([members, points]))
    fold = np.empty(len(order), np.int64)
    fold[order] = folds_of(members[order], folds=folds, seed=seed)
    scores = np.empty(len(points))
    for each in range(folds):
        inside = fold == each
        found = learned(points[~inside], members[~inside], by=by, penalty=penalty)
        scores[inside] = found.scores(points[inside])
    return scores


def _seen(points: Floats, centre: Floats | None) -> Floats:
    return points if centre is None else (_unit(points) @ centre)[:, None] * len(centre) ** 0.5


def _unit(points: Floats) -> Floats:
    lengths = np.sqrt((points**2).sum(axis=1, keepdims=True))
    found: Floats = points / np.where(lengths > 0, lengths, 1)
    return found
