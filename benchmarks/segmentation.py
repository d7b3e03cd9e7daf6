"""Segments at scale: RFM of generated orders against the bare group-by of the same frame.

The frame is in memory and has the types of the library's tables: `customer_id` (a whole number here, the hardest case: the
cheaper the group-by, the more all else weighs), `ordered_at` in UTC, `amount` as Decimal(18, 4). Every part runs three
times, in turns and in processes of their own; CPU seconds are those of the work alone, and the median counts.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from benchmarks.measuring import Figures, Stopwatch, arguments, peak_mb, report, run_part

ROWS: Final = 50_000_000
TURNS: Final = 3
AS_OF: Final = datetime(2026, 1, 1, tzinfo=UTC)
FILE: Final = "orders.parquet"


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


def orders(options: argparse.Namespace) -> pl.DataFrame:
    """Read the orders."""
    return pl.read_parquet(Path(options.folder) / FILE)


def timed(work: Callable[[pl.DataFrame], pl.DataFrame]) -> Callable[[argparse.Namespace], Mapping[str, Any]]:
    """Return a part that measures work on the orders."""

    def part(options: argparse.Namespace) -> Mapping[str, Any]:
        frame = orders(options)
        with Stopwatch() as watch:
            result = work(frame)
        return {"customers": result.height, "work_cpu_s": watch.cpu_s, "work_wall_s": watch.wall_s, "mb": peak_mb()}

    return part


def bare(frame: pl.DataFrame) -> pl.DataFrame:
    """Group by customer, and nothing else."""
    last, paid = pl.col("ordered_at").max(), pl.col("amount").sum()
    return frame.lazy().group_by("customer_id").agg(last, pl.len(), paid).collect(engine="streaming")


def by_hand(frame: pl.DataFrame) -> pl.DataFrame:
    """RFM as one writes it by hand in Polars: no refunds, no currencies, no zone."""
    from unified_customer.segmentation.rfm.rules import default_rules

    grouped = frame.lazy().filter(pl.col("ordered_at") < AS_OF).group_by("customer_id")
    measures = grouped.agg(
        pl.col("ordered_at").max(), frequency=pl.len(), monetary=pl.col("amount").sum()
    ).with_columns(
        recency=(pl.lit(AS_OF) - pl.col("ordered_at")).dt.total_days(), monetary=pl.col("monetary").cast(pl.Float64)
    )
    table = measures.collect(engine="streaming")
    scores = [_score(table, pl.col("recency") * -1).alias("r"), _score(table, pl.col("frequency")).alias("f")]
    scores.append(_score(table, pl.col("monetary")).alias("m"))
    rules = default_rules(5)
    codes = [(r, f, rules.segment((r, f, 1))) for r in range(1, 6) for f in range(1, 6)]
    names = pl.DataFrame(codes, schema={"r": pl.Int32, "f": pl.Int32, "segment": pl.String}, orient="row")
    return table.with_columns(scores).join(names, on=["r", "f"], how="left")


def _score(table: pl.DataFrame, value: pl.Expr) -> pl.Expr:
    in_order = table.select(value.sort().alias("value"))["value"]
    cuts = [in_order.quantile(share) for share in (0.2, 0.4, 0.6, 0.8)]
    return pl.sum_horizontal([value > cut for cut in cuts]).cast(pl.Int32) + 1


def ours(frame: pl.DataFrame) -> pl.DataFrame:
    """RFM with segments by the library."""
    from unified_customer.segmentation import RFM

    table: pl.DataFrame = RFM().fit({"orders": frame}, as_of=AS_OF).table
    return table


PARTS: Final = {"make": make, "bare": timed(bare), "by_hand": timed(by_hand), "rfm": timed(ours)}


def measured(options: argparse.Namespace) -> dict[str, list[Figures]]:
    """Run every part in turns."""
    runs: dict[str, list[Figures]] = {name: [] for name in PARTS if name != "make"}
    for _ in range(TURNS):
        for name, done in runs.items():
            done.append(run_part("benchmarks.segmentation", name, options))
    return runs


def tell(runs: Mapping[str, list[Figures]], rows: int) -> None:
    """Print a line for each part and one with the ratios."""
    cpu = {name: statistics.median(run["work_cpu_s"] for run in done) for name, done in runs.items()}
    for name, done in runs.items():
        wall = statistics.median(run["work_wall_s"] for run in done)
        peak = max(run["mb"] for run in done)
        report(part=name, rows=rows, customers=done[0]["customers"], cpu_s=cpu[name], wall_s=wall, peak_mb=peak)
    ratio, hand = cpu["rfm"] / cpu["bare"], cpu["by_hand"] / cpu["bare"]
    report(benchmark="segmentation", rows=rows, rfm_ratio=round(ratio, 3), by_hand_ratio=round(hand, 3))


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
        tell(measured(options), round(options.scale * ROWS))


if __name__ == "__main__":
    main()
