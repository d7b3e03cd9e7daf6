"""Splink 5 on DuckDB as a peer: what it finds in a table of people, and what that costs.

It is no dependency of the project. Install `benchmarks/requirements.txt` into the environment of the benchmarks, or
into one of its own that has Polars too, and name that one's interpreter.

The sets that Splink's documentation treats are configured as it says (`splink_recipes`), others with care by the names
of their columns (`splink_careful`). Splink never sees `cluster_id`. It runs in a process of its own.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from benchmarks.splink_careful import careful
from benchmarks.splink_recipes import DOCUMENTED, Recipe

ROOT: Final = Path(__file__).parents[1]
TRUTH: Final = "cluster_id"


@dataclass(frozen=True)
class PeerResult:
    """What Splink found.

    Attributes:
        configuration: The name of the recipe.
        pairs: `id_l`, `id_r` (the smaller id first), `match_probability`: all scored pairs of at least 0.001.
        clusters: By threshold, `record_id` and `cluster_id` of every record: connected components of the pairs that
            reach the threshold, 0.95 or 0.5. The documentation clusters historical_50k at 0.95, febrl4 at 0.99, the
            tutorial at 0.2, and has no one threshold for all.
        pairs_scored: Pairs that the blocking rules made.
        cpu_s: CPU seconds of settings, training, prediction and clustering at 0.95, of all threads. Reading and
            preparing the table, clustering a second time and writing the results are not in it.
        wall_s: The same by the clock.
        peak_mb: Largest memory of the process, interpreter and packages included.
        stages: CPU seconds of each stage, `prepare` and the second clustering too.
        blocking: The blocking rules that were used.
    """

    configuration: str
    pairs: pl.DataFrame
    clusters: Mapping[float, pl.DataFrame]
    pairs_scored: int
    cpu_s: float
    wall_s: float
    peak_mb: int
    stages: Mapping[str, float]
    blocking: tuple[str, ...]


def recipes(records: pl.DataFrame, *, name: str, link: bool = False) -> tuple[Recipe, ...]:
    """Return the configurations for a set of people, the best first: those documented, else a careful one."""
    return DOCUMENTED.get(name) or (careful(records, link=link),)


def run(
    records: pl.DataFrame,
    *,
    name: str,
    recipe: Recipe | None = None,
    link: bool = False,
    python: str = sys.executable,
) -> PeerResult:
    """Find the people in `records` with Splink.

    Args:
        records: One row a record: `record_id` (unique), `source`, fields; `cluster_id`, if there, is taken away.
        name: Name of the set, by which the documented configuration is found.
        recipe: Another configuration than the first of `recipes`.
        link: Whether to compare across two sources only, each of which has a person once; for a set without a
            documented configuration.
        python: Interpreter of an environment with Splink.

    Raises:
        SystemExit: Splink is not installed there, or failed.
    """
    chosen = recipe or recipes(records, name=name, link=link)[0]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        records.drop(TRUTH, strict=False).write_parquet(folder / "people.parquet")
        (folder / "recipe.json").write_text(json.dumps(chosen.plain()), encoding="utf-8")
        told = _run_part(folder, python=python)
        return _result(folder, told, label=chosen.label)


def _run_part(folder: Path, *, python: str) -> dict[str, Any]:
    if subprocess.run([python, "-c", "import splink"], check=False, capture_output=True).returncode:
        raise SystemExit(f"{python} has no Splink: {python} -m pip install -r benchmarks/requirements.txt")
    command = [python, "-m", "benchmarks.splink_part", "--part", "splink", "--folder", str(folder)]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    if done.returncode:
        raise SystemExit("Splink failed; what it said is above")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _result(folder: Path, told: Mapping[str, Any], *, label: str) -> PeerResult:
    thresholds = sorted((float(path.stem.split("_")[1]) for path in folder.glob("clusters_*.parquet")), reverse=True)
    counted = ("settings", "train", "predict", f"cluster@{thresholds[0]}")
    return PeerResult(
        configuration=label,
        pairs=_ordered(pl.read_parquet(folder / "pairs.parquet")),
        clusters={each: pl.read_parquet(folder / f"clusters_{each}.parquet") for each in thresholds},
        pairs_scored=told["pairs_scored"],
        cpu_s=round(sum(told["cpu_s"][stage] for stage in counted), 2),
        wall_s=round(sum(told["wall_s"][stage] for stage in counted), 2),
        peak_mb=told["peak_mb"],
        stages=told["cpu_s"],
        blocking=tuple(rule if isinstance(rule, str) else ", ".join(rule) for rule in told["blocking"]),
    )


def _ordered(pairs: pl.DataFrame) -> pl.DataFrame:
    return pairs.select(
        id_l=pl.min_horizontal("record_id_l", "record_id_r"),
        id_r=pl.max_horizontal("record_id_l", "record_id_r"),
        match_probability="match_probability",
    ).sort("id_l", "id_r")
