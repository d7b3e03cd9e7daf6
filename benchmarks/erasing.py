"""Erasing one person and a thousand from a store, and the compaction: parts of `benchmarks.governance`."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.measuring import Stopwatch, peak_mb

MANY: Final = 1_000


def erase(options: argparse.Namespace) -> Mapping[str, Any]:
    """Erase one person, then many at once, and rewrite the store; `cpu_s` and `wall_s` of each."""
    import unified_customer as uc

    random = np.random.Generator(np.random.PCG64(options.seed))
    path = Path(options.folder) / "hub.duckdb"
    with uc.CustomerHub(f"duckdb:///{path}", policy=uc.Policy()) as hub:
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
