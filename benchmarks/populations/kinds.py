"""The kinds of sets."""

from collections.abc import Callable, Mapping
from typing import Final

import polars as pl

from benchmarks.populations.chance import Rng, generator
from benchmarks.populations.plain import link, plain

KINDS: Final[Mapping[str, Callable[[Rng, int, int], pl.DataFrame]]] = {"plain": plain, "link": link}


def population(kind: str, *, rows: int, seed: int) -> pl.DataFrame:
    """Return one set.

    Args:
        kind: One of `KINDS`.
        rows: Number of records.
        seed: Seed of all randomness.

    Returns:
        `record_id`, `source`, the fields as texts or null, and `cluster_id`, the truth.
    """
    return KINDS[kind](generator(kind, seed), rows, seed)
