"""Splink in a process of its own: `recipe.json` and `people.parquet` in, pairs, clusters and costs out.

Only Splink and what it needs is imported, so that the memory told is Splink's.
"""

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.measuring import Stopwatch, arguments, peak_mb, report

LOW: Final = 0.001
"""Pairs below this probability are scored and counted, not written."""
THRESHOLDS: Final = (0.95, 0.5)


def run(folder: Path) -> dict[str, Any]:
    """Do all that is timed and write the results into `folder`; return what it cost."""
    import duckdb
    from splink import DuckDBAPI

    recipe = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
    connection = duckdb.connect()
    stages: dict[str, Stopwatch] = {}
    with stages.setdefault("prepare", Stopwatch()):
        _load(connection, folder / "people.parquet", recipe["derived"])
    with stages.setdefault("settings", Stopwatch()):
        rules = _affordable(connection, recipe["blocking"], recipe["budget"])
        linker = _linker(DuckDBAPI(connection=connection), recipe, rules)
    with stages.setdefault("train", Stopwatch()):
        _train(linker, recipe)
    with stages.setdefault("predict", Stopwatch()):
        blocked = linker.inference.compute_blocked_pairs_for_predict()
        predicted = linker.inference.predict(threshold_match_probability=LOW)
    for threshold in THRESHOLDS:
        with stages.setdefault(f"cluster@{threshold}", Stopwatch()):
            clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
                predicted, threshold_match_probability=threshold
            )
        _write(clusters, "record_id, cluster_id", folder / f"clusters_{threshold}.parquet")
    _write(predicted, "record_id_l, record_id_r, match_probability", folder / "pairs.parquet")
    return {
        "pairs_scored": blocked.as_duckdbpyrelation().count("*").fetchall()[0][0],
        "cpu_s": {name: watch.cpu_s for name, watch in stages.items()},
        "wall_s": {name: watch.wall_s for name, watch in stages.items()},
        "peak_mb": peak_mb(),
        "blocking": rules,
    }


def _load(connection: Any, path: Path, derived: dict[str, str]) -> None:
    connection.execute("CREATE TABLE people AS SELECT * FROM read_parquet(?)", [str(path)])
    for column, expression in derived.items():
        connection.execute(f'CREATE OR REPLACE TABLE people AS SELECT *, {expression} AS "__new" FROM people')
        connection.execute(f'ALTER TABLE people DROP COLUMN IF EXISTS "{column}"')
        connection.execute(f'ALTER TABLE people RENAME COLUMN "__new" TO "{column}"')


def _affordable(connection: Any, rules: Sequence[Any], budget: int | None) -> list[Any]:
    if budget is None:
        return list(rules)
    kept: list[Any] = []
    for rule in rules:
        covered = any(set(each) <= set(rule) for each in kept)
        if not covered and _pairs(connection, rule) <= budget:
            kept.append(rule)
    return kept


def _pairs(connection: Any, columns: Sequence[str]) -> int:
    known = " AND ".join(f"({column}) IS NOT NULL" for column in columns)
    blocks = f"SELECT count(*) AS n FROM people WHERE {known} GROUP BY {', '.join(columns)}"
    total = connection.execute(f"SELECT coalesce(sum(n * (n - 1) / 2), 0) FROM ({blocks})").fetchall()
    return int(total[0][0])


def _linker(api: Any, recipe: dict[str, Any], rules: Sequence[Any]) -> Any:
    from splink import Linker, SettingsCreator

    settings = SettingsCreator(
        link_type="link_only" if recipe["link"] else "dedupe_only",
        unique_id_column_name="record_id",
        comparisons=[_comparison(each) for each in recipe["comparisons"]],
        blocking_rules_to_generate_predictions=[_rule(each) for each in rules],
        retain_intermediate_calculation_columns=False,
        retain_matching_columns=False,
    )
    return Linker(_tables(api, link=recipe["link"]), settings, log_level=logging.ERROR)


def _tables(api: Any, *, link: bool) -> Any:
    if not link:
        return api.register("people")
    connection = api.duckdb_con
    sources = [name for (name,) in connection.execute("SELECT DISTINCT source FROM people ORDER BY 1").fetchall()]
    for number, name in enumerate(sources):
        connection.execute(f"CREATE TABLE people_{number} AS FROM people WHERE source = ?", [name])
    return [api.register(f"people_{number}", dataset_display_name=name) for number, name in enumerate(sources)]


def _comparison(entry: dict[str, Any]) -> Any:
    from splink import comparison_library

    made = getattr(comparison_library, entry["kind"])(*entry["columns"], **entry["options"])
    return made.configure(term_frequency_adjustments=True) if entry["frequencies"] else made


def _rule(rule: Any) -> Any:
    from splink import block_on

    return rule if isinstance(rule, str) else block_on(*rule)


def _train(linker: Any, recipe: dict[str, Any]) -> None:
    training = linker.training
    certain = [_rule(rule) for rule in recipe["certain"]]
    training.estimate_probability_two_random_records_match(certain, recall=recipe["recall"])
    training.estimate_u_using_random_sampling(max_pairs=recipe["random_pairs"], seed=recipe["seed"])
    for rule in recipe["training"]:
        training.estimate_parameters_using_expectation_maximisation(
            _rule(rule),
            estimate_without_term_frequencies=recipe["fixed_frequencies"],
            max_pairs=recipe["training_pairs"],
        )


def _write(frame: Any, columns: str, path: Path) -> None:
    frame.as_duckdbpyrelation().project(columns).to_parquet(str(path))


def main() -> None:
    """Run the part, if one is asked for."""
    options = arguments(__doc__).parse_args()
    if options.part:
        report(**run(Path(options.folder)))


if __name__ == "__main__":
    main()
