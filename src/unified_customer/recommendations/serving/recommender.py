"""A fitted recommender: who is in it, what it learned, and what it recommends."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from unified_customer.core.errors import ConfigurationError, UnknownCustomerError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native
from unified_customer.methods.display import COUNT, result_html
from unified_customer.methods.learning import Ints
from unified_customer.recommendations.catalogue import catalogue_at
from unified_customer.recommendations.histories import Floats32, Histories
from unified_customer.recommendations.interactions.reading import rows_before
from unified_customer.recommendations.models.scoring import Scorer
from unified_customer.recommendations.rules import Prepared, Rules, Shelf
from unified_customer.recommendations.serving.best import best
from unified_customer.recommendations.serving.listing import Asked, in_parts, listed
from unified_customer.recommendations.serving.newcomers import brought_up_to_date, of_items
from unified_customer.recommendations.serving.recommended import Recommendations, not_held, together
from unified_customer.recommendations.serving.searching import ItemIndex, index_of

if TYPE_CHECKING:
    from unified_customer.recommendations.models.spec import RecommenderSpec


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

    @property
    def trials(self) -> pl.DataFrame:
        """How well each model did that a `Hybrid` tried on windows of the past, the best first.

        `model`, `weight` (share of the blend), `ndcg` and `recall`; the row `blend` is all of them together, judged on customers
        who did not teach its weights.

        Raises:
            ConfigurationError: Nothing was tried: the model is no `Hybrid`, or its weights were given.
        """
        tried: pl.DataFrame | None = getattr(self.scorer, "tried", None)
        if tried is None:
            raise ConfigurationError("Nothing was tried: fit a Hybrid without weights to learn what works here.")
        return tried

    # ------------------------------------------------------------------------------------------------- recommending

    def recommend(
        self,
        customers: "Iterable[str] | pl.Series | None" = None,
        *,
        n: int = 10,
        repeats: bool | None = None,
        context: Sequence[str] | None = None,
        rules: Rules | Prepared | None = None,
    ) -> Recommendations:
        """Recommend items to customers, or to nobody known.

        Args:
            customers: Their ids; None: all whom the model holds, or with a context nobody known.
            n: How many items each.
            repeats: Whether what a customer has may be recommended again; None: as the spec says, and what is in view not.
            context: Items in view, in a cart or on a page, in place of anybody's history; no personal data are read. Without
                items what is popular is recommended.
            rules: What may be recommended and what besides the score counts; those that look at exposures are made ready by
                `prepare`.

        Returns:
            A list for each, and why where it is shorter than n.

        Raises:
            ConfigurationError: Both customers and a context are given, n is below 1, or rules look at what is not there.
        """
        if context is not None and customers is not None:
            raise ConfigurationError(
                "Recommend to customers or for a context: what a list is made from is one of them."
            )
        asked = self.asked(n, repeats=False if repeats is None and context is not None else repeats, rules=rules)
        if context is not None:
            return listed(self.scorer, of_items(self.histories, _several(context)), asked).of_nobody()
        known, unknown = self._split(self.customers if customers is None else _series(customers))
        parts = [listed(self.scorer, part, asked, self.index) for part in in_parts(self.histories, known)]
        return together([*parts, not_held(unknown, n)] if len(unknown) or not parts else parts)

    def batches(
        self,
        customers: "Iterable[str] | pl.Series | None" = None,
        *,
        n: int = 10,
        repeats: bool | None = None,
        rules: Rules | Prepared | None = None,
    ) -> Iterator[Recommendations]:
        """Yield the lists of many customers, some at a time, so that memory stays the same however many there are.

        Args:
            customers: Their ids; None: all whom the model holds.
            n: How many items each.
            repeats: Whether what a customer has may be recommended again; None: as the spec says.
            rules: As for `recommend`.

        Returns:
            Lists as `recommend` gives them; whom the model does not hold is told last.

        Raises:
            ConfigurationError: As for `recommend`.
        """
        asked = self.asked(n, repeats=repeats, rules=rules)
        known, unknown = self._split(self.customers if customers is None else _series(customers))
        parts = (listed(self.scorer, part, asked, self.index) for part in in_parts(self.histories, known))
        return chain(parts, [not_held(unknown, n)] if len(unknown) else [])

    def prepare(
        self,
        rules: Rules,
        *,
        exposures: Native | None = None,
        customers: pl.Series | None = None,
        as_of: datetime | None = None,
    ) -> Prepared:
        """Make rules ready for many requests.

        Args:
            rules: The rules.
            exposures: `customer_id`, `item_id`, `exposed_at`, on any engine, if there are rules on frequency.
            customers: Whose exposures are kept; None: everybody's.
            as_of: Only exposures strictly before count; None: those before the as-of instant of the model.

        Raises:
            ConfigurationError: Something is not given at which the rules look.
            SchemaError: The catalogue, or the exposures, have not the columns that the rules look at.
        """
        return self._shelf.prepare(rules, exposures=exposures, customers=customers, as_of=as_of or self.as_of)

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
        items = _several(items)
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
        places = self.histories.items.places(_several(items))
        places = places[places >= 0]
        scores = np.array(self.scorer.similar(places), dtype=np.float32)
        scores[np.arange(len(places)), places] = -np.inf
        top = best(scores, _at_least_one(n))
        rows, ranks = np.nonzero((top >= 0) & (np.take_along_axis(scores, np.maximum(top, 0), axis=1) > 0))
        near = top[rows, ranks]
        names = {
            "item_id": self.items.gather(places[rows]),
            "rank": ranks + 1,
            "similar_item_id": self.items.gather(near),
        }
        return pl.DataFrame(names | {"score": scores[rows, near].astype(np.float64)})

    def history(self, customer: str) -> pl.DataFrame:
        """Return what a customer did, as the model sees it.

        Args:
            customer: The id.

        Returns:
            `item_id`, `times`, `weight` and, where interactions have times, `age` (days from the last one to the as-of
            instant), the latest first.

        Raises:
            UnknownCustomerError: The model does not hold the customer.
        """
        pairs = self._one(customer).pairs()
        told = pairs.select("item_id", "times", "weight", *(name for name in ("age",) if name in pairs.columns))
        return told.sort(*([pl.col("age")] if "age" in told.columns else []), -pl.col("weight"), "item_id")

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

    def with_catalogue(self, items: Native, *, as_of: datetime) -> "Recommender":
        """Return it with what the catalogue tells now of its items: prices, stock and all else at which rules look.

        Args:
            items: As `catalogue_at` takes it.
            as_of: What began strictly before counts, unless it ended before.

        Raises:
            SchemaError: `item_id` is missing.
        """
        return replace(self, catalogue=catalogue_at(items, items=self.histories.items, as_of=as_of))

    def only(self, customers: "Iterable[str] | pl.Series") -> "Recommender":
        """Return it with some customers alone, such as those who allow the purpose now; of all others nothing is left."""
        kept = self.histories.customers.places(_series(customers).unique())
        others = np.setdiff1d(np.arange(len(self.histories)), kept)
        return self.without(self.histories.customers.at(others))

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
        tried: pl.DataFrame | None = getattr(self.scorer, "tried", None)
        popular = pl.DataFrame({"most popular items": self.items.head(5)})
        told = popular if tried is None else tried
        return result_html(type(self.model).__name__, [*facts, ("as of", f"{self.as_of:%Y-%m-%d}")], told)

    # ------------------------------------------------------------------------------------------------------- inside

    def _one(self, customer: str) -> Histories:
        place = self.histories.customers.places([customer])
        if place[0] < 0:
            raise UnknownCustomerError("The model does not hold this customer.")
        return self.histories.taken(place)

    def _split(self, customers: pl.Series) -> tuple[Ints, pl.Series]:
        """Return the places of the customers whom it holds, each once, and the ids of the others."""
        asked = customers.unique(maintain_order=True)
        places = self.histories.customers.places(asked)
        return places[places >= 0], asked.gather(np.flatnonzero(places < 0))

    @cached_property
    def _shelf(self) -> Shelf:
        popularity = np.bincount(self.histories.places, minlength=len(self.items))
        return Shelf(self.histories.items, self.catalogue, popularity)

    @cached_property
    def _no_rules(self) -> Prepared:
        return self.prepare(Rules())

    def asked(self, n: int, *, repeats: bool | None, rules: Rules | Prepared | None) -> Asked:
        """Return what lists are to be like; None for `repeats`: as the spec says, for `rules`: none."""
        ready = self._no_rules if rules is None else rules if isinstance(rules, Prepared) else self.prepare(rules)
        return Asked(_at_least_one(n), self.model.repeats if repeats is None else repeats, ready)


def _of(scores: Floats32, places: Ints) -> npt.NDArray[np.float32]:
    return np.where(places >= 0, scores[np.maximum(places, 0)], np.float32(0))


def _series(names: "Iterable[str] | pl.Series") -> pl.Series:
    return names.cast(pl.String) if isinstance(names, pl.Series) else pl.Series(_several(names), dtype=pl.String)


def _several(names: "Iterable[str]") -> list[str]:
    """Return names as a list; one text is one name, and not its letters."""
    return [names] if isinstance(names, str) else list(names)


def _at_least_one(n: int) -> int:
    if n < 1:
        raise ConfigurationError(f"A list has at least one item; n is {n}.")
    return n
