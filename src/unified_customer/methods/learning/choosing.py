"""The few columns that tell classes apart best."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from unified_customer.methods.learning.matrices import Floats, Ints, canonical_order, on_one_thread

_RIDGE = 1e-3


@dataclass(frozen=True)
class Chosen:
    """Columns in the order in which they were taken.

    Attributes:
        columns: Their places.
        accuracy: The share of rows told rightly with that column and those before it, across the folds.
    """

    columns: tuple[int, ...]
    accuracy: tuple[float, ...]


def folds_of(classes: Ints, *, folds: int, seed: int) -> Ints:
    """Return the fold of each row, each class spread over all folds."""
    fold = np.empty(len(classes), dtype=np.int64)
    chance = np.random.default_rng(seed)
    for each in np.unique(classes):
        rows = chance.permutation(np.flatnonzero(classes == each))
        fold[rows] = (np.arange(len(rows)) + chance.integers(folds)) % folds
    return fold


def chosen_columns(
    points: Floats, classes: Ints, *, blocks: Sequence[Sequence[int]], at_most: int, folds: int, seed: int
) -> Chosen:
    """Choose blocks of columns one after the other: always the one with which most rows are told rightly out of fold.

    Classes are told by linear discriminants, which need sums alone, so that hundreds of choices take no time. Of blocks
    that do as well it is the one that gives the right class more probability. It ends where no further block helps.

    Args:
        points: One row a point.
        classes: The class of each, from 0.
        blocks: Columns that come together, such as those of one question.
        at_most: So many blocks.
        folds: In how many parts rows are laid, each told by the others.
        seed: Of the parts.

    Returns:
        The blocks by their places.

    References:
        R. A. Fisher (1936): The use of multiple measurements in taxonomic problems.
    """
    order = canonical_order(np.column_stack([classes, points]))
    points, classes = points[order], classes[order]
    with on_one_thread():
        parts = list(_parts(points, classes, folds_of(classes, folds=folds, seed=seed)))
        taken: list[int] = []
        reached: list[tuple[float, float]] = []
        while len(taken) < min(at_most, len(blocks)):
            left = [place for place in range(len(blocks)) if place not in taken]
            tried = {place: _told(parts, [*taken, place], blocks) for place in left}
            best = max(left, key=lambda place: (*tried[place], -place))
            if reached and tried[best] <= reached[-1]:
                break
            taken.append(best)
            reached.append(tried[best])
    return Chosen(tuple(taken), tuple(accuracy for accuracy, _ in reached))


@dataclass(frozen=True)
class _Part:
    """What the other folds say of one fold."""

    points: Floats
    classes: Ints
    means: Floats
    spread: Floats
    shares: Floats


def _parts(points: Floats, classes: Ints, fold: Ints) -> Iterable[_Part]:
    found = np.unique(classes)
    for each in np.unique(fold):
        inside, known = fold == each, classes[fold != each]
        others = points[fold != each]
        sizes = np.array([(known == name).sum() for name in found])
        means = np.stack(
            [
                others[known == name].mean(axis=0) if size else others.mean(axis=0)
                for name, size in zip(found, sizes, strict=True)
            ]
        )
        left = others - means[np.searchsorted(found, known)]
        spread = left.T @ left / max(len(others) - len(found), 1)
        yield _Part(points[inside], np.searchsorted(found, classes[inside]), means, spread, sizes / max(len(others), 1))


def _told(parts: Iterable[_Part], places: Sequence[int], blocks: Sequence[Sequence[int]]) -> tuple[float, float]:
    """Return the share of rows told rightly, and the mean log-probability of the right class."""
    columns = [column for place in places for column in blocks[place]]
    right, sure, rows = 0.0, 0.0, 0
    for part in parts:
        spread = part.spread[np.ix_(columns, columns)] + _RIDGE * np.eye(len(columns))
        means = part.means[:, columns]
        slopes = np.linalg.solve(spread, means.T)
        with np.errstate(divide="ignore"):
            offsets = np.log(part.shares) - (means * slopes.T).sum(axis=1) / 2
        odds = part.points[:, columns] @ slopes + offsets
        raised = odds - odds.max(axis=1, keepdims=True)
        logs = raised - np.log(np.exp(raised).sum(axis=1, keepdims=True))
        right += float((np.argmax(np.round(odds, 9), axis=1) == part.classes).sum())
        sure += float(np.maximum(logs[np.arange(len(logs)), part.classes], -50.0).sum())
        rows += len(logs)
    return right / max(rows, 1), round(sure / max(rows, 1), 9)
