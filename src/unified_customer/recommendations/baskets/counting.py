"""How many orders, and of how many customers, hold each set of items."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl

from unified_customer.methods.learning import Floats, Ints, sparse_of
from unified_customer.recommendations.baskets.orders import Orders

_AT_ONCE: Final = 10_000_000
"""About so many pairs within orders are held at a time."""


def item_counts(orders: Orders) -> pl.DataFrame:
    """Return `orders` and `customers` of each item, in the order of places."""
    owned = orders.lines.with_columns(owner=pl.Series(orders.owners).gather(orders.lines["order"]))
    told = owned.group_by("item").agg(orders=pl.len(), customers=pl.col("owner").n_unique())
    return told.sort("item").with_columns(pl.col("orders", "customers").cast(pl.Int64)).drop("item")


def set_counts(orders: Orders, *, size: int, least_orders: int, least_customers: int) -> list[pl.DataFrame]:
    """Return the sets of 2, 3, ... up to `size` items that enough orders of enough customers hold.

    Pairs are counted by a sparse matrix product, some items at a time. Larger sets grow out of smaller ones: what few
    orders hold, no fewer hold with one item more.

    Returns:
        A frame for each size: `item_1`, `item_2`, ... (places, rising), `orders` and `customers`.

    References:
        R. Agrawal, R. Srikant (1994): Fast algorithms for mining association rules. VLDB, 487-499.
    """
    common = _Common(_common(orders, least_orders, least_customers), orders.owners)
    least = (least_orders, least_customers)
    parts = [_grown(part, common, size, least) for part in _blocks(common.lines)]
    empty = [_none(number) for number in range(2, size + 1)]
    return [pl.concat(found).sort(pl.all().exclude("orders", "customers")) for found in zip(*parts, empty, strict=True)]


def _none(size: int) -> pl.DataFrame:
    names = {f"item_{place}": pl.UInt32() for place in range(1, size + 1)}
    return pl.DataFrame(schema=names | {"orders": pl.Int64(), "customers": pl.Int64()})


def _common(orders: Orders, least_orders: int, least_customers: int) -> pl.DataFrame:
    """Return the lines of items that are common enough to be in a set, in orders that hold two of them."""
    counts = item_counts(orders)
    enough = (counts["orders"] >= least_orders) & (counts["customers"] >= least_customers)
    lines = orders.lines.filter(enough.gather(orders.lines["item"]))
    return lines.filter(pl.len().over("order") > 1).sort("item", "order")


def _blocks(lines: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the lines of some items at a time, so that the pairs that they begin fit into memory."""
    if lines.is_empty():
        return
    size = np.bincount(lines["order"].to_numpy())[lines["order"].to_numpy()]
    items = lines["item"].to_numpy()
    block = np.cumsum(np.bincount(items, weights=size)) // _AT_ONCE
    yield from lines.with_columns(block=pl.Series(block[items])).partition_by("block", include_key=False)


def _grown(part: pl.DataFrame, common: "_Common", size: int, least: tuple[int, int]) -> list[pl.DataFrame]:
    """Return the sets whose first item is among those of a part, by size."""
    found = [_pairs(part, common, least)]
    if size == 2:
        return found
    holding = part.rename({"item": "item_1"}).join(common.lines.rename({"item": "item_2"}), on="order")
    for number in range(2, size):
        holding = holding.join(found[-1], on=_named(number), how="semi")
        wider = _joined(holding, number)
        found.append(_counted(wider, common, number + 1, least))
        holding = wider
    return found


def _named(size: int) -> list[str]:
    return [f"item_{place}" for place in range(1, size + 1)]


def _joined(holding: pl.DataFrame, size: int) -> pl.DataFrame:
    """Return the sets with one item more of each order: two common sets that differ in their last item make one."""
    last, one_more = f"item_{size}", f"item_{size + 1}"
    others = holding.rename({last: one_more})
    return holding.join(others, on=["order", *_named(size - 1)]).filter(pl.col(one_more) > pl.col(last))


def _counted(wider: pl.DataFrame, common: "_Common", size: int, least: tuple[int, int]) -> pl.DataFrame:
    each = common.owned(wider).group_by(*_named(size), "owner").agg(n=pl.len())
    told = each.group_by(_named(size)).agg(orders=pl.col("n").sum().cast(pl.Int64), customers=pl.len().cast(pl.Int64))
    return told.filter(pl.col("orders") >= least[0], pl.col("customers") >= least[1])


# ----------------------------------------------------------------------------------------------------------- pairs


@dataclass(frozen=True, eq=False)
class _Common:
    """The lines of common items."""

    lines: pl.DataFrame
    owners: Ints

    @cached_property
    def by_order(self) -> Any:
        """The same as a sparse matrix, one row an order."""
        return _matrix(self.lines, _most(self.lines) + 1, len(self.owners)).T.tocsr()

    @cached_property
    def repeated(self) -> pl.DataFrame:
        """The lines of items that their customer had in two orders or more."""
        return self.owned(self.lines).filter(pl.len().over("item", "owner") > 1)

    def owned(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Add whose orders they are of."""
        return lines.with_columns(owner=pl.Series(self.owners).gather(lines["order"]))


def _pairs(part: pl.DataFrame, common: _Common, least: tuple[int, int]) -> pl.DataFrame:
    """Return the pairs that begin with an item of a part and are in enough orders of enough customers."""
    first = int(part["item"].to_numpy()[0])
    here = _matrix(part.with_columns(pl.col("item") - first), _most(part) + 1 - first, len(common.owners))
    together = (here @ common.by_order).tocoo()
    one, other, number = together.row + first, together.col, together.data
    kept = (other > one) & (number >= least[0])
    columns = {"item_1": one[kept].astype(np.uint32), "item_2": other[kept].astype(np.uint32)}
    pairs = pl.DataFrame(columns | {"orders": number[kept].astype(np.int64)})
    joined = pairs.join(_extra(part, common), on=["item_1", "item_2"], how="left")
    customers = pl.col("orders") - pl.col("extra").fill_null(0)
    return joined.select("item_1", "item_2", "orders", customers=customers).filter(pl.col("customers") >= least[1])


def _most(lines: pl.DataFrame) -> int:
    return int(lines["item"].to_numpy().max())


def _matrix(lines: pl.DataFrame, items: int, orders: int) -> Any:
    rows, columns = (lines[name].to_numpy().astype(np.int64) for name in ("item", "order"))
    ones: Floats = np.ones(len(rows))
    return sparse_of(ones, rows=rows, columns=columns, shape=(items, orders))


def _extra(part: pl.DataFrame, common: _Common) -> pl.DataFrame:
    """Return how many orders held a pair whose customer had held it before, so that he is not counted again.

    Only who had both items in two orders or more can be among them: few lines.
    """
    items = part["item"].to_numpy()
    left = common.repeated.filter(pl.col("item").is_between(int(items[0]), int(items[-1])))
    pairs = left.join(common.repeated, on=["order", "owner"], suffix="_2").filter(pl.col("item_2") > pl.col("item"))
    each = pairs.group_by("item", "item_2", "owner").agg(extra=pl.len().cast(pl.Int64) - 1)
    return each.group_by(item_1="item", item_2="item_2").agg(pl.col("extra").sum())
