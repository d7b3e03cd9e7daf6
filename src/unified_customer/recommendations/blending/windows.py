"""Held-out windows: what was known at an instant, and what customers then did."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import WEIGHT, Floats32, Histories, placed
from unified_customer.recommendations.histories.order import mixed
from unified_customer.recommendations.models.graph_filter import along
from unified_customer.recommendations.models.training import Training

_LEAST: Final = 2
_DIRECTIONS: Final = 64
_CHUNK: Final = 1_000_000


@dataclass(frozen=True, eq=False)
class Window:
    """One look into the past.

    Attributes:
        training: What was known.
        truth: A sparse matrix (CSR) that is 1 where a customer then wanted an item, in the places of the histories.
        title: What it is called.
    """

    training: Training
    truth: Any = field(repr=False)
    title: str

    def people(self, at_most: int) -> Ints:
        """Return the places of customers who were known and then wanted something, spread over all of them."""
        known = (self.training.histories.sizes > 0) & (np.diff(self.truth.indptr) > 0)
        found = np.flatnonzero(known)
        if len(found) <= at_most:
            return found
        marks = mixed(found.astype(np.uint64))
        return np.sort(found[np.argsort(marks, kind="stable")[:at_most]])


def past_windows(training: Training, *, days: float, count: int) -> Iterator[Window]:
    """Yield windows of some days before the as-of instant, the latest first, as far as there is enough before them.

    Args:
        training: What there is, with times.
        days: How long each is.
        count: How many at most.
    """
    interactions = _dated(training)
    first: datetime = interactions.select(pl.col("occurred_at").min()).collect().item()
    for number in range(count):
        until = training.as_of - timedelta(days=days * number)
        since = until - timedelta(days=days)
        if since - first < _LEAST * timedelta(days=days):
            return
        yield _window(training, interactions, since, until)


def _dated(training: Training) -> pl.LazyFrame:
    if training.interactions is None:
        raise ConfigurationError("Interactions without times have no past: hold out a share of them by chance.")
    return training.interactions


def _window(training: Training, interactions: pl.LazyFrame, since: datetime, until: datetime) -> Window:
    at = pl.col("occurred_at")
    before = interactions.filter(at < since)
    known = _placed(training, before, since).learned()
    after = _placed(training, interactions.filter((at >= since) & (at < until)), until)
    return Window(
        replace(training, histories=known, interactions=before, as_of=since),
        _truth(known, after, repeats=training.repeats),
        f"{since:%Y-%m-%d} to {until:%Y-%m-%d}",
    )


def _placed(training: Training, rows: pl.LazyFrame, as_of: datetime) -> Histories:
    whole = training.histories
    half_life = training.half_life_days
    return placed(rows, as_of=as_of, half_life_days=half_life, customers=whole.customers, items=whole.items)


def _truth(known: Histories, after: Histories, *, repeats: bool) -> Any:
    """Return what was wanted later, without what was there before where that may not be recommended."""
    later = after.matrix(after.once())
    if not repeats:
        later = later - later.multiply(known.matrix(np.ones(len(known.places), np.float32)))
    later = later.tocsr()
    later.eliminate_zeros()
    return later


def blocked_window(training: Training, *, share: float, seed: int) -> Window:
    """Return a window for what has no times: from each customer a share of items that belong together is taken away.

    What comes next is not strewn among what was: people come to other places, another season, another taste. To hold out
    single items by chance leaves their nearest kin in what is known, and flatters models that look no further. So an
    item of each customer is drawn, and it is held out with those of the customer's items that are most like it. Chance goes
    by places, which come from what customers did: neither names nor the order of rows have a part in it.

    References:
        D. R. Roberts et al. (2017): Cross-validation strategies for data with temporal, spatial, hierarchical, or
        phylogenetic structure. Ecography 40, 913-929.
    """
    whole = training.histories
    held = _belonging(whole, share=share, seed=seed)
    taken = whole.only(held)
    return Window(
        replace(training, histories=whole.only(~held).learned(), interactions=None),
        taken.matrix(taken.once()),
        f"{share:.0%} of each customer's items, those that belong together",
    )


def _belonging(histories: Histories, *, share: float, seed: int) -> npt.NDArray[np.bool_]:
    """Return which items of each customer are the drawn one and its nearest kin."""
    near = _nearness(histories, seed)
    near[histories.values(WEIGHT) <= 0] = -np.inf
    order = np.lexsort((histories.places, -near, histories.rows))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - histories.starts[histories.rows[order]]
    wanted = np.bincount(histories.rows[histories.values(WEIGHT) > 0], minlength=len(histories))
    return rank < np.round(share * wanted)[histories.rows]


def _nearness(histories: Histories, seed: int) -> Floats32:
    """Return how near each item of each customer is to one of them that is drawn."""
    drawn = _drawn(histories, seed)
    drawn[histories.values(WEIGHT) <= 0] = np.inf
    first = np.lexsort((drawn, histories.rows))[histories.starts[:-1][histories.sizes > 0]]
    centre = np.zeros(len(histories), np.int64)
    centre[histories.sizes > 0] = histories.places[first]
    unit = _directions(histories, seed)
    near = np.empty(len(histories.places), np.float32)
    for start in range(0, len(near), _CHUNK):
        part = slice(start, start + _CHUNK)
        near[part] = np.einsum("ij,ij->i", unit[histories.places[part]], unit[centre[histories.rows[part]]])
    return near


def _directions(histories: Histories, seed: int) -> Floats32:
    """Return unit vectors of items: alike where the same customers want them."""
    size = min(_DIRECTIONS, len(histories), len(histories.items))
    found, _ = along(histories, counts="once", directions=size, seed=seed)
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    return found / np.where(lengths > 0, lengths, np.float32(1))


def _drawn(histories: Histories, seed: int) -> npt.NDArray[np.float64]:
    """Return a number from 0 to 1 for each customer and item, as good as drawn by chance."""
    pairs = histories.rows.astype(np.uint64) * np.uint64(len(histories.items)) + histories.places.astype(np.uint64)
    return mixed(pairs ^ mixed(np.array([seed], np.uint64))) / 2.0**64
