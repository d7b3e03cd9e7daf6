"""The only place where `usearch` is spoken to: vectors in, places out.

What it does by itself                 what is done about it here
finds near vectors, not large products vectors may get one more coordinate, so that all are equally long
builds on all threads, as they come    vectors are added on one thread, in the order of their places
gives fewer than asked for             the caller asks again for more, at last for all

"""

from typing import Any, Final

import numpy as np

from unified_customer.core.errors import require
from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import Floats32

_NEIGHBOURS: Final = 32
_LOOKED_AT: Final = 128


def graph_of(vectors: Floats32, *, equally_long: bool = True) -> Any:
    """Return a graph (HNSW) in which the vectors with the largest products with another one are found.

    Args:
        vectors: One row for each item.
        equally_long: Whether vectors are made equally long by one more coordinate, as suits many items of like length, or
            linked by their products as they are, as suits few that are much longer than the rest.

    Raises:
        MissingDependencyError: `usearch` is not installed.

    References:
        Y. Bachrach et al. (2014): Speeding up the Xbox recommender system using a Euclidean transformation for
        inner-product spaces. RecSys, 257-264.
        S. Morozov, A. Babenko (2018): Non-metric similarity graphs for maximum inner product search. NeurIPS.
        Y. Malkov, D. Yashunin (2020): Efficient and robust approximate nearest neighbor search using hierarchical navigable
        small world graphs. IEEE TPAMI 42(4), 824-836.
    """
    index = require("usearch.index", extra="search", why="find items without scoring all of them")
    squares = np.square(vectors, dtype=np.float64).sum(axis=1)
    longest = max(float(squares.max(initial=0)), 1e-30)
    rest = np.sqrt(longest - squares) if equally_long else np.zeros(len(vectors))
    linked = np.column_stack([vectors, rest]) / np.sqrt(longest)
    graph = index.Index(
        ndim=vectors.shape[1] + 1,
        metric="ip",
        dtype="f32",
        connectivity=_NEIGHBOURS,
        expansion_add=_LOOKED_AT,
        expansion_search=_LOOKED_AT,
    )
    graph.add(np.arange(len(vectors)), linked.astype(np.float32), threads=1)
    return graph


def looked_up(graph: Any, vector: Floats32, count: int) -> Ints:
    """Return the places of about so many vectors whose product with one is large."""
    found = graph.search(np.append(vector, np.float32(0)), count, threads=1)
    return np.asarray(found.keys).astype(np.int64)
