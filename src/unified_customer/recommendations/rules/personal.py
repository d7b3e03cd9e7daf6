"""Hard rules that differ from customer to customer: what is had already, and what has been shown often enough."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import AGE, Histories
from unified_customer.recommendations.rules.parts import Again, Frequency
from unified_customer.recommendations.rules.shown import ENDLESS, Shown
from unified_customer.recommendations.rules.spec import Rules

HAD: Final = "had already"


@dataclass(frozen=True, eq=False)
class Out:
    """What one rule takes out.

    Attributes:
        label: What is said of such items.
        rows: The lists from which it takes something out.
        places: Which item.
    """

    label: str
    rows: Ints = field(repr=False)
    places: Ints = field(repr=False)


@dataclass(frozen=True, eq=False)
class Personal:
    """What is out for single customers.

    Attributes:
        out: What each rule takes out.
        left: How many items each customer may be shown.
    """

    out: tuple[Out, ...]
    left: Ints = field(repr=False)


def personal(rules: Rules, histories: Histories, seen: Shown | None, *, repeats: bool) -> Personal:
    """Return what is out for single customers.

    Args:
        rules: The rules.
        histories: What each of them did.
        seen: What they have been shown often enough.
        repeats: Whether what is in a history may be recommended where the rules do not say so.

    Raises:
        ConfigurationError: Histories have no times by which it could be told what may be recommended again.
    """
    had = _had(rules.owned or ("include" if repeats else "exclude"), histories)
    if seen is None:
        return Personal(had, np.full(len(histories), ENDLESS, np.int64))
    often, left = _often(rules.frequency, histories.customers.listed, seen)
    return Personal((*had, *often), left)


def _had(owned: "str | Again", histories: Histories) -> tuple[Out, ...]:
    rows, places = histories.rows, histories.places.astype(np.int64)
    if owned == "include" or not len(rows):
        return ()
    if not isinstance(owned, Again):
        return (Out(HAD, rows, places),)
    if not histories.timed:
        raise ConfigurationError("Interactions have no times: nothing tells when an item may be recommended again.")
    since = histories.values(AGE) < owned.after_days
    return (Out(f"had in the last {owned.after_days:g} days", rows[since], places[since]),)


def _often(frequency: Sequence[Frequency], customers: pl.Series, seen: Shown) -> tuple[tuple[Out, ...], Ints]:
    rows, places, rules, left = seen.of(customers)
    by_rule = [Out(rule.in_words(), rows[rules == at], places[rules == at]) for at, rule in enumerate(frequency)]
    return tuple(by_rule), left
