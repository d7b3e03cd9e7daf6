"""Identity: who is who in a table of people, without configuration; with Splink 5 as a peer.

    python -m benchmarks.identity --data FOLDER [--engine spark] [--versus splink] [--quick]

FOLDER has `records.parquet` (`record_id`, `source`, fields, and `cluster_id`, the truth, which the matcher never sees)
and optionally `pairs.parquet` (`id_l`, `id_r`, the true pairs; else those of `cluster_id`). Without `--data` people are
invented (see `benchmarks.populations`), `--scale` 1 being 1,000,000 records. A line of JSON for each matcher:

    engine                   polars, in this process, or spark, on all processors of this machine (the extra `spark`)
    precision, recall, f1    of the pairs at the threshold that the matcher chose; what blocking missed counts as missed
    b3_f1, closure_f1        of the clusters
    cpu_s, wall_s            from normalised values to clusters; `normalise_cpu_s` beside it
    peak_mb                  of the whole process

On Spark `cpu_s` and `peak_mb` are of Java and the workers too, and normalisation is part of what is measured, as is
learning.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from benchmarks.measuring import Stopwatch, peak_mb, report

ROWS: Final = 1_000_000
QUICK: Final = 0.3
"""Pairs that each key may bring for each record in the quick mode."""


DRIVER_MEMORY: Final = "4g"


def ours(folder: Path, *, quick: bool) -> Mapping[str, Any]:
    """Match the records of a folder."""
    from unified_customer.identity.matching.matcher import Matcher

    records = pl.read_parquet(folder / "records.parquet")
    truth = records.select("record_id", "cluster_id")
    matcher = Matcher(budget=QUICK) if quick else Matcher()
    with Stopwatch() as reading:
        normal = matcher.read(records.drop("cluster_id"))
    with Stopwatch() as matching:
        matches = matcher.match(normal)
    peak = peak_mb()
    candidates = matcher.fit(normal).candidate_pairs(normal).rename({"record_a": "id_l", "record_b": "id_r"})
    return {
        "dataset": folder.name,
        "matcher": "unified_customer quick" if quick else "unified_customer",
        "engine": "polars",
        "rows": records.height,
        "pairs_scored": matches.pairs_scored,
        "blocking_recall": _recall(candidates, truth, folder),
        "threshold": round(matches.threshold, 3),
        **_pairwise(matches.pairs.select(id_l="record_a", id_r="record_b"), truth, folder),
        **_clusters(matches.partition, truth),
        "cpu_s": matching.cpu_s,
        "wall_s": matching.wall_s,
        "normalise_cpu_s": reading.cpu_s,
        "peak_mb": peak,
    }


def on_spark(folder: Path, *, quick: bool) -> Mapping[str, Any]:
    """Learn from the records of a folder and match them, both on Spark."""
    from benchmarks.measuring import FamilyWatch
    from unified_customer.engines.spark import local_session, to_polars
    from unified_customer.identity.distributed import fit_on_spark, match_on_spark
    from unified_customer.identity.matching.matcher import Matcher

    truth = pl.read_parquet(folder / "records.parquet", columns=["record_id", "cluster_id"])
    session = local_session(options={"spark.driver.memory": DRIVER_MEMORY})
    frame = session.read.parquet(str(folder / "records.parquet")).drop("cluster_id")
    with FamilyWatch() as learning:
        fitted = fit_on_spark(Matcher(budget=QUICK) if quick else Matcher(), frame)
    with FamilyWatch() as matching:
        matches = match_on_spark(fitted, frame)
    candidates = to_polars(matches.scored).select(id_l="record_a", id_r="record_b")
    line = {
        "dataset": folder.name,
        "matcher": "unified_customer quick" if quick else "unified_customer",
        "engine": "spark",
        "rows": truth.height,
        "pairs_scored": candidates.height,
        "blocking_recall": _recall(candidates, truth, folder),
        "threshold": round(matches.threshold, 3),
        **_pairwise(to_polars(matches.pairs).select(id_l="record_a", id_r="record_b"), truth, folder),
        **_clusters(to_polars(matches.partition), truth),
        "cpu_s": round(learning.cpu_s + matching.cpu_s, 3),
        "wall_s": round(learning.wall_s + matching.wall_s, 3),
        "match_cpu_s": matching.cpu_s,
        "match_wall_s": matching.wall_s,
        "peak_mb": matching.peak_mb,
    }
    session.stop()
    return line


def splink(folder: Path, *, python: str) -> list[Mapping[str, Any]]:
    """Match them with Splink, as its documentation configures it where it does, and with care."""
    from benchmarks.splink_careful import careful
    from benchmarks.splink_peer import recipes, run

    records = pl.read_parquet(folder / "records.parquet")
    truth = records.select("record_id", "cluster_id")
    link = records["source"].n_unique() == 2 and truth.height == truth.n_unique()
    chosen = {recipe.label: recipe for recipe in (*recipes(records, name=folder.name), careful(records, link=link))}
    lines: list[Mapping[str, Any]] = []
    for recipe in chosen.values():
        found = run(records, name=folder.name, recipe=recipe, link=link, python=python)
        for threshold, clusters in sorted(found.clusters.items(), reverse=True):
            lines.append({
                "dataset": folder.name,
                "matcher": f"splink, {found.configuration}",
                "rows": records.height,
                "pairs_scored": found.pairs_scored,
                "threshold": threshold,
                **_pairwise(found.pairs.filter(pl.col("match_probability") >= threshold), truth, folder),
                **_clusters(clusters.rename({"cluster_id": "customer_id"}), truth),
                "cpu_s": found.cpu_s,
                "wall_s": found.wall_s,
                "peak_mb": found.peak_mb,
            })  # fmt: skip
    return lines


def _true_pairs(truth: pl.DataFrame, folder: Path) -> float:
    if (folder / "pairs.parquet").exists():
        return float(pl.scan_parquet(folder / "pairs.parquet").select(pl.len()).collect().item())
    sizes = truth.group_by("cluster_id").len()["len"].cast(pl.Float64)
    return float((sizes * (sizes - 1) / 2).sum())


def _right(pairs: pl.DataFrame, truth: pl.DataFrame) -> int:
    ends = pairs.select("id_l", "id_r").join(truth.rename({"record_id": "id_l", "cluster_id": "left"}), on="id_l")
    ends = ends.join(truth.rename({"record_id": "id_r", "cluster_id": "right"}), on="id_r")
    return ends.filter(pl.col("left") == pl.col("right")).height


def _recall(pairs: pl.DataFrame, truth: pl.DataFrame, folder: Path) -> float:
    return round(_right(pairs, truth) / max(1.0, _true_pairs(truth, folder)), 4)


def _pairwise(pairs: pl.DataFrame, truth: pl.DataFrame, folder: Path) -> dict[str, float]:
    right, true = _right(pairs, truth), _true_pairs(truth, folder)
    return {
        "precision": round(right / max(1, pairs.height), 4),
        "recall": round(right / max(1.0, true), 4),
        "f1": round(2 * right / max(1.0, pairs.height + true), 4),
    }


def _clusters(partition: pl.DataFrame, truth: pl.DataFrame) -> dict[str, float]:
    from unified_customer.identity.accuracy import accuracy

    found = accuracy(partition, truth)
    return {
        "b3_f1": round(found.b_cubed.f1, 4),
        "closure_f1": round(found.closure.f1, 4),
        "max_cluster": found.max_customer,
    }


def _in_a_process(folder: Path, *, engine: str, quick: bool) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.identity", "--part", engine, "--data", str(folder)]
    done = subprocess.run([*command, *(["--quick"] if quick else [])], check=True, stdout=subprocess.PIPE, text=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _compare(folder: Path, options: argparse.Namespace) -> None:
    report(**_in_a_process(folder, engine=options.engine, quick=options.quick))
    if options.versus == "splink":
        for line in splink(folder, python=options.splink_python):
            report(**line)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a folder with records.parquet")
    parser.add_argument("--engine", choices=["polars", "spark"], default="polars", help="where to match")
    parser.add_argument("--quick", action="store_true", help="fewer pairs, less accurate")
    parser.add_argument("--versus", choices=["splink"], help="run this peer on the same records")
    parser.add_argument("--splink-python", default=sys.executable, help="an interpreter that has Splink")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="size of the invented people, 1 being 1,000,000 records"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--part", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Match, and print a line for each matcher."""
    options = _options()
    if options.part:
        report(**(on_spark if options.part == "spark" else ours)(options.data, quick=options.quick))
    elif options.data:
        _compare(options.data, options)
    else:
        from benchmarks.populations import population
        from benchmarks.populations.folder import write

        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "plain"
            write(population("plain", rows=max(1000, int(ROWS * options.scale)), seed=options.seed), folder)
            _compare(folder, options)


if __name__ == "__main__":
    main()
