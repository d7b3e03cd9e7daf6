"""How often, and at what distance, one item follows another within sessions."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from unified_customer.methods.learning import Floats, Ints
from unified_customer.recommendations.sessions.reading import Sessions


@dataclass(frozen=True, eq=False)
class Transitions:
    """A sparse matrix of items and items that follow, one row an item.

    Attributes:
        starts: Where the values of each item start, and where those of the last one end.
        following: The item that follows.
        weights: How much: the sum over sessions, each the less the further apart the two were.
    """

    starts: Ints = field(repr=False)
    following: Ints = field(repr=False)
    weights: Floats = field(repr=False)


def transitions(sessions: Sessions, *, reach: int, fading: float, least_customers: int) -> Transitions:
    """Count which items follow which.

    Args:
        sessions: The sessions.
        reach: Up to so many steps apart.
        fading: What each step further apart counts beside the one before.
        least_customers: What fewer customers did is left out.
    """
    held = pl.concat(_pairs(sessions, reach, fading))
    each = held.group_by("item", "following", "owner").agg(pl.col("weight").sum())
    told = each.group_by("item", "following").agg(pl.col("weight").sum(), customers=pl.len())
    kept = told.filter(pl.col("customers") >= least_customers).sort("item", "following")
    item = kept["item"].to_numpy()
    starts = np.concatenate([[0], np.cumsum(np.bincount(item, minlength=len(sessions.items)))]).astype(np.int64)
    return Transitions(starts, kept["following"].to_numpy(), np.round(kept["weight"].to_numpy(), 9))


def _pairs(sessions: Sessions, reach: int, fading: float) -> Iterator[pl.DataFrame]:
    """Yield the pairs of steps, one distance after the other; of a pair at several distances all count."""
    for distance in range(1, reach + 1):
        near, far = slice(None, -distance), slice(distance, None)
        same = (sessions.session[near] == sessions.session[far]) & (sessions.item[near] != sessions.item[far])
        columns = {
            "item": sessions.item[near][same],
            "following": sessions.item[far][same],
            "owner": sessions.owner[near][same],
        }
        yield pl.DataFrame(columns).with_columns(weight=pl.lit(fading ** (distance - 1)))


def visits(sessions: Sessions, *, least_customers: int) -> Floats:
    """Return how many sessions held each item; 0 of items of fewer customers."""
    told = pl.DataFrame({"session": sessions.session, "item": sessions.item, "owner": sessions.owner})
    held = told.group_by("item").agg(sessions=pl.col("session").n_unique(), customers=pl.col("owner").n_unique())
    kept = held.filter(pl.col("customers") >= least_customers)
    found: Floats = np.bincount(kept["item"].to_numpy(), kept["sessions"].to_numpy(), len(sessions.items)).astype(float)
    return found
