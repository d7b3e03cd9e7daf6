"""The whole job: an invented shop of 100,000 customers, from five files to the single customer view."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.measuring import Done, report, run_parts

CUSTOMERS: Final = 100_000


def whole(options: argparse.Namespace) -> Mapping[str, Any]:
    """Run the demo and return its stages and its accuracy."""
    from unified_customer.cli.demo.running import find
    from unified_customer.cli.output import Output

    customers = int(CUSTOMERS * options.scale)
    found = find(Output(as_json=True), Path(options.folder), customers=customers, seed=options.seed)
    stages = [{"stage": each.name, "wall_s": round(each.seconds, 2), "peak_mb": each.peak_mb} for each in found.stages]
    return {
        "stages": stages,
        "rows": sum(found.counts.values()),
        "customers": found.resolved.customers,
        "precision": round(found.linkable.precision, 4),
        "recall": round(found.linkable.recall, 4),
    }


def tell(name: str, measured: Done) -> None:
    """Print a line for each stage and one for all."""
    ((_, figures),) = measured
    for stage in figures.pop("stages"):
        report(benchmark=name, **stage)
    report(benchmark=name, stage="all", **figures)


if __name__ == "__main__":
    run_parts("north_star", __doc__, {"whole": whole}, told=tell)
