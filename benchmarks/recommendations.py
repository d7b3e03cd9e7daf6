"""Recommendations: models fitted on the interactions of a folder, and held against what came later.

The folder holds `train.parquet` and `test.parquet` with the columns `user`, `item`, and if they are there `timestamp` and
`weight`. Everything is chosen on the training part; the test part is read when all is fitted. Each model runs in a
process of its own, so that CPU seconds and memory are its own. One line a model, and one for the blend that chooses its
parts and weights by itself. Where customers took the same item more than once, lists in which repeats may be are told
apart from lists of new items; `users_per_s` are customers told in a CPU second. Without a folder a shop is invented.
"""

import argparse
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import polars as pl

from benchmarks.measuring import Stopwatch, peak_mb, report
from unified_customer.recommendations import (
    ALS,
    BPR,
    EASE,
    BuyAgain,
    GraphFilter,
    Hybrid,
    Neighbours,
    Popularity,
    Recommender,
)
from unified_customer.recommendations.evaluation import Metrics
from unified_customer.recommendations.models.ease import LARGEST
from unified_customer.recommendations.models.spec import RecommenderSpec

_NAMES: Final = {"user": "customer_id", "item": "item_id", "timestamp": "occurred_at"}
_UNITS: Final = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6))
"""Below which number what counts from 1970 is in seconds, milliseconds and microseconds: so many in a second."""
_CUSTOMERS: Final = 5000
_GROUPS: Final = 25
_UNTIMED: Final = datetime(2026, 1, 1, tzinfo=UTC)
MODELS: Final[Mapping[str, Callable[..., RecommenderSpec]]] = {
    "popularity": Popularity,
    "buy_again": BuyAgain,
    "neighbours": Neighbours,
    "als": ALS,
    "bpr": BPR,
    "ease": EASE,
    "graph_filter": GraphFilter,
    "hybrid": Hybrid,
}


def main() -> None:
    """Print the lines."""
    options = _options()
    if options.model:
        report(**one(options))
        return
    if options.data is not None:
        _all_models(options)
        return
    with TemporaryDirectory() as folder:
        options.data = Path(folder) / "invented"
        _invent(options.data, customers=max(round(_CUSTOMERS * options.scale), 200))
        _all_models(options)


def _all_models(options: argparse.Namespace) -> None:
    train = _read(options.data, "train")
    for repeats in (True, False) if _repeated(train) else (False,):
        for model in _worth_trying(train, repeats=repeats):
            _in_a_process(options, model, repeats=repeats)


def _invent(folder: Path, *, customers: int) -> None:
    """Write what invented customers did in 300 days: half of the time they take one of their favourites, else what is near."""
    chance = np.random.default_rng(0)
    size = 30 * customers
    people, days = chance.integers(0, customers, size), chance.uniform(0, 300, size)
    own = people % _GROUPS + _GROUPS * (people * 7 % 3)
    near = people % _GROUPS + _GROUPS * np.minimum(chance.geometric(0.15, size), 19)
    items = np.where(chance.random(size) < 0.5, own, near)
    first = _UNTIMED.replace(tzinfo=None)
    told = pl.DataFrame({"user": people, "item": items, "seconds": (days * 86_400).astype(np.int64)})
    told = told.select("user", "item", timestamp=first + pl.duration(seconds="seconds"))
    folder.mkdir()
    last = pl.col("timestamp") >= first + timedelta(days=270)
    told.filter(~last).write_parquet(folder / "train.parquet")
    told.filter(last).write_parquet(folder / "test.parquet")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder")
    parser.add_argument("--k", type=int, default=20, help="length of the lists")
    parser.add_argument("--model", choices=list(MODELS), help="one model alone")
    parser.add_argument("--repeats", action="store_true", help="with --model: lists may hold what somebody has")
    parser.add_argument("--scale", type=float, default=1.0, help="how many customers are invented, 1 being 5,000")
    return parser.parse_args()


def _read(folder: Path, name: str) -> pl.DataFrame:
    frame = pl.read_parquet(folder / f"{name}.parquet")
    named = frame.rename({old: new for old, new in _NAMES.items() if old in frame.columns})
    texts = named.with_columns(pl.col("customer_id", "item_id").cast(pl.String))
    return texts.with_columns(_instants(texts["occurred_at"])) if "occurred_at" in texts.columns else texts


def _instants(times: pl.Series) -> pl.Series:
    """Return times as instants; numbers count from 1970 in the unit in which they are years that can be meant."""
    if times.dtype.is_numeric():
        told = times.cast(pl.Float64)
        units = (unit for most, unit in _UNITS if float(told.max() or 0) < most)  # type: ignore[arg-type]
        times = (told * (1e6 / next(units, 1e9))).cast(pl.Int64).cast(pl.Datetime("us"))
    if times.dtype == pl.String:
        return times.str.to_datetime(time_unit="us", time_zone="UTC")
    zone = getattr(times.dtype, "time_zone", None)
    instants = times.cast(pl.Datetime("us", zone))
    return instants.dt.convert_time_zone("UTC") if zone else instants.dt.replace_time_zone("UTC")


def _repeated(train: pl.DataFrame) -> bool:
    return bool(train.select(pl.struct("customer_id", "item_id").is_duplicated().any()).item())


def _worth_trying(train: pl.DataFrame, *, repeats: bool) -> list[str]:
    left_out = {"buy_again"} if not repeats else set[str]()
    return [
        name for name in MODELS if name not in left_out and (name != "ease" or train["item_id"].n_unique() <= LARGEST)
    ]


def _in_a_process(options: argparse.Namespace, model: str, *, repeats: bool) -> None:
    command = [sys.executable, "-m", "benchmarks.recommendations", "--data", str(options.data), "--k", str(options.k)]
    command += ["--model", model, *(["--repeats"] if repeats else [])]
    subprocess.run(command, check=True)


def one(options: argparse.Namespace) -> dict[str, Any]:
    """Fit a model, recommend, and say how good it was."""
    train = _read(options.data, "train")
    model = MODELS[options.model](repeats=options.repeats, **({"k": options.k} if options.model == "hybrid" else {}))
    with Stopwatch() as fit:
        recommender: Recommender = model.fit({"interactions": train}, as_of=_end(train))
    test = _asked(_read(options.data, "test"), train, repeats=options.repeats)
    with Stopwatch() as serve:
        lists = recommender.recommend(test["customer_id"].unique(), n=options.k).table
    memory = peak_mb()
    judged = Metrics(k=(options.k,), resamples=100).fit(test, train=train).evaluate(lists)
    weights = getattr(recommender.scorer, "weights", None)
    return {
        "benchmark": "recommendations",
        "data": options.data.resolve().name,
        "model": options.model,
        "repeats": options.repeats,
        "k": options.k,
        "chosen": {name: round(weight, 3) for name, weight in weights.items()}
        if isinstance(weights, Mapping)
        else None,
        "customers": judged.customers,
        **{name: round(judged.value(name) or 0.0, 4) for name in ("recall", "ndcg", "coverage")},
        "fit_cpu_s": round(fit.cpu_s, 1),
        "users_per_s": round(test["customer_id"].n_unique() / max(serve.cpu_s, 1e-3)),
        "peak_mb": memory,
    }


def _end(train: pl.DataFrame) -> datetime:
    if "occurred_at" not in train.columns:
        return _UNTIMED
    last: datetime = train.select(pl.col("occurred_at").max()).item()
    return last + timedelta(microseconds=1)


def _asked(test: pl.DataFrame, train: pl.DataFrame, *, repeats: bool) -> pl.DataFrame:
    """Return what came later of those who were there before: all of it, or what was new to them."""
    known = test.join(train, on="customer_id", how="semi").join(train, on="item_id", how="semi")
    return known if repeats else known.join(train, on=["customer_id", "item_id"], how="anti")


if __name__ == "__main__":
    main()
