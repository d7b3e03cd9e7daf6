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
from unified_customer.recommendations.histories import WEIGHT, Histories, placed
from unified_customer.recommendations.histories.order import mixed
from unified_customer.recommendations.models.training import Training

_LEAST: Final = 2


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


def random_window(training: Training, *, share: float, seed: int) -> Window:
    """Return a window for what has no times: a share of what customers want is taken away from each by chance.

    Chance goes by places, which come from what customers did: neither names nor the order of rows have a part in it.
    """
    whole = training.histories
    held = (_drawn(whole, seed) < share) & (whole.values(WEIGHT) > 0)
    taken = whole.only(held)
    return Window(
        replace(training, histories=whole.only(~held).learned(), interactions=None),
        taken.matrix(taken.once()),
        f"{share:.0%} held out by chance",
    )


def _drawn(histories: Histories, seed: int) -> npt.NDArray[np.float64]:
    """Return a number from 0 to 1 for each customer and item, as good as drawn by chance."""
    pairs = histories.rows.astype(np.uint64) * np.uint64(len(histories.items)) + histories.places.astype(np.uint64)
    return mixed(pairs ^ mixed(np.array([seed], np.uint64))) / 2.0**64
