"""The kinds of sets."""

from collections.abc import Callable, Mapping
from typing import Final

import polars as pl

from benchmarks.populations.chance import Rng, generator
from benchmarks.populations.households import households
from benchmarks.populations.mailboxes import shared_mailboxes
from benchmarks.populations.organisations import companies
from benchmarks.populations.plain import hasty, link, plain
from benchmarks.populations.restaurants import restaurants
from benchmarks.populations.sources import five_sources

KINDS: Final[Mapping[str, Callable[[Rng, int, int], pl.DataFrame]]] = {
    "plain": plain,
    "hasty": hasty,
    "households": households,
    "mailboxes": shared_mailboxes,
    "five_sources": five_sources,
    "link": link,
    "companies": companies,
    "restaurants": restaurants,
}


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
