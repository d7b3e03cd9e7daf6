"""Write one set into a folder."""

import argparse
from pathlib import Path

from benchmarks.measuring import Stopwatch, report
from benchmarks.populations import KINDS, population
from benchmarks.populations.folder import write


def main() -> None:
    """Make a set, write it and print a line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.populations", description=__doc__)
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--to", type=Path, required=True, help="folder to write to")
    options = parser.parse_args()
    with Stopwatch() as making:
        records = population(options.kind, rows=options.rows, seed=options.seed)
        write(records, options.to)
    clusters = records["cluster_id"].n_unique()
    report(kind=options.kind, rows=records.height, clusters=clusters, cpu_s=making.cpu_s, wall_s=making.wall_s)


if __name__ == "__main__":
    main()
