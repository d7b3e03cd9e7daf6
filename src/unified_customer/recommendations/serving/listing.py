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
from unified_customer.recommendations.rules.picked import Picked
from unified_customer.recommendations.rules.prepared import Prepared
from unified_customer.recommendations.serving.recommended import OWN, POPULAR, TABLE, Recommendations

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


def listed(scorer: Scorer, histories: Histories, asked: Asked) -> Recommendations:
    """Return a list for each history, and why where it is shorter than was asked for."""
    return by_scores(np.asarray(scorer.scores(histories), dtype=np.float32), histories, asked)


def by_scores(scores: Floats32, histories: Histories, asked: Asked, *, basis: str = OWN) -> Recommendations:
    """Return a list for each history by scores that are there.

    Args:
        scores: A row for each history and a column for each item; 0 says nothing of an item.
        histories: What each customer did.
        asked: What lists are to be like.
        basis: What scores other than 0 come from.
    """
    picked = asked.rules.pick(scores, histories, asked.n, repeats=asked.repeats)
    places = np.maximum(picked.places, 0)
    bases = np.where(np.take_along_axis(scores, places, axis=1) == 0, POPULAR, basis)
    return Recommendations(_table(picked, bases, histories), picked.shortfall(histories.customers.listed))


def _table(picked: Picked, bases: npt.NDArray[np.str_], histories: Histories) -> pl.DataFrame:
    """Return a row for each place of each list."""
    rows, ranks = np.nonzero(picked.places >= 0)
    told = {
        "customer_id": histories.customers.listed.gather(rows),
        "rank": ranks + 1,
        "item_id": histories.items.listed.gather(picked.places[rows, ranks]),
        "score": picked.scores[rows, ranks].astype(np.float64),
        "basis": pl.Series(bases[rows, ranks], dtype=pl.String),
    }
    return pl.DataFrame(told, schema=TABLE)
