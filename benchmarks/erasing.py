"""Erasing: one person and a thousand from a store of a million customers and five million events, and the compaction."""

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks import profile
from benchmarks.measuring import Stopwatch, arguments, peak_mb, report, run_part

MANY: Final = 1_000


def erase(options: argparse.Namespace) -> Mapping[str, Any]:
    """Erase one person, then many at once, and rewrite the store; `cpu_s` and `wall_s` of each."""
    import unified_customer as uc

    random = np.random.Generator(np.random.PCG64(options.seed))
    path = Path(options.folder) / "hub.duckdb"
    with uc.CustomerHub(f"duckdb:///{path}", policy=uc.Policy.quickstart()) as hub:
        ids = hub.customers(purpose="analytics", columns=["customer_id"])["customer_id"].sort()
        chosen = ids.gather(random.permutation(len(ids))[: 1 + MANY]).to_list()
        with Stopwatch() as preview:
            hub.rights.erasures.preview(chosen[0])
        with Stopwatch() as one:
            hub.rights.erase(chosen[0])
        with Stopwatch() as many:
            receipts = hub.rights.erase_many(chosen[1:])
        with Stopwatch() as compaction:
            hub.rights.compact()
        complete = all(hub.rights.erasures.receipt(each.erasure_id).complete for each in receipts)
    timed = {"preview": preview, "one": one, "many": many, "compact": compaction}
    return {
        "customers": len(ids),
        "erased": 1 + len(receipts),
        "rows": sum(sum(each.rows.values()) for each in receipts),
        "complete": complete,
        **{f"{name}_{unit}": getattr(each, unit) for name, each in timed.items() for unit in ("cpu_s", "wall_s")},
        "store_mb": round(path.stat().st_size / 2**20),
        "own_peak_mb": peak_mb(),
    }


PARTS: Final = {"make": profile.make, "erase": erase}


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Make a store where there is none in `options.folder`, and return what the erasures in it cost."""
    if not (Path(options.folder) / "hub.duckdb").exists():
        run_part("benchmarks.erasing", "make", options)
    return run_part("benchmarks.erasing", "erase", options)


def main() -> None:
    """Print one line."""
    options = arguments(__doc__).parse_args()
    if options.part:
        report(**PARTS[options.part](options))
        return
    with tempfile.TemporaryDirectory() as temporary:
        options.folder = options.folder or temporary
        report(benchmark="erasing", scale=options.scale, **measure(options))


if __name__ == "__main__":
    main()
