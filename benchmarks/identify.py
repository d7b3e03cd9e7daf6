"""Identify: whose a record is, asked one at a time of a hub with a million records; and how often the answer is right."""

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from benchmarks.measuring import Stopwatch, peak_mb, run_parts
from benchmarks.populations import population

RECORDS: Final = 1_000_000
FIRST: Final = 200
"""Questions that are not counted: the first ones import what they need."""
ASKED: Final = 2_000
FIELDS: Final = ("given_name", "family_name", "birth_date", "email", "phone", "street", "city", "postcode")


def make(options: argparse.Namespace) -> Mapping[str, Any]:
    """Load invented people, but for those who are asked about, and resolve them."""
    import unified_customer as uc

    folder = Path(options.folder)
    asked = min(FIRST + ASKED, int(RECORDS * options.scale) // 4)
    records = population("plain", rows=int(RECORDS * options.scale) + asked, seed=options.seed)
    records = records.sample(fraction=1, shuffle=True, seed=options.seed)
    records[:asked].write_parquet(folder / "asked.parquet")
    records[asked:].select("record_id", "cluster_id").write_parquet(folder / "truth.parquet")
    mapping = uc.Mapping(table="records", key="record_id", fields={name: name for name in FIELDS})
    with _hub(folder) as hub:
        hub.load(uc.source("dataframe", records[asked:], table="records", name="people", mapping=mapping))
        resolved = hub.resolve()
    return {"records": records.height - asked, "customers": resolved.customers}


def asks(options: argparse.Namespace) -> Mapping[str, Any]:
    """Ask about records that are not stored, one after the other; then how many answers are right."""
    folder = Path(options.folder)
    asked = pl.read_parquet(folder / "asked.parquet")
    with _hub(folder) as hub:
        with Stopwatch() as preparing:
            hub.prepare()
        owners = hub.identity.crosswalk().filter(kind="source_id").select("customer_id", record_id="id")
        said = [{name: row[name] for name in FIELDS} for row in asked.iter_rows(named=True)]
        taken, answers, cpu = [], [], time.process_time()
        for number, record in enumerate(said):
            if number == FIRST:
                cpu = time.process_time()
            start = time.perf_counter()
            answers.append(hub.identify(record).customer_id)
            taken.append(1000 * (time.perf_counter() - start))
        counted = taken[FIRST:]
        cpu_ms = 1000 * (time.process_time() - cpu) / len(counted)
    p50, p99 = np.quantile(counted, (0.5, 0.99))
    return {
        "asked": len(counted),
        "p50_ms": round(float(p50), 2),
        "p99_ms": round(float(p99), 2),
        "cpu_ms": round(cpu_ms, 2),
        "prepare_cpu_s": preparing.cpu_s,
        **_right(asked["cluster_id"], answers, owners, pl.read_parquet(folder / "truth.parquet")),
        "own_peak_mb": peak_mb(),
    }


def _right(
    truth: pl.Series, answers: list[str | None], owners: pl.DataFrame, records: pl.DataFrame
) -> dict[str, float]:
    """Return how many answers are right, and how many of those who are known were found.

    A customer is the person who most of its records are of.
    """
    people = owners.join(records, on="record_id").group_by("customer_id").agg(pl.col("cluster_id").mode().min())
    told = pl.DataFrame({"truth": truth, "customer_id": pl.Series(answers, dtype=pl.String)})
    told = told.join(people, on="customer_id", how="left")
    right = told.filter(pl.col("truth") == pl.col("cluster_id")).height
    known = told.join(records, left_on="truth", right_on="cluster_id", how="semi").height
    given = told["customer_id"].count()
    return {"precision": round(right / max(1, given), 4), "recall": round(right / max(1, known), 4)}


def _hub(folder: Path) -> Any:
    import unified_customer as uc

    return uc.CustomerHub(
        f"duckdb:///{folder}/hub.duckdb", policy=uc.Policy.quickstart(), identity=uc.MatchedIdentity()
    )


PARTS: Final = {"make": make, "asks": asks}


if __name__ == "__main__":
    run_parts("identify", __doc__, PARTS)
