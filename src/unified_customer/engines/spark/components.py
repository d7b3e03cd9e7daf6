"""Connected components of a graph whose edges are rows.

Each round joins the edges with the smallest neighbour of each node and leaves fewer and shorter ways, until every node
is tied to the smallest of its component and to nothing else. The number of rounds grows with the logarithm of the size,
and no node, however many neighbours it has, is brought to one place.

References:
    R. Kiveris, S. Lattanzi, V. Mirrokni, V. Rastogi, S. Vassilvitskii (2014): Connected Components in MapReduce and
    Beyond.
    *SoCC*.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from unified_customer.engines.spark.frames import column_type, grouped, settled
from unified_customer.engines.spark.mapping import map_chunks

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

IN_ONE: Final = 2_000_000
"""So many edges are too few to be worth a join: one task ties them at once."""


def connected(edges: "DataFrame", *, in_one: int = IN_ONE) -> "DataFrame":
    """Return the component of each node: `node`, `component`, which is its smallest node.

    Args:
        edges: `a`, `b`: nodes of any one type that has an order. What is tied to nothing is in no edge, and not in the
            answer.
        in_one: So many edges or fewer are tied in one task, in its memory.
    """
    ties = settled(edges.selectExpr("greatest(a, b) AS node", "least(a, b) AS near").filter("node > near").distinct())
    before, now = None, _print(ties)
    while now != before and now[0] > in_one:
        ties, before = settled(_small_star(_large_star(ties))), now
        now = _print(ties)
    if now != before:
        schema = {"node": column_type(ties, "node"), "near": column_type(ties, "near")}
        ties = map_chunks(ties.coalesce(1), _tie, schema, rows=in_one + 1)
    roots = ties.selectExpr("near AS node", "near AS component").distinct()
    return ties.selectExpr("node", "near AS component").unionByName(roots)


def _large_star(ties: "DataFrame") -> "DataFrame":
    """Tie the larger neighbours of each node to the smallest of it and its neighbours."""
    both = ties.unionByName(ties.selectExpr("near AS node", "node AS near"))
    nearest = grouped(both, "node", least="least(node, min(near))")
    return both.filter("near > node").join(nearest, "node").selectExpr("near AS node", "least AS near").distinct()


def _small_star(ties: "DataFrame") -> "DataFrame":
    """Tie each node and its smaller neighbours to the smallest of these."""
    nearest = grouped(ties, "node", least="min(near)")
    moved = ties.join(nearest, "node").filter("near > least").selectExpr("near AS node", "least AS near")
    return moved.unionByName(nearest.selectExpr("node", "least AS near")).distinct()


def _print(ties: "DataFrame") -> tuple[Any, ...]:
    """Return what tells two sets of edges apart, but for one chance in 2 ** 64."""
    (found,) = grouped(ties, size="count(1)", mixed="bit_xor(xxhash64(node, near))").collect()
    return tuple(found)


def _tie(ties: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Tie every node to the smallest of its component, at once."""
    nodes = pl.concat([ties["node"], ties["near"]]).unique().sort()
    places = pl.DataFrame({"node": nodes}).with_row_index("place")
    one, other = (_places(ties[end], places) for end in ties.columns)
    roots = smallest(len(nodes), one, other)
    yield pl.DataFrame({"node": nodes, "near": nodes.gather(roots)}).filter(pl.col("node") > pl.col("near"))


def _places(ends: pl.Series, places: pl.DataFrame) -> npt.NDArray[Any]:
    joined = ends.alias("node").to_frame().join(places, on="node", maintain_order="left")
    return joined["place"].to_numpy()


def smallest(nodes: int, one: npt.NDArray[Any], other: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return the smallest node of the component of each of so many nodes, given the two ends of edges.

    Examples:
        >>> smallest(5, np.array([4, 1]), np.array([1, 3])).tolist()
        [0, 1, 2, 1, 1]
    """
    roots = np.arange(nodes, dtype=np.int64)
    before = None
    while before is None or not np.array_equal(before, roots):
        before = roots.copy()
        least = np.minimum(roots[one], roots[other])
        for ends in (before[one], before[other]):
            np.minimum.at(roots, ends, least)
        while not np.array_equal(roots, roots[roots]):
            roots = roots[roots]
    return roots
