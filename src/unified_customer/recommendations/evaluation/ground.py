"""What lists are held against: what came later, what was before, and what is known of items."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.engines.portable import Native
from unified_customer.recommendations.evaluation.categories import Categories, categorised
from unified_customer.recommendations.evaluation.places import Bools, Floats, Ints, Pairs, distinct, ids, paired, placed
from unified_customer.recommendations.evaluation.rows import finite, interaction_rows, with_ids


@dataclass(frozen=True, eq=False)
class History:
    """What was before.

    Attributes:
        pairs: What the customers who are judged had.
        had: How many customers of the training part had each item.
        customers: Customers of the training part.
    """

    pairs: Pairs
    had: Floats
    customers: int

    @property
    def popularity(self) -> Floats:
        """Share of the customers of the training part who had each item."""
        return self.had / max(self.customers, 1)


@dataclass(frozen=True, eq=False)
class Ground:
    """What lists are held against, with ids as places.

    Attributes:
        customers: Ids of customers who have something relevant, in order.
        items: Ids of items, in order.
        relevant: What came later.
        history: What was before; None where it is not told.
        catalogue: Which items could be recommended; None where it is not told.
        categories: Of which categories items are; None where it is not told.
        vectors: A vector of length 1 for each item, or of zeros; None where they are not told.
        similarities: How alike pairs of items are, by place; None where it is not told.
    """

    customers: pl.Series
    items: pl.Series
    relevant: Pairs
    history: History | None = None
    catalogue: Bools | None = None
    categories: Categories | None = None
    vectors: Floats | None = None
    similarities: Pairs | None = None

    @cached_property
    def counts(self) -> Ints:
        """How many items are relevant to each customer."""
        return np.bincount(self.relevant.customer, minlength=len(self.customers))

    @cached_property
    def repeats(self) -> Bools:
        """Which relevant pairs the customer had before."""
        if self.history is None:
            return np.zeros(len(self.relevant.item), dtype=bool)
        return self.history.pairs.found(self.relevant.customer, self.relevant.item) >= 0


def grounded(
    truth: Native,
    *,
    train: Native | None,
    catalogue: Native | None,
    categories: Native | None,
    vectors: Native | None,
    similarities: Native | None,
) -> Ground:
    """Return what lists are held against.

    Raises:
        SchemaError: A frame has not the columns that it needs.
        ConfigurationError: Nothing is relevant to anybody.
    """
    later = interaction_rows(truth, name="truth")
    before = None if train is None else interaction_rows(train, name="train")
    offered = None if catalogue is None else with_ids(catalogue, "item_id", name="catalogue")
    kinds = None if categories is None else with_ids(categories, "item_id", "category", name="categories")
    told = None if vectors is None else with_ids(vectors, "item_id", more=("vector",), name="vectors")
    alike = None if similarities is None else _pairs_of_items(similarities)
    # An item that nobody had yet may be recommended, and is then as different from others as it is said to be.
    named = [frame["item_id"] for frame in (later, before, offered, kinds, told, alike) if frame is not None]
    items = ids(*named, *([] if alike is None else [alike["other_id"]]))
    relevant, customers = _relevant(later, items)
    listed = before if offered is None else offered
    return Ground(
        customers,
        items,
        relevant,
        None if before is None else _history(before, customers, items),
        None if listed is None else _mask(listed["item_id"], items),
        None if kinds is None else categorised(kinds, items),
        None if told is None else _vectors(told, items),
        None if alike is None else _similarities(alike, items),
    )


def _pairs_of_items(frame: Native) -> pl.DataFrame:
    return with_ids(frame, "item_id", "other_id", more=("similarity",), name="similarities")


def _relevant(rows: pl.DataFrame, items: pl.Series) -> tuple[Pairs, pl.Series]:
    """Return the relevant pairs and whose they are; who returned all that came is nobody to be judged by."""
    everybody = ids(rows["customer_id"])
    pairs = paired(rows, everybody, items).by_weight()
    if not len(pairs.item):
        raise ConfigurationError("Nothing in 'truth' is relevant to anybody: there is no row whose weight is above 0.")
    some = distinct(pairs.customer)
    return Pairs(np.searchsorted(some, pairs.customer), pairs.item, pairs.weight, pairs.items), everybody[some]


def _history(rows: pl.DataFrame, customers: pl.Series, items: pl.Series) -> History:
    everybody = ids(rows["customer_id"])
    pairs = paired(rows, everybody, items)
    had = np.bincount(pairs.item, minlength=len(items)).astype(np.float64)
    mine = placed(everybody, customers)[pairs.customer]
    kept = mine >= 0
    own = Pairs(mine[kept], pairs.item[kept], pairs.weight[kept], len(items))
    return History(own, had, len(distinct(pairs.customer)))


def _mask(offered: pl.Series, items: pl.Series) -> Bools:
    mask = np.zeros(len(items), dtype=bool)
    mask[placed(offered, items)] = True
    return mask


def _vectors(rows: pl.DataFrame, items: pl.Series) -> Floats:
    if rows["item_id"].is_duplicated().any():
        raise SchemaError("'vectors' has two rows for one item.")
    if not isinstance(rows["vector"].dtype, pl.List | pl.Array):
        raise SchemaError(f"'vector' of 'vectors' holds {rows['vector'].dtype}, not lists or arrays of numbers.")
    lengths = rows["vector"].cast(pl.List(pl.Float64)).list.len().unique()
    if len(lengths) != 1:
        raise SchemaError("'vectors' has vectors of several lengths, or none.")
    flat = finite(rows["vector"].explode(), "vector", name="vectors")
    given = flat.to_numpy().reshape(rows.height, int(lengths[0]))
    size = np.linalg.norm(given, axis=1, keepdims=True)
    whole = np.zeros((len(items), given.shape[1]))
    whole[placed(rows["item_id"], items)] = np.divide(given, size, out=np.zeros_like(given), where=size > 0)
    return whole


def _similarities(rows: pl.DataFrame, items: pl.Series) -> Pairs:
    value = finite(rows["similarity"], "similarity", name="similarities")
    if not value.is_between(0, 1).all():
        raise SchemaError("'similarity' of 'similarities' is not always from 0 to 1.")
    one, other = placed(rows["item_id"], items), placed(rows["other_id"], items)
    both = pl.DataFrame({"one": np.minimum(one, other), "other": np.maximum(one, other), "value": value})
    # Whether a pair is told once or both ways round, it is one.
    each = both.group_by("one", "other").agg(pl.col("value").max()).sort("one", "other")
    return Pairs(each["one"].to_numpy(), each["other"].to_numpy(), each["value"].to_numpy(), len(items))
