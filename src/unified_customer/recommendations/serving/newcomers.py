"""Histories that a model has not seen: of items in view, and of what happened since it was fitted."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from unified_customer.recommendations.histories import (
    AGE,
    DECAYED,
    SPAN,
    TIMES,
    WEIGHT,
    Floats32,
    Histories,
    Names,
    placed,
)


def of_items(like: Histories, items: Sequence[str]) -> Histories:
    """Return one history, of nobody: each of some items once, just now."""
    places = like.items.places(items)
    found = np.unique(places[places >= 0]).astype(np.int32)
    one, none = np.ones(len(found), np.float32), np.zeros(len(found), np.float32)
    layers = {WEIGHT: one, TIMES: one, DECAYED: one, AGE: none, SPAN: none}
    return Histories(
        customers=Names(pl.Series([""])),
        items=like.items,
        starts=np.array([0, len(found)], np.int64),
        places=found,
        layers={name: layers[name] for name in like.layers},
        origin=np.array([-1]),
    )


def of_customers(histories: Histories, customers: pl.Series) -> Histories:
    """Return the history of each of some customers; an empty one of who is not there."""
    at = histories.customers.places(customers)
    known = histories.taken(at[at >= 0])
    sizes = np.zeros(len(at), np.int64)
    sizes[at >= 0] = known.sizes
    origin = np.full(len(at), -1, np.int64)
    origin[at >= 0] = known.origin
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return replace(known, customers=Names(customers), starts=starts, origin=origin)


def brought_up_to_date(
    histories: Histories, rows: pl.LazyFrame, *, since: datetime, as_of: datetime, half_life_days: float | None
) -> Histories:
    """Return histories with what happened from `since` on, and new customers behind those that are there.

    Args:
        histories: As they were at `since`.
        rows: Interactions before `as_of`; those before `since`, or without a time, of customers who are there are in their
            histories already. Of new customers all count.
        since: The instant of the histories.
        as_of: The instant from which ages are counted now.
        half_life_days: After how many days a weight counts half.
    """
    known = histories.customers.listed
    of_known = pl.col("customer_id").is_in(known.implode())
    later = rows.filter(~of_known | (pl.col("occurred_at") >= since))
    new = later.filter(~of_known).select(pl.col("customer_id").unique().sort()).collect().to_series()
    customers = Names(pl.concat([known, new]))
    added = placed(later, as_of=as_of, half_life_days=half_life_days, customers=customers, items=histories.items)
    return _merged(_aged(histories, as_of - since, half_life_days), added)


def _aged(histories: Histories, time: timedelta, half_life_days: float | None) -> Histories:
    days = np.float32(time / timedelta(days=1))
    fading = np.float32(1.0 if half_life_days is None else np.exp2(-days / half_life_days))
    changed = {AGE: lambda values: values + days, DECAYED: lambda values: values * fading}
    return replace(
        histories,
        layers={
            name: changed[name](values) if name in changed else values for name, values in histories.layers.items()
        },
    )


def _merged(old: Histories, new: Histories) -> Histories:
    """Return the histories of `new`'s customers, of whom `old`'s are the first, with what both tell."""
    rows, places = np.concatenate([old.rows, new.rows]), np.concatenate([old.places, new.places])
    order = np.lexsort((places, rows))
    rows, places = rows[order], places[order]
    first = np.flatnonzero(np.append(True, (np.diff(rows) != 0) | (np.diff(places) != 0))) if len(rows) else order
    layers = {name: np.concatenate([values, _told(new, name)])[order] for name, values in old.layers.items()}
    changed = np.zeros(len(new), np.bool_)
    changed[new.rows] = True
    origin = np.append(old.origin, np.full(len(new) - len(old), -1))
    return replace(
        new,
        starts=np.concatenate([[0], np.cumsum(np.bincount(rows[first], minlength=len(new)))]).astype(np.int64),
        places=places[first],
        layers=_together(layers, first),
        origin=np.where(changed, -1, origin),
    )


def _told(new: Histories, layer: str) -> Floats32:
    missing = {AGE: 0.0, SPAN: 0.0}
    if layer in new.layers or layer == DECAYED:
        return new.values(layer)
    return np.full(len(new.places), missing[layer], np.float32)


def _together(layers: dict[str, Floats32], first: np.ndarray) -> dict[str, Floats32]:
    """Return one value for the entries of each pair of a customer and an item."""
    if not len(first):
        return layers
    told = {name: np.add.reduceat(values, first) for name, values in layers.items() if name not in {AGE, SPAN}}
    if AGE not in layers:
        return told
    last = np.minimum.reduceat(layers[AGE], first)
    longest = np.maximum.reduceat(layers[AGE] + layers[SPAN], first)
    return told | {AGE: last, SPAN: longest - last}
