"""Where publications are written to: by the scheme of a URL.

    target      what a target does, and what all of them share
    folder      `parquet:///bi` or a plain path: a folder of Parquet files
    file        `duckdb:///bi.duckdb` and `hyper:///bi.hyper`: one file with all tables
    opening     which one a URL means

Each writes beside what lies there, then swaps: a reader sees the old publication or the new one.
"""

from unified_customer.reports.publishing.targets.opening import target_of
from unified_customer.reports.publishing.targets.target import Target, Writing

__all__ = ["Target", "Writing", "target_of"]
