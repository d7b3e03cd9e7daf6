"""What was found to be bought together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.display import COUNT, NUMBER, SHARE, result_html
from unified_customer.recommendations.baskets.measures import measured
from unified_customer.recommendations.baskets.together import BoughtTogether
from unified_customer.recommendations.histories import Names

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart

_MEASURES: Final = ("orders", "customers", "support", "confidence", "lift", "low", "high", "leverage")


@dataclass(frozen=True, eq=False)
class FittedTogether:
    """Counts of orders by what they hold. It holds no customer.

    Attributes:
        spec: The spec.
        as_of: The instant before which orders count.
        orders: How many orders there were.
        names: What the items are.
        counts: `orders` and `customers` of each item, in the order of `names`.
        sets: For 2 items and each number more: `item_1`, `item_2`, ... (places in `names`), `orders`, `customers`.
    """

    spec: BoughtTogether
    as_of: datetime
    orders: int
    names: Names = field(repr=False)
    counts: pl.DataFrame = field(repr=False)
    sets: tuple[pl.DataFrame, ...] = field(repr=False)

    def items(self) -> pl.DataFrame:
        """Return `item_id`, `orders`, `customers` and `support` of each item that enough customers bought, most first."""
        told = self.counts.insert_column(0, self.names.listed.alias("item_id")).filter(
            pl.col("orders") >= self.spec.least_orders, pl.col("customers") >= self.spec.min_customers
        )
        return told.with_columns(support=pl.col("orders") / self.orders).sort(
            "orders", "item_id", descending=[True, False]
        )

    def pairs(self, *, n: int | None = None) -> pl.DataFrame:
        """Return the pairs, those with the highest lower end of the lift first.

        Args:
            n: So many at most; None: all.

        Returns:
            `item_id`, `other_item_id` (the two, in the order of their ids), `orders` that hold both and of how many
            `customers`, `support` (the share of all orders), `confidence` (of the orders that hold the one, the share
            that holds the other), `other_confidence` (the other way round), `lift` with `low` and `high`, and
            `leverage` (the support less that by chance).
        """
        found = self._measured(self.sets[0], ["item_1"], "item_2")
        back = pl.col("orders") / pl.col("item_orders")
        named = found.with_columns(
            other_confidence=back, item_id=self._name("item_1"), other_item_id=self._name("item_2")
        )
        ranked = named.sort("low", "orders", "item_id", "other_item_id", descending=[True, True, False, False])
        measures = [*_MEASURES[:4], "other_confidence", *_MEASURES[4:]]
        return (ranked if n is None else ranked.head(_positive(n))).select("item_id", "other_item_id", *measures)

    def rules(self, *, n: int | None = None) -> pl.DataFrame:
        """Return what goes with one, two or three items, those with the highest lower end of the lift first.

        Args:
            n: So many at most; None: all.

        Returns:
            `given` (a list of items, by id), `item_id` (what goes with them), `orders` that hold all of them and of how
            many `customers`, `support`, `confidence`, `lift` with `low` and `high`, and `leverage`.
        """
        found = [self._turned(held, held.columns[:-2], item) for held in self.sets for item in held.columns[:-2]]
        ranked = pl.concat(found).sort("low", "orders", "item_id", "given", descending=[True, True, False, False])
        return ranked if n is None else ranked.head(_positive(n))

    def goes_with(self, items: Sequence[str], *, n: int = 10) -> pl.DataFrame:
        """Return what goes with the items of a product page or a cart, and not by chance.

        Each item stands with the one, two or three of the cart that speak most for it.

        Args:
            items: What is in view or in the cart; none of it is returned, and what is not known says nothing.
            n: So many at most.

        Returns:
            `rank` from 1, `item_id`, `given` (which items of the cart led to it), `orders`, `customers`, `support`,
            `confidence`, `lift` with `low` (above 1) and `high`, and `leverage`; fewer than `n` rows where no more goes
            with them.

        Raises:
            ConfigurationError: `n` is below 1.
        """
        _positive(n)
        places = self.names.places(items)
        cart = np.unique(places[places >= 0]).astype(np.uint32)
        found = [self._with_cart(held, cart) for held in self.sets]
        best = (
            pl.concat(found)
            .filter(pl.col("low") > 1)
            .sort("low", "orders", "item_id", "given", descending=[True, True, False, False])
        )
        told = best.unique("item_id", keep="first", maintain_order=True).head(n)
        return (
            told.with_row_index("rank", offset=1)
            .with_columns(pl.col("rank").cast(pl.Int64))
            .select("rank", "item_id", "given", *_MEASURES)
        )

    def chart(self, *, n: int = 20, dark: bool = False) -> "Chart":
        """Draw the lifts among the items of the first `n` pairs.

        Raises:
            ConfigurationError: There is no pair, or there are too many to see.
            MissingDependencyError: Altair is not installed.
        """
        from unified_customer.methods.charting import heatmap

        first = self.pairs(n=n)
        known = pl.concat([first["item_id"], first["other_item_id"]]).unique()
        among = self.pairs().filter(
            pl.col("item_id").is_in(known.implode()) & pl.col("other_item_id").is_in(known.implode())
        )
        turned = among.with_columns(item_id="other_item_id", other_item_id="item_id")
        both = pl.concat([among, turned]).with_columns(sure=pl.col("low") > 1)
        return heatmap(
            both, row="item_id", column="other_item_id", value="lift", count="orders", marked="sure", unit=NUMBER,
            row_title="item", column_title="bought with it", value_title="lift", count_title="orders",
            title="Bought together", subtitle=[f"Framed: above chance at {SHARE.written(self.spec.confidence)} confidence"],
            dark=dark,
        )  # fmt: skip

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return nothing: it tells of items, not of people."""
        return {}

    def to_body(self) -> Mapping[str, Any]:
        """Return how many orders, items and sets there are."""
        return {"orders": self.orders, "items": len(self.names), "sets": [held.height for held in self.sets]}

    def __str__(self) -> str:
        """Return how much was counted and found."""
        found = COUNT.written(self.sets[0].height)
        return f"{found} pairs of items in {COUNT.written(self.orders)} orders before {self.as_of:%Y-%m-%d}"

    def _repr_html_(self) -> str:
        facts = [("orders", COUNT.written(self.orders)), ("pairs", COUNT.written(self.sets[0].height))]
        shown = self.pairs(n=10).select("item_id", "other_item_id", "orders", "support", "lift", "low", "high")
        names = {"item_id": "item", "other_item_id": "with", "low": "from", "high": "to"}
        return result_html("Bought together", facts, shown, formats={"support": SHARE}, names=names)

    # ------------------------------------------------------------------------------------------------------- inside

    @cached_property
    def _counts_of(self) -> list[pl.DataFrame]:
        """The orders of each set that can be given, by size."""
        one = pl.DataFrame({"item_1": np.arange(len(self.names), dtype=np.uint32), "orders": self.counts["orders"]})
        return [one, *(held.drop("customers") for held in self.sets[:-1])]

    def _measured(self, held: pl.DataFrame, given: Sequence[str], item: str) -> pl.DataFrame:
        """Add the measures of what goes with what."""
        of_given = self._counts_of[len(given) - 1].rename({"orders": "given_orders"})
        of_item = self._counts_of[0].rename({"orders": "item_orders"})
        known = held.join(of_given, left_on=list(given), right_on=of_given.columns[:-1], how="left")
        known = known.join(of_item, left_on=item, right_on="item_1", how="left")
        return measured(known, orders=self.orders, confidence=self.spec.confidence)

    def _turned(self, held: pl.DataFrame, columns: Sequence[str], item: str) -> pl.DataFrame:
        """Return sets as rules that lead to one of their items."""
        given = [name for name in columns if name != item]
        found = self._measured(held, given, item)
        return found.select(
            given=pl.concat_list([self._name(name) for name in given]),
            item_id=self._name(item),
            **{m: pl.col(m) for m in _MEASURES},
        )

    def _with_cart(self, held: pl.DataFrame, cart: "np.ndarray[Any, Any]") -> pl.DataFrame:
        """Return the rules of sets of which all items but one are in a cart."""
        columns = held.columns[:-2]
        inside = pl.Series(cart).implode()
        near = held.filter(pl.sum_horizontal(pl.col(name).is_in(inside) for name in columns) == len(columns) - 1)
        return pl.concat(self._turned(near.filter(~pl.col(item).is_in(inside)), columns, item) for item in columns)

    def _name(self, column: str) -> pl.Expr:
        listed = self.names.listed
        return pl.col(column).map_batches(listed.gather, return_dtype=pl.String)


def _positive(n: int) -> int:
    if n < 1:
        raise ConfigurationError(f"A list has at least one row; n is {n}.")
    return n
