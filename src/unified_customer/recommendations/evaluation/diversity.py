"""How different the items of a list are from each other: 1 less their mean likeness, pair by pair.

Items of which nothing is known are left out; a list with fewer than two others has no number.

References:
    Smyth, B. and McClave, P. (2001). Similarity vs. diversity. ICCBR.
    Ziegler, C.-N. et al. (2005). Improving recommendation lists through topic diversification. WWW.
"""

from collections.abc import Callable

import numpy as np

from unified_customer.recommendations.evaluation.categories import Categories
from unified_customer.recommendations.evaluation.lists import Lists
from unified_customer.recommendations.evaluation.places import Floats, Pairs, distinct, ratio, spread, summed


def category_diversity(lists: Lists, categories: Categories) -> Floats:
    """Return diversity by the cosine of categories: two items of one category each are alike or not."""
    return _over_parts(lists, lambda part: _by_categories(part, categories))


def vector_diversity(lists: Lists, vectors: Floats) -> Floats:
    """Return diversity by the cosine of vectors, from 0 to 2; to 1 where no vector has a part below 0."""
    return _over_parts(lists, lambda part: _by_vectors(part, vectors))


def pair_diversity(lists: Lists, similarities: Pairs) -> Floats:
    """Return diversity by likenesses that are given for pairs of items; others are not alike."""
    return _over_parts(lists, lambda part: _by_pairs(part, similarities))


def _over_parts(lists: Lists, work: Callable[[Lists], tuple[Floats, Floats]]) -> Floats:
    """Put together what is found for some customers at a time: the summed likeness, and how many items it is of."""
    likeness, items = np.zeros(lists.customers), np.zeros(lists.customers)
    for part in lists.parts():
        own = distinct(part.customer)
        alike, known = work(part)
        likeness[own], items[own] = alike[own], known[own]
    found = 1 - ratio(likeness, items * (items - 1) / 2)
    # Rounding must not make equal items differ by less than nothing.
    return np.where(np.abs(found) < 1e-12, 0.0, found)


def _by_categories(lists: Lists, categories: Categories) -> tuple[Floats, Floats]:
    row, category, value = categories.unit.of(lists.item)
    known = np.bincount(lists.customer[distinct(row)], minlength=lists.customers).astype(np.float64)
    keys, sums = summed(lists.customer[row] * categories.names + category, value)
    # The squared length of a sum of unit vectors is their number and twice the likeness of each pair.
    squares = np.bincount(keys // categories.names, weights=sums**2, minlength=lists.customers)
    return (squares - known) / 2, known


def _by_vectors(lists: Lists, vectors: Floats) -> tuple[Floats, Floats]:
    has = spread(np.asarray(vectors.any(axis=1), dtype=np.float64), lists.item, other=0.0) > 0
    own = distinct(lists.customer[has])
    place = np.searchsorted(own, lists.customer[has])
    known = np.bincount(lists.customer[has], minlength=lists.customers).astype(np.float64)
    squares = np.zeros(lists.customers)
    column: Floats
    for column in vectors.T:
        sums = np.bincount(place, weights=column[lists.item[has]], minlength=len(own))
        squares[own] += sums**2
    return (squares - known) / 2, known


def _by_pairs(lists: Lists, similarities: Pairs) -> tuple[Floats, Floats]:
    likeness = np.zeros(lists.customers)
    for apart in range(1, int(lists.rank.max())):
        # Rows are by customer and rank, so that partners stand a fixed number of rows apart.
        same = lists.customer[apart:] == lists.customer[:-apart]
        one, other = lists.item[:-apart][same], lists.item[apart:][same]
        at = similarities.found(np.minimum(one, other), np.maximum(one, other))
        alike = spread(similarities.weight, at, other=0.0)
        likeness += np.bincount(lists.customer[apart:][same], weights=alike, minlength=lists.customers)
    return likeness, lists.lengths.astype(np.float64)
