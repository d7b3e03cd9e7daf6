"""Components: records that hang together by likely pairs, and all pairs within them."""

from typing import Final

import numpy as np
import polars as pl

from unified_customer.identity.clusters import components as connected
from unified_customer.identity.matching.arrays import Floats, Ints, starts_mask, within_runs
from unified_customer.identity.matching.blocking import pack

LARGEST: Final = 200
"""Larger components are taken apart at their least likely pairs, bit by bit."""

CERTAIN: Final = 200.0
"""What hangs together by pairs of more bits than this stays together, however much it is."""


def components(records: int, first: Ints, second: Ints, log_odds: Floats, *, least: float) -> Ints:
    """Return for each record the number of its component.

    Args:
        records: How many there are.
        first: Positions of the one record of each candidate pair.
        second: Positions of the other.
        log_odds: The odds of each pair in bits.
        least: Only pairs with more hold records together. In components of more than `LARGEST` records it is raised by
            a bit at a time until they fall apart.
    """
    kept = log_odds > least
    first, second, log_odds = first[kept], second[kept], log_odds[kept]
    labels = connected(records, pl.DataFrame({"a": first, "b": second})).astype(np.int64)
    large = np.bincount(labels)[labels] > LARGEST
    if not large.any() or least > CERTAIN:
        return labels
    members = np.flatnonzero(large)
    inner = large[first]
    places = np.full(records, -1, dtype=np.int64)
    places[members] = np.arange(len(members))
    parts = components(len(members), places[first[inner]], places[second[inner]], log_odds[inner], least=least + 1)
    labels[members] = parts + labels.max(initial=0) + 1
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def pairs_of(labels: Ints) -> Ints:
    """Return all pairs of records of one label, packed, in ascending order."""
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(starts_mask(labels[order]))
    sizes = np.diff(np.append(starts, len(labels)))
    first, second = within_runs(starts, sizes)
    return np.sort(pack(len(labels), order[first], order[second]))
