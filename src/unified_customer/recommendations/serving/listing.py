"""From scores to lists: by rules, some customers at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import Floats32, Histories
from unified_customer.recommendations.models.scoring import Scorer
from unified_customer.recommendations.rules.personal import HAD
from unified_customer.recommendations.rules.picked import Picked
from unified_customer.recommendations.rules.prepared import Prepared
from unified_customer.recommendations.rules.spec import Rules
from unified_customer.recommendations.serving.recommended import OWN, POPULAR, TABLE, Recommendations
from unified_customer.recommendations.serving.searching import ItemIndex, lists_by

_CELLS: Final = 16_000_000
"""So many scores are worked out at a time."""


@dataclass(frozen=True, eq=False)
class Asked:
    """What lists are to be like.

    Attributes:
        n: How many items each.
        repeats: Whether what a customer has may be recommended where the rules do not say so.
        rules: Rules that are ready.
    """

    n: int
    repeats: bool
    rules: Prepared


def in_parts(histories: Histories, rows: Ints) -> Iterator[Histories]:
    """Yield some histories at a time, as many as scores fit into memory for."""
    at_once = max(1, _CELLS // max(len(histories.items), 1))
    for start in range(0, len(rows), at_once):
        yield histories.taken(rows[start : start + at_once])


def listed(scorer: Scorer, histories: Histories, asked: Asked, index: ItemIndex | None = None) -> Recommendations:
    """Return a list for each history, and why where it is shorter than was asked for.

    Args:
        scorer: The model.
        histories: What each customer did.
        asked: What lists are to be like.
        index: What finds items without scoring all of them, where no rules are to be kept.
    """
    if index is not None and asked.rules.rules == Rules():
        return _found(index, scorer, histories, asked)
    return by_scores(np.asarray(scorer.scores(histories), dtype=np.float32), histories, asked)


def _found(index: ItemIndex, scorer: Scorer, histories: Histories, asked: Asked) -> Recommendations:
    """Return lists by an index."""
    top, worth = lists_by(index, scorer, histories, n=asked.n, repeats=asked.repeats)
    short = np.flatnonzero((top >= 0).sum(axis=1) < asked.n)
    reasons = {int(row): {HAD: int(histories.sizes[row])} if not asked.repeats else {} for row in short}
    places = np.full((len(top), asked.n), -1, np.int64)
    places[:, : top.shape[1]] = top
    picked = Picked(places, worth, reasons, len(histories.items))
    return Recommendations(_table(picked, worth != 0, OWN, histories), picked.shortfall(histories.customers.listed))


def by_scores(scores: Floats32, histories: Histories, asked: Asked, *, basis: str = OWN) -> Recommendations:
    """Return a list for each history by scores that are there; these may be written over.

    Args:
        scores: A row for each history and a column for each item; 0 says nothing of an item.
        histories: What each customer did.
        asked: What lists are to be like.
        basis: What scores other than 0 come from.
    """
    picked = asked.rules.pick(scores, histories, asked.n, repeats=asked.repeats, overwrite=True)
    places = np.maximum(picked.places, 0)
    known = np.take_along_axis(scores, places, axis=1) != 0
    if basis == OWN:
        known &= (histories.sizes > 0)[:, None]
    return Recommendations(_table(picked, known, basis, histories), picked.shortfall(histories.customers.listed))


def _table(picked: Picked, known: npt.NDArray[np.bool_], basis: str, histories: Histories) -> pl.DataFrame:
    """Return a row for each place of each list; of what the model knows something the basis is told."""
    rows, ranks = np.nonzero(picked.places >= 0)
    told = {
        "customer_id": histories.customers.listed.gather(rows),
        "rank": ranks + 1,
        "item_id": histories.items.listed.gather(picked.places[rows, ranks]),
        "score": picked.scores[rows, ranks].astype(np.float64),
        "basis": pl.Series([POPULAR, basis]).gather(known[rows, ranks].astype(np.int64)),
    }
    return pl.DataFrame(told, schema=TABLE)
