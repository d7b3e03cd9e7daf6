"""Serving: factors fitted on made interactions, lists for all customers, and how soon one customer has his.

Items are as popular as a log-normal law says; customers want those of a few groups. Interactions are made in parts, as
files of Parquet, and read from there: at such sizes they are in no memory as a whole. One line for the fit, one for the
lists of all customers (or of so many as `--asked` says) by `Recommender.batches`, one for the same by the package
`implicit` from the same factors, with the same filtering, in the same process (`ratio`: ours per second over theirs), and
one each for the latency of single customers by scoring all items and by an index. `users_per_s` are customers told in a
CPU second with linear algebra on one thread, latency is of the wall clock, and `peak_mb` is the largest memory of the process until then.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix

from benchmarks.measuring import Stopwatch, peak_mb, report
from unified_customer.methods.learning import Ints, on_one_thread
from unified_customer.recommendations import ALS, Recommender

_AS_OF: Final = datetime(2026, 1, 1, tzinfo=UTC)
_N: Final = 20
_TRIES: Final = 1000
_GROUPS: Final = 100
_LOYAL: Final = 0.8
_BATCH: Final = 2000
_PART: Final = 1_000_000
_ROW_GROUP: Final = 250_000


def main() -> None:
    """Print the lines."""
    options = _options()
    sizes = {name: round(getattr(options, name) * options.scale) for name in ("customers", "items", "interactions")}
    with tempfile.TemporaryDirectory() as folder:
        for part, frame in enumerate(made(**sizes, seed=options.seed)):
            frame.write_parquet(Path(folder, f"{part:06}.parquet"), row_group_size=_ROW_GROUP)
        _told("make", sizes, peak_mb=peak_mb())
        with Stopwatch() as fit:
            model = ALS(repeats=False, factors=options.factors, iterations=options.iterations)
            recommender = model.fit({"interactions": pl.scan_parquet(Path(folder, "*.parquet"))}, as_of=_AS_OF)
    pairs = len(recommender.histories.places)
    _told(
        "fit",
        sizes,
        pairs=pairs,
        factors=options.factors,
        iterations=options.iterations,
        cpu_s=fit.cpu_s,
        wall_s=fit.wall_s,
        peak_mb=peak_mb(),
    )
    asked = _spread(len(recommender.customers), options.asked or len(recommender.customers))
    ours = _batches(recommender, asked)
    _told("batches", sizes, asked=len(asked), n=_N, users_per_s=round(ours), peak_mb=peak_mb())
    _told("latency", sizes, **_latency(recommender))
    with Stopwatch() as build:
        indexed = recommender.indexed()
    recall = None if indexed.index is None else indexed.index.recall
    _told("latency_indexed", sizes, **_latency(indexed), recall=recall, build_cpu_s=build.cpu_s)
    theirs = _implicit(recommender, asked)
    _told(
        "implicit",
        sizes,
        asked=len(asked),
        n=_N,
        users_per_s=round(theirs),
        ratio=round(ours / theirs, 2),
        peak_mb=peak_mb(),
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--interactions", type=int, default=50_000_000)
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--iterations", type=int, default=ALS.model_fields["iterations"].default)
    parser.add_argument("--asked", type=int, help="how many customers lists are made for; all by default")
    parser.add_argument("--scale", type=float, default=1.0, help="size, 1 being the full one")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def _told(part: str, sizes: dict[str, int], **figures: Any) -> None:
    report(benchmark="serving", part=part, **sizes, **figures)


def made(*, customers: int, items: int, interactions: int, seed: int) -> Iterator[pl.DataFrame]:
    """Yield interactions, some at a time: `customer_id`, `item_id`."""
    chance = np.random.default_rng(seed)
    shares = chance.lognormal(sigma=1.5, size=items)
    by_group = [np.flatnonzero(np.arange(items) % _GROUPS == group) for group in range(_GROUPS)]
    tastes = chance.integers(0, _GROUPS, (customers, 3))
    for people, things in _drawn(chance, shares, by_group, tastes, interactions):
        for start in range(0, len(people), _PART):
            part = slice(start, start + _PART)
            yield pl.select(customer_id=_named("c", people[part]), item_id=_named("i", things[part]))


def _named(letter: str, places: Any) -> pl.Expr:
    return pl.concat_str(pl.lit(letter), pl.lit(pl.Series(places)).cast(pl.String))


def _drawn(
    chance: np.random.Generator, shares: Any, by_group: list[Any], tastes: Any, interactions: int
) -> Iterator[tuple[Any, Any]]:
    """Yield customers and items of each group, and those of no group."""
    loyal = round(interactions * _LOYAL)
    sizes = np.bincount(chance.integers(0, _GROUPS, loyal), minlength=_GROUPS)
    for group, (items, size) in enumerate(zip(by_group, sizes, strict=True)):
        fans = np.flatnonzero((tastes == group).any(axis=1))
        if len(items) and len(fans):
            yield fans[chance.integers(0, len(fans), size)].astype(np.int32), _chosen(chance, shares, items, size)
    any_item = _chosen(chance, shares, np.arange(len(shares)), interactions - loyal)
    yield chance.integers(0, len(tastes), interactions - loyal).astype(np.int32), any_item


def _chosen(chance: np.random.Generator, shares: Any, items: Any, size: int) -> Any:
    steps = np.cumsum(shares[items])
    places = np.searchsorted(steps, chance.random(size) * steps[-1])
    return items[np.minimum(places, len(items) - 1)].astype(np.int32)


def _spread(size: int, tries: int) -> Ints:
    """Return places from the first to the last one."""
    return np.linspace(0, size - 1, min(tries, size)).astype(np.int64)


def _batches(recommender: Recommender, asked: Ints) -> float:
    """Return how many customers are told in a CPU second."""
    customers = recommender.customers.gather(asked)
    start = time.process_time()
    with on_one_thread():
        for _ in recommender.batches(customers, n=_N):
            pass
    return len(asked) / (time.process_time() - start)


def _implicit(recommender: Recommender, asked: Ints) -> float:
    """Return how many `implicit` tells with the same factors, what they have left out."""
    ours: Any = recommender.scorer
    model = import_module("implicit.cpu.als").AlternatingLeastSquares(factors=ours.items.shape[1], num_threads=1)
    model.user_factors = ours.people
    model.item_factors = ours.items
    had = recommender.histories
    matrix = csr_matrix((had.values("weight"), had.places, had.starts), shape=(len(had), len(had.items)))
    start = time.process_time()
    with on_one_thread():
        for first in range(0, len(asked), _BATCH):
            people = asked[first : first + _BATCH]
            model.recommend(people, matrix[people], N=_N, filter_already_liked_items=True)
    return len(asked) / (time.process_time() - start)


def _latency(recommender: Recommender) -> dict[str, float]:
    """Return how long one customer waits, in milliseconds."""
    customers = recommender.customers
    asked = customers.gather(_spread(len(customers), _TRIES))
    recommender.recommend(asked[:1], n=_N)
    waited = []
    for customer in asked:
        start = time.perf_counter()
        recommender.recommend([customer], n=_N)
        waited.append(1000 * (time.perf_counter() - start))
    return {f"p{share}_ms": round(float(np.percentile(waited, share)), 2) for share in (50, 99)}


if __name__ == "__main__":
    main()
