"""Segments and cohorts at scale: RFM of generated orders against the bare group-by of the same frame, and cohorts by hand.

`rfm_ratio` is the CPU of RFM with segments over that of the bare group-by; `cohort_ratio` that of the monthly cohort
matrix over the better of two ways to write it by hand (`benchmarks.cohort_matrix`), which must come to the same
numbers. The frame is in memory and has the types of the library's tables: `customer_id` (a whole number here, the
hardest case: the cheaper the group-by, the more all else weighs), `ordered_at` in UTC, `amount` as Decimal(18, 4).
Every part runs three times, in turns and in processes of their own; CPU seconds are those of the work alone, and the
median counts.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from benchmarks import cohort_matrix
from benchmarks.cohort_matrix import AS_OF
from benchmarks.measuring import Figures, Part, Stopwatch, arguments, peak_mb, report, run_part

Work = Callable[[pl.DataFrame, Stopwatch], Mapping[str, Any]]
"""What is done with the orders, on the watch, and what came of it."""

ROWS: Final = 50_000_000
TURNS: Final = 3
FILE: Final = "orders.parquet"
SUMS: Final = ("customers", "cells", "revenue")


def make(options: argparse.Namespace) -> Mapping[str, Any]:
    """Write orders of two years: buying rates by a gamma distribution, amounts by a lognormal one."""
    import numpy as np

    rows = round(options.scale * ROWS)
    rng = np.random.default_rng(options.seed)
    rates = np.cumsum(rng.gamma(0.8, 1.0, max(rows // 10, 1)))
    start = np.datetime64("2024-01-01", "us").astype(np.int64)
    frame = pl.DataFrame(
        {
            "customer_id": np.searchsorted(rates, rng.random(rows) * rates[-1]),
            "ordered_at": start + rng.integers(0, 731 * 86_400, rows) * 1_000_000,
            "amount": np.round(rng.lognormal(3.3, 0.8, rows), 2),
        }
    )
    typed = frame.with_columns(
        pl.col("ordered_at").cast(pl.Datetime("us", "UTC")), pl.col("amount").cast(pl.Decimal(18, 4))
    )
    typed.write_parquet(Path(options.folder) / FILE)
    return {"rows": rows}


def timed(work: Work) -> Part:
    """Return a part that measures work on the orders."""

    def part(options: argparse.Namespace) -> Mapping[str, Any]:
        watch, frame = Stopwatch(), pl.read_parquet(Path(options.folder) / FILE)
        told = work(frame, watch)
        return {**told, "work_cpu_s": watch.cpu_s, "work_wall_s": watch.wall_s, "mb": peak_mb()}

    return part


def bare(frame: pl.DataFrame, watch: Stopwatch) -> Mapping[str, Any]:
    """Group by customer, and nothing else."""
    last, paid = pl.col("ordered_at").max(), pl.col("amount").sum()
    with watch:
        table = frame.lazy().group_by("customer_id").agg(last, pl.len(), paid).collect(engine="streaming")
    return {"customers": table.height}


def by_hand(frame: pl.DataFrame, watch: Stopwatch) -> Mapping[str, Any]:
    """RFM as one writes it by hand in Polars: no refunds, no currencies, no zone."""
    from unified_customer.segmentation.rfm.rules import default_rules

    rules = default_rules(5)
    codes = [(r, f, rules.segment((r, f, 1))) for r in range(1, 6) for f in range(1, 6)]
    names = pl.DataFrame(codes, schema={"r": pl.Int32, "f": pl.Int32, "segment": pl.String}, orient="row")
    with watch:
        table = _measures(frame)
        scores = [_score(table, pl.col("recency") * -1).alias("r"), _score(table, pl.col("frequency")).alias("f")]
        scores.append(_score(table, pl.col("monetary")).alias("m"))
        segments = table.with_columns(scores).join(names, on=["r", "f"], how="left")
    return {"customers": segments.height}


def _measures(frame: pl.DataFrame) -> pl.DataFrame:
    grouped = frame.lazy().filter(pl.col("ordered_at") < AS_OF).group_by("customer_id")
    sums = grouped.agg(pl.col("ordered_at").max(), frequency=pl.len(), monetary=pl.col("amount").sum())
    recency = (pl.lit(AS_OF) - pl.col("ordered_at")).dt.total_days()
    typed = sums.with_columns(recency=recency, monetary=pl.col("monetary").cast(pl.Float64))
    return typed.collect(engine="streaming")


def _score(table: pl.DataFrame, value: pl.Expr) -> pl.Expr:
    in_order = table.select(value.sort().alias("value"))["value"]
    cuts = [in_order.quantile(share) for share in (0.2, 0.4, 0.6, 0.8)]
    return pl.sum_horizontal([value > cut for cut in cuts]).cast(pl.Int32) + 1


def ours(frame: pl.DataFrame, watch: Stopwatch) -> Mapping[str, Any]:
    """RFM with segments by the library."""
    from unified_customer.segmentation import RFM

    with watch:
        fitted = RFM().fit({"orders": frame}, as_of=AS_OF)
    return {"customers": fitted.table.height}


RFM_PARTS: Final[Mapping[str, Work]] = {"bare": bare, "by_hand": by_hand, "rfm": ours}
COHORT_PARTS: Final[Mapping[str, Work]] = {
    "cohorts_by_hand": cohort_matrix.by_hand,
    "cohorts_by_sql": cohort_matrix.by_sql,
    "cohorts": cohort_matrix.ours,
}
PARTS: Final[Mapping[str, Part]] = {
    "make": make,
    **{name: timed(work) for name, work in {**RFM_PARTS, **COHORT_PARTS}.items()},
}


def measured(parts: Iterable[str], options: argparse.Namespace) -> dict[str, list[Figures]]:
    """Run the parts in turns.

    Raises:
        SystemExit: Ways to the same table did not come to the same.
    """
    runs: dict[str, list[Figures]] = {name: [] for name in parts}
    for _ in range(TURNS):
        for name, done in runs.items():
            done.append(run_part("benchmarks.segmentation", name, options))
    found = {tuple(run.get(sum_) for sum_ in SUMS) for done in runs.values() for run in done}
    if len(found) > 1:
        raise SystemExit(f"{', '.join(runs)} differ: {sorted(found)}")
    return runs


def told(runs: Mapping[str, list[Figures]], rows: int) -> dict[str, float]:
    """Print a line for each part, and return the CPU seconds of each."""
    cpu = {name: statistics.median(run["work_cpu_s"] for run in done) for name, done in runs.items()}
    for name, done in runs.items():
        sums = {sum_: done[0][sum_] for sum_ in SUMS if sum_ in done[0]}
        wall = statistics.median(run["work_wall_s"] for run in done)
        report(part=name, rows=rows, **sums, cpu_s=cpu[name], wall_s=wall, peak_mb=peak(done))
    return cpu


def peak(done: Iterable[Figures]) -> int:
    """Return the most memory that any run took."""
    return max(int(run["mb"]) for run in done)


def compare(options: argparse.Namespace, rows: int) -> None:
    """Measure all, and print the lines of the parts and those of the ratios."""
    runs = measured(RFM_PARTS, options)
    cpu = told(runs, rows)
    ratios = {"rfm_ratio": cpu["rfm"] / cpu["bare"], "by_hand_ratio": cpu["by_hand"] / cpu["bare"]}
    rounded = {name: round(ratio, 3) for name, ratio in ratios.items()}
    report(benchmark="segmentation", rows=rows, **rounded, peak_mb=peak(runs["rfm"]))
    runs = measured(COHORT_PARTS, options)
    cpu = told(runs, rows)
    ratio = cpu["cohorts"] / min(cpu["cohorts_by_hand"], cpu["cohorts_by_sql"])
    report(benchmark="segmentation", rows=rows, cohort_ratio=round(ratio, 3), peak_mb=peak(runs["cohorts"]))


def main() -> None:
    """Run the benchmark, or in a process of its own the part that is asked for."""
    parser = arguments(__doc__)
    parser.add_argument("--rows", type=int, help=f"orders to generate; {ROWS:,} by default")
    options = parser.parse_args()
    if options.part:
        report(**PARTS[options.part](options))
        return
    options.scale = options.rows / ROWS if options.rows else options.scale
    with tempfile.TemporaryDirectory() as temporary:
        options.folder = options.folder or temporary
        if not (Path(options.folder) / FILE).exists():
            run_part("benchmarks.segmentation", "make", options)
        compare(options, round(options.scale * ROWS))


if __name__ == "__main__":
    main()
