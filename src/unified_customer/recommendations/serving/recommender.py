"""A fitted recommender: who is in it, what it learned, and what it recommends."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from unified_customer.core.errors import ConfigurationError, UnknownCustomerError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native
from unified_customer.methods.display import COUNT, result_html
from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import Floats32, Histories
from unified_customer.recommendations.interactions.reading import rows_before
from unified_customer.recommendations.models.scoring import Scorer
from unified_customer.recommendations.serving.best import best
from unified_customer.recommendations.serving.newcomers import brought_up_to_date, of_items
from unified_customer.recommendations.serving.recommended import SHORTFALL, TABLE, Recommendations, in_rows
from unified_customer.recommendations.serving.searching import ItemIndex, index_of, lists_by

if TYPE_CHECKING:
    from unified_customer.recommendations.models.spec import RecommenderSpec

_CELLS: Final = 16_000_000
"""So many scores are worked out at a time."""
UNKNOWN: Final = "not in the model: nothing that it may read is known of this customer"
NOTHING_LEFT: Final = "no further item is allowed"


@dataclass(frozen=True, eq=False)
class Recommender:
    """A fitted recommender.

    Attributes:
        model: The spec.
        as_of: The instant before which it learned.
        histories: What each customer in it did; the model holds these people and nobody else.
        scorer: What was learned.
        catalogue: What is known of items, a row each in the order of `histories.items`.
        index: What finds items without scoring all of them; None: all are scored.
    """

    model: "RecommenderSpec"
    as_of: datetime
    histories: Histories = field(repr=False)
    scorer: Scorer = field(repr=False)
    catalogue: pl.DataFrame = field(repr=False)
    index: ItemIndex | None = None

    @property
    def spec(self) -> Spec:
        """The spec."""
        return self.model

    @property
    def customers(self) -> pl.Series:
        """Whom the model holds."""
        return self.histories.customers.listed

    @property
    def items(self) -> pl.Series:
        """What it can recommend, popular items first."""
        return self.histories.items.listed

    # ------------------------------------------------------------------------------------------------- recommending

    def recommend(
        self,
        customers: "Iterable[str] | pl.Series | None" = None,
        *,
        n: int = 10,
        repeats: bool | None = None,
        context: Sequence[str] | None = None,
    ) -> Recommendations:
        """Recommend items to customers, or to nobody known.

        Args:
            customers: Their ids; None: all whom the model holds, or with a context nobody known.
            n: How many items each.
            repeats: Whether what a customer has may be recommended again; None: as the spec says.
            context: Items in view, in a cart or on a page, in place of anybody's history; no personal data are read. Without
                items what is popular is recommended.

        Returns:
            A list for each, and why where it is shorter than n.

        Raises:
            ConfigurationError: Both customers and a context are given, or n is below 1.
        """
        if context is not None and customers is not None:
            raise ConfigurationError(
                "Recommend to customers or for a context: what a list is made from is one of them."
            )
        asked = _Asked(_at_least_one(n), self.model.repeats if repeats is None else repeats)
        if context is not None:
            return self._listed(of_items(self.histories, context), asked, nobody=True)
        known, unknown = self._split(self.customers if customers is None else _series(customers))
        found = self._listed(self.histories.taken(known), asked)
        return replace(found, shortfall=pl.concat([found.shortfall, _short(unknown, n, UNKNOWN)]))

    def batches(
        self, customers: "Iterable[str] | pl.Series | None" = None, *, n: int = 10, repeats: bool | None = None
    ) -> Iterator[pl.DataFrame]:
        """Yield the lists of many customers, some at a time, so that memory stays the same however many there are.

        Args:
            customers: Their ids; None: all whom the model holds. Who is not in it is left out.
            n: How many items each.
            repeats: Whether what a customer has may be recommended again; None: as the spec says.

        Returns:
            Tables as `recommend` gives them.
        """
        asked = _Asked(_at_least_one(n), self.model.repeats if repeats is None else repeats)
        known, _ = self._split(self.customers if customers is None else _series(customers))
        for part in _parts(known, self._at_once):
            yield self._table(self.histories.taken(part), asked)

    def rank(self, customer: str | None, items: Sequence[str]) -> pl.DataFrame:
        """Put a list of items into the order in which a customer is likely to want them.

        Args:
            customer: The id; None: nobody known, by what is popular.
            items: The items; those that the model does not know come last, in the order in which they are given.

        Returns:
            `item_id`, `rank` from 1, `score` (null for what the model does not know).

        Raises:
            UnknownCustomerError: The model does not hold the customer.
        """
        history = of_items(self.histories, []) if customer is None else self._one(customer)
        places = self.histories.items.places(items)
        scores = self.scorer.scores(history)[0]
        known = places >= 0
        order = np.lexsort(
            (np.where(known, places, len(self.items) + np.arange(len(places))), -_of(scores, places), ~known)
        )
        told = pl.DataFrame(
            {"item_id": pl.Series(list(items), dtype=pl.String), "score": _of(scores, places), "known": known}
        )
        ranked = told[order].with_columns(score=pl.when("known").then("score"), rank=pl.int_range(1, pl.len() + 1))
        return ranked.select("item_id", "rank", pl.col("score").cast(pl.Float64))

    def similar(self, items: Sequence[str], *, n: int = 10) -> pl.DataFrame:
        """Return the items most like each of some items, by what customers did with them.

        Args:
            items: Ids; those that the model does not know have no rows.
            n: How many each.

        Returns:
            `item_id`, `rank` from 1, `similar_item_id`, `score` (falling, above 0).
        """
        places = self.histories.items.places(items)
        places = places[places >= 0]
        scores = np.array(self.scorer.similar(places), dtype=np.float32)
        scores[np.arange(len(places)), places] = -np.inf
        top = best(scores, _at_least_one(n))
        table = _long(self.items.gather(places), top, scores, self.items)
        told = table.filter(pl.col("score") > 0).rename({"item_id": "similar_item_id", "customer_id": "item_id"})
        return told.select("item_id", "rank", "similar_item_id", "score")

    def explain(self, customer: str, item: str, *, n: int = 3) -> pl.DataFrame:
        """Return which items of a customer's own led to an item.

        Args:
            customer: The id.
            item: The item.
            n: At most so many.

        Returns:
            `item_id` (the customer's own), `adds` (to the score, above 0) and `share` of all that speaks for the item, most
            first; no row where nothing that the customer did speaks for it.

        Raises:
            UnknownCustomerError: The model does not hold the customer.
            ConfigurationError: The model does not know the item.
        """
        history, place = self._one(customer), int(self.histories.items.places([item])[0])
        if place < 0:
            raise ConfigurationError(
                "The model does not know the item: no interaction before its as-of instant names it."
            )
        adds = np.maximum(self.scorer.evidence(history, place).astype(np.float64), 0)
        table = pl.DataFrame({"item_id": self.items.gather(history.places.astype(np.int64)), "adds": adds})
        told = table.with_columns(share=pl.col("adds") / pl.col("adds").sum()).filter(pl.col("adds") > 0)
        return told.sort("adds", "item_id", descending=[True, False]).head(n)

    # ----------------------------------------------------------------------------------------------------- changing

    def updated(self, tables: Mapping[str, Native], *, as_of: datetime) -> "Recommender":
        """Return it with what happened since: customers it knows and new ones, by what it has learned of items.

        Items that it does not know wait for the next fit.

        Args:
            tables: As for `fit`, with all that happened, or only with what happened since.
            as_of: The instant to look from, not before the one of the fit.

        Raises:
            ConfigurationError: The instant is before that of the fit.
        """
        if as_of < self.as_of:
            raise ConfigurationError("A model is brought up to date by what happened later: as_of is before its own.")
        rows = rows_before(self.model.interactions, tables, as_of=as_of)
        half_life = self.model.interactions.half_life_days
        histories = brought_up_to_date(self.histories, rows, since=self.as_of, as_of=as_of, half_life_days=half_life)
        return replace(self, as_of=as_of, histories=histories)

    def without(self, customers: "Iterable[str] | pl.Series") -> "Recommender":
        """Return it without some customers: neither their histories nor any number of theirs is in it."""
        kept = self.histories.without(_series(customers))
        own = np.flatnonzero(kept.origin >= 0)
        origin = np.full(len(kept), -1, np.int64)
        origin[own] = np.arange(len(own))
        return replace(self, histories=replace(kept, origin=origin), scorer=self.scorer.kept(kept.origin[own]))

    def indexed(self, *, sample: int = 200) -> "Recommender":
        """Return it with an index over its items: lists are made without scoring all of them, and may miss some.

        Scores of what is found are exact, what may not be told is not told, and lists are as long as without it. How much it
        finds of what scoring all items finds is told by `index.recall`. It is worth its while for one customer at a time
        in a catalogue of tens of thousands of items.

        Args:
            sample: On how many customers it is tried.

        Raises:
            ConfigurationError: The model is not one of factors.
            MissingDependencyError: `usearch` is not installed.
        """
        return replace(self, index=index_of(self.scorer, self.histories, sample=sample))

    # ------------------------------------------------------------------------------------------------------ telling

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return nothing: lists are made when they are asked for."""
        return {}

    def to_body(self) -> Mapping[str, Any]:
        """Return what it was fitted on, in numbers."""
        return {"customers": len(self.customers), "items": len(self.items), "interactions": len(self.histories.places)}

    def __str__(self) -> str:
        """Return what it is and how large, without anybody."""
        customers, items = COUNT.written(len(self.customers)), COUNT.written(len(self.items))
        return f"{type(self.model).__name__} of {customers} customers and {items} items as of {self.as_of:%Y-%m-%d}"

    def _repr_html_(self) -> str:
        facts = [(name, COUNT.written(number)) for name, number in self.to_body().items()]
        popular = pl.DataFrame({"most popular items": self.items.head(5)})
        return result_html(type(self.model).__name__, [*facts, ("as of", f"{self.as_of:%Y-%m-%d}")], popular)

    # ------------------------------------------------------------------------------------------------------- inside

    @property
    def _at_once(self) -> int:
        return max(1, _CELLS // max(len(self.items), 1))

    def _one(self, customer: str) -> Histories:
        place = self.histories.customers.places([customer])
        if place[0] < 0:
            raise UnknownCustomerError("The model does not hold this customer.")
        return self.histories.taken(place)

    def _split(self, customers: pl.Series) -> tuple[Ints, pl.Series]:
        """Return the places of the customers whom it holds, each once, and the ids of the others."""
        asked = customers.unique(maintain_order=True)
        places = self.histories.customers.places(asked)
        return places[places >= 0], asked.filter(pl.Series(places < 0))

    def _listed(self, histories: Histories, asked: "_Asked", *, nobody: bool = False) -> Recommendations:
        parts = [self._table(histories.taken(part), asked) for part in _parts(np.arange(len(histories)), self._at_once)]
        table = pl.concat([pl.DataFrame(schema=TABLE), *parts])
        found = pl.Series(np.bincount(histories.customers.places(table["customer_id"]), minlength=len(histories)))
        names = histories.customers.listed
        short = pl.DataFrame({"customer_id": names, "missing": asked.n - found}).filter(pl.col("missing") > 0)
        told = short.with_columns(reason=pl.lit(NOTHING_LEFT)).cast(SHORTFALL)
        if nobody:
            table, told = (each.with_columns(customer_id=pl.lit(None, pl.String)) for each in (table, told))
        return Recommendations(table, told)

    def _table(self, histories: Histories, asked: "_Asked") -> pl.DataFrame:
        if self.index is not None:
            top, told = lists_by(self.index, self.scorer, histories, n=asked.n, repeats=asked.repeats)
            return in_rows(histories.customers.listed, top, told, self.items)
        scores = np.require(self.scorer.scores(histories), np.float32, "W")
        if not asked.repeats:
            scores[histories.rows, histories.places] = -np.inf
        return _long(histories.customers.listed, best(scores, asked.n), scores, self.items)


@dataclass(frozen=True)
class _Asked:
    """What a list is to be like."""

    n: int
    repeats: bool


def _long(names: pl.Series, top: Ints, scores: Floats32, items: pl.Series) -> pl.DataFrame:
    """Return a row for each place of each list."""
    return in_rows(names, top, np.take_along_axis(scores, np.maximum(top, 0), axis=1), items)


def _of(scores: Floats32, places: Ints) -> npt.NDArray[np.float32]:
    return np.where(places >= 0, scores[np.maximum(places, 0)], np.float32(0))


def _parts(rows: Ints, size: int) -> Iterator[Ints]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _series(names: "Iterable[str] | pl.Series") -> pl.Series:
    return names.cast(pl.String) if isinstance(names, pl.Series) else pl.Series(list(names), dtype=pl.String)


def _short(customers: pl.Series, n: int, reason: str) -> pl.DataFrame:
    told = {"customer_id": customers, "missing": [n] * len(customers), "reason": [reason] * len(customers)}
    return pl.DataFrame(told, schema=SHORTFALL)


def _at_least_one(n: int) -> int:
    if n < 1:
        raise ConfigurationError(f"A list has at least one item; n is {n}.")
    return n
