"""Resolve: raw person records to customer ids by exact identifiers, from normalisation on."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.invented import make_records
from benchmarks.measuring import Done, Stopwatch, report, run_parts

RECORDS: Final = 1_000_000


def make(options: argparse.Namespace) -> Mapping[str, Any]:
    """Write the file."""
    people = make_records(
        Path(options.folder) / "records.parquet", rows=int(RECORDS * options.scale), seed=options.seed
    )
    return {"people": people}


def ours(options: argparse.Namespace) -> Mapping[str, Any]:
    """Load the records into an embedded hub and resolve them, the single customer view included."""
    import unified_customer as uc
    from benchmarks.mappings import RECORDS as MAPPING

    path = Path(options.folder) / "records.parquet"
    with uc.CustomerHub(
        uc.open_store(f"duckdb:///{options.folder}/hub.duckdb", memory_limit=options.memory_limit)
    ) as hub:
        with Stopwatch() as loading:
            hub.load(uc.source("parquet", path, table="records", mapping=MAPPING))
        with Stopwatch() as resolving:
            resolved = hub.resolve()
    return {
        "rows": resolved.records,
        "customers": resolved.customers,
        "load_cpu_s": loading.cpu_s,
        "resolve_cpu_s": resolving.cpu_s,
    }


PARTS: Final = {"make": make, "ours": ours}


def tell(name: str, measured: Done) -> None:
    """Print one line."""
    done = dict(measured)
    report(benchmark=name, people=done["make"]["people"], **done["ours"])


if __name__ == "__main__":
    run_parts("resolve", __doc__, PARTS, told=tell)
