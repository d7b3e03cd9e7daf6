"""The monthly cohort matrix at scale, against what one writes by hand in Polars and in SQL on DuckDB.

Customers and revenue by month of the first order and month since, from orders in memory with the types of the library's
tables (`customer_id`, `ordered_at` in UTC, `amount` as Decimal(18, 4)). Every part runs three times, in turns and in processes
of their own; CPU seconds are those of the work alone, and the median counts. The references know no refunds, currencies,
zones, intervals or cells that are not over.
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

TURNS: Final = 3
AS_OF: Final = datetime(2026, 1, 1, tzinfo=UTC)
FILE: Final = "orders.parquet"
SQL: Final = """
    with months as (
        select customer_id, year(ordered_at) * 12 + month(ordered_at) as month, sum(amount) as amount
        from orders where ordered_at < timestamptz '2026-01-01 00:00:00+00' group by all
    ), firsts as (select customer_id, min(month) as cohort from months group by customer_id)
    select cohort, month - cohort as period, count(*) as customers, sum(amount) as revenue
    from months join firsts using (customer_id) group by all
"""


def read(options: argparse.Namespace) -> pl.DataFrame:
    """Read the orders."""
    return pl.read_parquet(Path(options.folder) / FILE, columns=["customer_id", "ordered_at", "amount"])


def by_hand(options: argparse.Namespace) -> Mapping[str, Any]:
    """Work the matrix out as one writes it by hand in Polars."""
    frame = read(options)
    at = pl.col("ordered_at")
    with Stopwatch() as watch:
        month = at.dt.year().cast(pl.Int32) * 12 + at.dt.month()
        grouped = frame.lazy().filter(at < AS_OF).group_by("customer_id", month=month).agg(pl.col("amount").sum())
        first = grouped.with_columns(cohort=pl.col("month").min().over("customer_id"))
        cells = first.group_by("cohort", period=pl.col("month") - pl.col("cohort"))
        matrix = cells.agg(customers=pl.len(), revenue=pl.col("amount").sum()).collect()
    return _told(matrix, watch)


def by_sql(options: argparse.Namespace) -> Mapping[str, Any]:
    """Work the matrix out in SQL on DuckDB, over the same frame."""
    import duckdb

    orders = read(options).to_arrow()
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    connection.register("orders", orders)
    with Stopwatch() as watch:
        rows = connection.execute(SQL).fetchall()
    matrix = pl.DataFrame(rows, schema=["cohort", "period", "customers", "revenue"], orient="row")
    return _told(matrix, watch)


def ours(options: argparse.Namespace) -> Mapping[str, Any]:
    """Work the matrix out by the library."""
    from unified_customer.analytics import Cohorts

    frame = read(options)
    with Stopwatch() as watch:
        fitted = Cohorts(min_customers=1).fit({"orders": frame}, as_of=AS_OF)
    return _told(fitted.cells.select("cohort", "period", customers="active", revenue="revenue"), watch)


def _told(matrix: pl.DataFrame, watch: Stopwatch) -> Mapping[str, Any]:
    sums = matrix.filter(pl.col("customers") > 0).select(
        cells=pl.len(), customers=pl.col("customers").sum(), revenue=pl.col("revenue").cast(pl.Float64).sum().round(2)
    )
    return {**sums.row(0, named=True), "work_cpu_s": watch.cpu_s, "work_wall_s": watch.wall_s, "mb": peak_mb()}


PARTS: Final[Mapping[str, Callable[[argparse.Namespace], Mapping[str, Any]]]] = {
    "by_hand": by_hand,
    "by_sql": by_sql,
    "cohorts": ours,
}


def measured(options: argparse.Namespace) -> dict[str, list[Figures]]:
    """Run every part in turns."""
    runs: dict[str, list[Figures]] = {name: [] for name in PARTS}
    for _ in range(TURNS):
        for name, done in runs.items():
            done.append(run_part("benchmarks.cohorts_part", name, options))
    return runs


def tell(runs: Mapping[str, list[Figures]], rows: int) -> None:
    """Print a line for each part and one with the ratio.

    Raises:
        SystemExit: The parts did not come to the same matrix.
    """
    results = {(run["cells"], run["customers"], run["revenue"]) for done in runs.values() for run in done}
    if len(results) > 1:
        raise SystemExit(f"the parts differ: {sorted(results)}")
    cpu = {name: statistics.median(run["work_cpu_s"] for run in done) for name, done in runs.items()}
    for name, done in runs.items():
        wall = statistics.median(run["work_wall_s"] for run in done)
        report(
            part=name,
            rows=rows,
            cells=done[0]["cells"],
            cpu_s=cpu[name],
            wall_s=wall,
            peak_mb=max(run["mb"] for run in done),
        )
    best = min(cpu["by_hand"], cpu["by_sql"])
    report(benchmark="cohorts", rows=rows, cohort_ratio=round(cpu["cohorts"] / best, 3))


def main() -> None:
    """Run the benchmark, or in a process of its own the part that is asked for."""
    parser = arguments(__doc__)
    parser.add_argument("--rows", type=int, help="orders to generate; 50,000,000 by default")
    options = parser.parse_args()
    if options.part:
        report(**PARTS[options.part](options))
        return
    from benchmarks.segmentation import ROWS

    options.scale = options.rows / ROWS if options.rows else options.scale
    with tempfile.TemporaryDirectory() as temporary:
        options.folder = options.folder or temporary
        if not (Path(options.folder) / FILE).exists():
            run_part("benchmarks.segmentation", "make", options)
        tell(measured(options), round(options.scale * ROWS))


if __name__ == "__main__":
    main()
