"""A set as a folder: records in an order and with ids that tell nothing, the truth, and the true pairs."""

from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from benchmarks.populations.chance import Rng

MOST_ROWS_WITH_PAIRS: Final = 200_000


def finished(rng: Rng, records: pl.DataFrame, *, source: str | None = "a") -> pl.DataFrame:
    """Return records in random order with `record_id`, `source`, their fields and `cluster_id`.

    Args:
        rng: Randomness.
        records: The fields and `who`, the number of the one described; `source` too where there are several.
        source: Name of the source where there is only one.
    """
    shuffled = records[rng.permutation(records.height)]
    ids = _names("r", rng.permutation(records.height))
    clusters = _names("c", rng.permutation(int(records["who"].to_numpy().max(initial=0)) + 1))
    sources = (
        shuffled["source"] if "source" in records.columns else pl.Series([source] * 1).new_from_index(0, records.height)
    )
    fields = shuffled.drop("who", "source", strict=False)
    return fields.select(
        ids.alias("record_id"), sources.alias("source"), pl.all(), clusters.gather(shuffled["who"]).alias("cluster_id")
    )


def _names(letter: str, numbers: np.ndarray) -> pl.Series:
    return letter + pl.Series(numbers).cast(pl.String).str.zfill(7)


def true_pairs(records: pl.DataFrame) -> pl.DataFrame:
    """Return `id_l`, `id_r`: every two records of one cluster, once, in order."""
    keyed = records.select("record_id", "cluster_id")
    pairs = keyed.join(keyed, on="cluster_id").filter(pl.col("record_id") < pl.col("record_id_right"))
    return pairs.select(id_l="record_id", id_r="record_id_right").sort("id_l", "id_r")


def write(records: pl.DataFrame, folder: Path) -> None:
    """Write `records.parquet`, and `pairs.parquet` where there are not too many."""
    folder.mkdir(parents=True, exist_ok=True)
    records.write_parquet(folder / "records.parquet")
    (folder / "pairs.parquet").unlink(missing_ok=True)
    if records.height <= MOST_ROWS_WITH_PAIRS:
        true_pairs(records).write_parquet(folder / "pairs.parquet")
