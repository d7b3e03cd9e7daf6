"""The monthly cohort matrix, by the library and as one writes it by hand in Polars and in SQL on DuckDB.

Customers and revenue by month of the first order and month since. `benchmarks.segmentation` measures them. The
references know no refunds, currencies, zones, intervals or cells that are not over.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from benchmarks.measuring import Stopwatch

AS_OF: Final = datetime(2026, 1, 1, tzinfo=UTC)
SQL: Final = """
    with months as (
        select customer_id, year(ordered_at) * 12 + month(ordered_at) as month, sum(amount) as amount
        from orders where ordered_at < timestamptz '2026-01-01 00:00:00+00' group by all
    ), firsts as (select customer_id, min(month) as cohort from months group by customer_id)
    select cohort, month - cohort as period, count(*) as customers, sum(amount) as revenue
    from months join firsts using (customer_id) group by all
"""


def by_hand(frame: pl.DataFrame, watch: Stopwatch) -> Mapping[str, Any]:
    """Work the matrix out as one writes it by hand in Polars."""
    at = pl.col("ordered_at")
    with watch:
        month = at.dt.year().cast(pl.Int32) * 12 + at.dt.month()
        grouped = frame.lazy().filter(at < AS_OF).group_by("customer_id", month=month).agg(pl.col("amount").sum())
        first = grouped.with_columns(cohort=pl.col("month").min().over("customer_id"))
        cells = first.group_by("cohort", period=pl.col("month") - pl.col("cohort"))
        matrix = cells.agg(customers=pl.len(), revenue=pl.col("amount").sum()).collect()
    return _sums(matrix)


def by_sql(frame: pl.DataFrame, watch: Stopwatch) -> Mapping[str, Any]:
    """Work the matrix out in SQL on DuckDB, over the same frame."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    connection.register("orders", frame.to_arrow())
    with watch:
        rows = connection.execute(SQL).fetchall()
    return _sums(pl.DataFrame(rows, schema=["cohort", "period", "customers", "revenue"], orient="row"))


def ours(frame: pl.DataFrame, watch: Stopwatch) -> Mapping[str, Any]:
    """Work the matrix out by the library."""
    from unified_customer.analytics import Cohorts

    with watch:
        fitted = Cohorts(min_customers=1).fit({"orders": frame}, as_of=AS_OF)
    return _sums(fitted.cells.select("cohort", "period", customers="active", revenue="revenue"))


def _sums(matrix: pl.DataFrame) -> Mapping[str, Any]:
    """Return what every way has to come to."""
    sums = matrix.filter(pl.col("customers") > 0).select(
        cells=pl.len(), customers=pl.col("customers").sum(), revenue=pl.col("revenue").cast(pl.Float64).sum().round(2)
    )
    return sums.row(0, named=True)
