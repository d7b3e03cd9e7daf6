"""Rules that are ready for requests: all that is the same for everybody is worked out once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import numpy as np
import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.engines.portable import Native
from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import Floats32, Histories, Names
from unified_customer.recommendations.rules.choosing import Chooser
from unified_customer.recommendations.rules.narrow import best_of
from unified_customer.recommendations.rules.personal import Personal, personal
from unified_customer.recommendations.rules.picked import Picked
from unified_customer.recommendations.rules.reasons import reasons_of
from unified_customer.recommendations.rules.shown import Shown, shown
from unified_customer.recommendations.rules.spec import Rules
from unified_customer.recommendations.rules.standing import Standing


@dataclass(frozen=True, eq=False)
class Prepared:
    """Rules that are ready for requests.

    Attributes:
        rules: The rules.
        items: The items, in the order of the columns of scores.
        standing: Which of them are out for everybody.
        factors: What scores are multiplied by; None: nothing.
        chooser: How items are chosen one after the other; None where the highest scores are all there is to it.
        shown: What customers have been shown often enough; None: that does not matter.
    """

    rules: Rules
    items: Names = field(repr=False)
    standing: Standing = field(repr=False)
    factors: Floats32 | None = field(repr=False)
    chooser: Chooser | None = field(repr=False)
    shown: Shown | None = field(repr=False)

    def after(self, exposures: Native, *, as_of: datetime, customers: pl.Series | None = None) -> "Prepared":
        """Return the same rules with newer exposures.

        Args:
            exposures: `customer_id`, `item_id`, `exposed_at`.
            as_of: Only what was strictly before counts.
            customers: Whose exposures are kept; None: everybody's.

        Raises:
            SchemaError: A column is missing.
        """
        if not self.rules.frequency:
            return self
        told = shown(self.rules.frequency, exposures, items=self.items, customers=customers, as_of=as_of)
        return replace(self, shown=told)

    def excluded(self) -> Mapping[str, int]:
        """Return how many items are out for everybody, each by the first rule that it breaks."""
        return self.standing.counts

    def pick(
        self, scores: Floats32, histories: Histories, n: int, *, repeats: bool = True, overwrite: bool = False
    ) -> Picked:
        """Return the list of each customer.

        Args:
            scores: A row for each customer and a column for each item; -inf: the model does not score it.
            histories: What each customer did, a row each.
            n: How many items each.
            repeats: Whether what is in a history may be recommended where the rules do not say so.
            overwrite: Whether scores of what is not picked may be written over, which saves a copy.

        Returns:
            n items each, or why there are fewer.

        Raises:
            ConfigurationError: Scores and histories do not fit, n is below 1, or histories have no times by which it could
                be told what may be recommended again.
        """
        self._check(scores, histories, n)
        own = personal(self.rules, histories, self.shown, repeats=repeats)
        places, worth = self._picked(self._values(scores, own, overwrite=overwrite), np.minimum(own.left, n), n)
        short = np.flatnonzero((places >= 0).sum(axis=1) < n)
        told = partial(
            reasons_of,
            standing=self.standing,
            personal=own,
            caps=self.chooser.caps if self.chooser else (),
            frequency=self.rules.frequency,
        )
        reasons = {int(row): told(int(row), places[row], scores[row]) for row in short}
        return Picked(places, worth, reasons, len(self.items))

    def _check(self, scores: Floats32, histories: Histories, n: int) -> None:
        if n < 1:
            raise ConfigurationError(f"A list has at least one item; n is {n}.")
        if scores.shape != (len(histories), len(self.items)) or len(histories.items) != len(self.items):
            raise ConfigurationError(
                f"The rules are prepared for {len(self.items)} items; scores are {scores.shape[0]} x {scores.shape[1]}, "
                f"histories of {len(histories)} customers and {len(histories.items)} items."
            )

    def _values(self, scores: Floats32, own: Personal, *, overwrite: bool) -> Floats32:
        """Return boosted scores, -inf for what is out (but not for what is denied, if items are chosen one by one)."""
        alone = overwrite and self.factors is None and self.chooser is None
        values = np.require(scores, np.float32, "W") if alone else np.array(scores, dtype=np.float32)
        if self.factors is not None:
            values = np.where(values > 0, values * self.factors, values / self.factors)
        stays = self.standing.open if self.chooser is None else self.standing.but_for_deny
        if not stays.all() or np.isnan(values.min(initial=0)):
            np.copyto(values, -np.inf, where=np.isnan(values) | ~stays)
        for out in own.out:
            values[out.rows, out.places] = -np.inf
        return values

    def _picked(self, values: Floats32, wanted: Ints, n: int) -> tuple[Ints, Floats32]:
        if self.chooser is not None:
            return self.chooser.chosen(values, wanted, n).finished()
        found = best_of(values, np.arange(len(values)), self.standing.places, n)
        places = np.full((len(values), n), -1, np.int64)
        places[:, : found.shape[1]] = found
        places[np.arange(n) >= wanted[:, None]] = -1
        worth = np.take_along_axis(values, np.maximum(places, 0), axis=1) if len(self.items) else np.zeros(places.shape)
        return places, np.where(places >= 0, worth, np.float32(-np.inf)).astype(np.float32)
