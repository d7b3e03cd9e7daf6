"""Chance that hangs on ids and a seed alone, so that neither the order of rows nor other customers have a part in it."""

from hashlib import blake2b
from typing import Final, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

Chances: TypeAlias = NDArray[np.uint64]

_MIX: Final = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))


def chances(ids: pl.Series, *, seed: int) -> Chances:
    """Return a number for each id, all 64-bit numbers alike: its BLAKE2b digest, keyed by the seed.

    Examples:
        >>> drawn = chances(pl.Series(["ann", "bob", "ann"]), seed=0)
        >>> bool(drawn[0] == drawn[2] != drawn[1])
        True
    """
    distinct = ids.unique(maintain_order=True)
    key = str(seed).encode()[:64]
    digests = (blake2b(each.encode("utf-8", "surrogatepass"), digest_size=8, key=key).digest() for each in distinct)
    numbers = np.fromiter((int.from_bytes(each, "little") for each in digests), dtype=np.uint64, count=len(distinct))
    table = pl.DataFrame({"id": distinct, "chance": numbers})
    found = pl.DataFrame({"id": ids}).join(table, on="id", how="left", maintain_order="left")
    return found["chance"].to_numpy()


def chances_of_pairs(customers: pl.Series, items: pl.Series, *, seed: int) -> Chances:
    """Return a number for each pair of a customer and an item.

    References:
        Steele, G. L., Lea, D. and Flood, C. H. (2014). Fast splittable pseudorandom number generators. OOPSLA.
    """
    own, other = chances(customers, seed=seed), chances(items, seed=seed)
    mixed: Chances = own ^ (other << np.uint64(1) | other >> np.uint64(63))
    for shift, factor in _MIX:
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))


def shares(drawn: Chances) -> NDArray[np.float64]:
    """Return chances as numbers from 0 to below 1."""
    return np.asarray((drawn >> np.uint64(11)) / 2.0**53, dtype=np.float64)
