"""Ingest: events and person records from Parquet through validation into DuckDB, beside raw DuckDB inserts.

`raw` inserts the very rows that ours stored, from Parquet, each table with one statement that leaves out known keys by
an anti-join; `bare` inserts them without looking for known keys. `ratio_to_raw` is raw seconds by ours (CPU time;
`wall_ratio_to_raw`: by the clock).
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.invented import make_events, make_records
from benchmarks.measuring import Done, Stopwatch, report, run_parts

EVENTS: Final = 5_000_000
RECORDS: Final = 1_000_000
TABLES: Final = ("identities", "records", "identifiers", "events")


def make(options: argparse.Namespace) -> Mapping[str, Any]:
    """Write the files."""
    folder = Path(options.folder)
    people = make_records(folder / "records.parquet", rows=int(RECORDS * options.scale), seed=options.seed)
    make_events(folder / "events.parquet", rows=int(EVENTS * options.scale), people=people, seed=options.seed)
    return {"people": people}


def ours(options: argparse.Namespace) -> Mapping[str, Any]:
    """Load the files through the hub."""
    import unified_customer as uc
    from benchmarks.mappings import EVENTS as EVENTS_MAPPING
    from benchmarks.mappings import RECORDS as RECORDS_MAPPING

    folder = Path(options.folder)
    store = uc.open_store(f"duckdb:///{folder}/ours.duckdb", memory_limit=options.memory_limit)
    with uc.CustomerHub(store) as hub, Stopwatch() as watch:
        records = hub.load(uc.source("parquet", folder / "records.parquet", table="records", mapping=RECORDS_MAPPING))
        events = hub.load(uc.source("parquet", folder / "events.parquet", table="events", mapping=EVENTS_MAPPING))
    loaded = {"rows": records.rows + events.rows, "accepted": records.accepted + events.accepted}
    return {**loaded, "quarantined": records.quarantined + events.quarantined, "load_cpu_s": watch.cpu_s}


def export(options: argparse.Namespace) -> Mapping[str, Any]:
    """Write what ours stored to Parquet, for the raw inserts."""
    import duckdb

    folder = Path(options.folder)
    with duckdb.connect(f"{folder}/ours.duckdb", read_only=True) as connection:
        for table in TABLES:
            connection.execute(f"COPY {table} TO '{folder}/stored_{table}.parquet' (FORMAT parquet)").fetchall()
    return {}


def raw(options: argparse.Namespace, *, known: bool = True) -> Mapping[str, Any]:
    """Insert the stored rows with plain statements of DuckDB."""
    import duckdb

    from unified_customer.core.tables import table

    folder = Path(options.folder)
    name = "raw" if known else "bare"
    with duckdb.connect(f"{folder}/{name}.duckdb") as connection:
        for each in TABLES:
            connection.execute(f"CREATE TABLE {each} AS FROM '{folder}/stored_{each}.parquet' LIMIT 0").fetchall()
        with Stopwatch() as watch:
            for each in TABLES:
                keys = ", ".join(table(each).key)
                anti = f"ANTI JOIN {each} USING ({keys})" if known else ""
                connection.execute(
                    f"INSERT INTO {each} SELECT s.* FROM '{folder}/stored_{each}.parquet' s {anti}"
                ).fetchall()
        rows = sum(connection.execute(f"SELECT count(*) FROM {each}").fetchall()[0][0] for each in TABLES)
    return {"rows": rows, "load_cpu_s": watch.cpu_s}


def bare(options: argparse.Namespace) -> Mapping[str, Any]:
    """Insert the stored rows without looking for known keys."""
    return raw(options, known=False)


PARTS: Final = {"make": make, "ours": ours, "export": export, "raw": raw, "bare": bare}


def tell(name: str, measured: Done) -> None:
    """Print a line for each of the three that load, and one that compares them."""
    done = dict(measured)
    for part in ("ours", "raw", "bare"):
        report(benchmark=name, part=part, **done[part])
    report(
        benchmark=name,
        part="ratios",
        rows=done["ours"]["rows"],
        ratio_to_raw=round(done["raw"]["load_cpu_s"] / done["ours"]["load_cpu_s"], 3),
        ratio_to_bare=round(done["bare"]["load_cpu_s"] / done["ours"]["load_cpu_s"], 3),
        wall_ratio_to_raw=round(done["raw"]["wall_s"] / done["ours"]["wall_s"], 3),
    )


if __name__ == "__main__":
    run_parts("ingest", __doc__, PARTS, told=tell)
