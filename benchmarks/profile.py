"""Profile: reading one customer at a time, audited, in a hub of a million customers; and what the import costs."""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.invented import make_events, make_records
from benchmarks.measuring import Done, report, report_each, run_parts

CUSTOMERS: Final = 1_000_000
EVENTS: Final = 5_000_000
READS: Final = 2_000
FIRST: Final = 1_000
"""Reads after opening, while the store comes from the disk; told for themselves."""
HEAVY: Final = ("duckdb", "sklearn", "pandas")


def make(options: argparse.Namespace) -> Mapping[str, Any]:
    """Make a store with a million customers and five million events."""
    import unified_customer as uc
    from benchmarks.mappings import EVENTS as EVENTS_MAPPING
    from benchmarks.mappings import RECORDS as RECORDS_MAPPING

    folder = Path(options.folder)
    rows = int(CUSTOMERS * 1.4 * options.scale)
    people = make_records(folder / "records.parquet", rows=rows, seed=options.seed)
    make_events(folder / "events.parquet", rows=int(EVENTS * options.scale), people=people, seed=options.seed)
    with uc.CustomerHub(f"duckdb:///{folder}/hub.duckdb", policy=uc.Policy.quickstart()) as hub:
        hub.load(uc.source("parquet", folder / "records.parquet", table="records", mapping=RECORDS_MAPPING))
        hub.load(uc.source("parquet", folder / "events.parquet", table="events", mapping=EVENTS_MAPPING))
        resolved = hub.resolve()
    return {"customers": resolved.customers}


def reads(options: argparse.Namespace) -> Mapping[str, Any]:
    """Read customers at random, none twice: the first ones after opening, then without events, then with fifty.

    `cpu_ms` is the CPU time of a read, which other work on the machine blurs less.
    """
    import unified_customer as uc

    random = np.random.Generator(np.random.PCG64(options.seed))
    with uc.CustomerHub(f"duckdb:///{options.folder}/hub.duckdb", policy=uc.Policy.quickstart()) as hub:
        ids = hub.customers(purpose="analytics", columns=["customer_id"])["customer_id"]
        chosen = ids.gather(random.permutation(len(ids))[: FIRST + 2 * READS]).to_list()
        first = _timed(chosen[:FIRST], lambda each: hub.profile(each, purpose="essential.service"))
        plain = _timed(chosen[FIRST:-READS], lambda each: hub.profile(each, purpose="essential.service"))
        recent = _timed(chosen[-READS:], lambda each: hub.profile(each, purpose="essential.service", events=50))
    return (
        {"rows": len(ids), "reads": READS, **plain.reported("")} | recent.reported("_events") | first.reported("_first")
    )


@dataclass(frozen=True)
class Timed:
    """Milliseconds of each read, and CPU milliseconds of all."""

    taken: list[float]
    cpu: float

    def reported(self, suffix: str) -> dict[str, float]:
        """Return what is reported."""
        return {
            f"p50{suffix}_ms": round(float(np.quantile(self.taken, 0.5)), 2),
            f"p99{suffix}_ms": round(float(np.quantile(self.taken, 0.99)), 2),
            f"cpu{suffix}_ms": round(self.cpu / len(self.taken), 2),
        }


def _timed(ids: list[str], read: Callable[[str], Any]) -> Timed:
    taken = []
    cpu = time.process_time()
    for each in ids:
        start = time.perf_counter()
        read(each)
        taken.append(1000 * (time.perf_counter() - start))
    return Timed(taken, 1000 * (time.process_time() - cpu))


def imports() -> dict[str, Any]:
    """Compare `import unified_customer` with importing what it stands on; the median of several processes each."""
    base = _import_seconds("import polars, pydantic, narwhals")
    own = _import_seconds("import unified_customer")
    code = f"import sys, unified_customer; print([name for name in {HEAVY!r} if name in sys.modules])"
    heavy = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
    return {"import_s": round(own, 4), "base_import_s": round(base, 4), "ratio": round(own / base, 3), "heavy": heavy}


def _import_seconds(statement: str) -> float:
    code = f"import time; start = time.perf_counter(); {statement}; print(time.perf_counter() - start)"
    taken = [
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
        for _ in range(7)
    ]
    return float(np.median(taken))


PARTS: Final = {"make": make, "reads": reads}


def tell(name: str, done: Done) -> None:
    """Print a line for each part, and one for what the import costs."""
    report_each(name, done)
    report(benchmark=name, part="import", **imports())


if __name__ == "__main__":
    run_parts("profile", __doc__, PARTS, told=tell)
