"""What customers would have if all of them had the same taste."""

from collections.abc import Callable

import numpy as np

from unified_customer.methods.learning import Floats, Ints, Sparse, sparse_of
from unified_customer.segmentation.lifestyle.basket import Baskets, row_sums

_ROWS = 200


Draw = Callable[[np.random.Generator, Ints], Sparse]


def one_taste(have: Baskets, *, loyal: bool) -> Draw:
    """Return draws in which everybody buys as often as they did, by what is popular with all.

    Things of which nobody has more than others tell nothing apart, so groups in such a draw are there by chance.

    Args:
        have: What customers have.
        loyal: Whether everybody has as many different things as they had. Of many things people come back to their own
            few, which makes no taste that others share. Taken without return, what is very popular falls a little
            short.
    """
    often = np.asarray(have.times.sum(axis=0), dtype=np.float64).ravel()
    worth = np.asarray(have.values.sum(axis=0), dtype=np.float64).ravel() / np.maximum(often, 1)
    times = row_sums(have.times).astype(np.int64)
    drawn_times = _loyal(have, often, times) if loyal else _by_popularity(often, times)

    def draw(chance: np.random.Generator, rows: Ints) -> Sparse:
        drawn = drawn_times(chance, rows)
        drawn.data = drawn.data * worth[drawn.indices]
        return drawn

    return draw


def _by_popularity(often: Floats, times: Ints) -> Draw:
    def draw(chance: np.random.Generator, rows: Ints) -> Sparse:
        counts = chance.multinomial(times[rows], often / often.sum())
        places, columns = np.nonzero(counts)
        values = counts[places, columns].astype(np.float64)
        return sparse_of(values, rows=places, columns=columns, shape=counts.shape)

    return draw


def _loyal(have: Baskets, often: Floats, times: Ints) -> Draw:
    popular = have.having / max(have.having.sum(), 1)
    different = np.diff(have.times.indptr)

    def draw(chance: np.random.Generator, rows: Ints) -> Sparse:
        columns = np.concatenate([_without_return(chance, popular, part) for part in _lots(different[rows])])
        starts = np.concatenate([[0], np.cumsum(different[rows])])
        drawn = np.ones(len(columns))
        for place, left in enumerate(times[rows] - different[rows]):
            own = slice(starts[place], starts[place + 1])
            share = often[columns[own]]
            drawn[own] += chance.multinomial(left, share / share.sum())
        places = np.repeat(np.arange(len(rows)), different[rows])
        return sparse_of(drawn, rows=places, columns=columns, shape=(len(rows), len(popular)))

    return draw


def _lots(different: Ints) -> list[Ints]:
    return [different[start : start + _ROWS] for start in range(0, len(different), _ROWS)]


def _without_return(chance: np.random.Generator, popular: Floats, different: Ints) -> Ints:
    """Return the columns that each row takes, none twice, the popular ones likelier.

    References:
        P. Efraimidis, P. Spirakis (2006): Weighted random sampling with a reservoir.
    """
    with np.errstate(divide="ignore"):
        keys = np.log(popular) + chance.gumbel(size=(len(different), len(popular)))
    order = np.argsort(-keys, axis=1, kind="stable")
    taken = np.arange(len(popular)) < different[:, None]
    columns: Ints = order[taken]
    return columns
