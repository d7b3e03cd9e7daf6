"""What sealing adds to a durable entry of the audit, and how fast it is verified: parts of `benchmarks.governance`."""

import argparse
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from benchmarks.measuring import Stopwatch

ENTRIES: Final = 1_000_000
LINES: Final = 2_000
"""Durable entries of which each is timed, of both kinds in turn."""
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
KEY: Final = b"k" * 32


def rows(number: int, *, first: int = 0) -> pl.DataFrame:
    """Return `number` entries such as a service writes, as rows of the table `audit` that are not sealed."""
    from unified_customer.core.tables import AUDIT

    places = pl.int_range(first, first + number, eager=True)
    at = pl.lit(START) + pl.duration(milliseconds=pl.lit(places))
    frame = pl.DataFrame({"place": places}).select(
        audit_id=(pl.col("place") + 1).cast(pl.String),
        at=at.dt.cast_time_unit("us"),
        actor=pl.lit("till"),
        roles=pl.lit(["service"], dtype=pl.List(pl.String)),
        action=pl.lit("profile"),
        subject_table=pl.lit("customers"),
        purpose=pl.lit("essential.service"),
        customer_id=pl.format("{}a", pl.col("place").hash(0).cast(pl.String).str.zfill(23)),
        rows=pl.lit(1, dtype=pl.Int64),
        people=pl.lit(1, dtype=pl.Int64),
        withheld_people=pl.lit(0, dtype=pl.Int64),
        withheld_fields=pl.lit(["birth_date"], dtype=pl.List(pl.String)),
        detail=pl.lit('{"reason":"contract"}'),
        recorded_at=at.dt.cast_time_unit("us"),
        seq=pl.col("place") + 1,
    )
    missing = {name: dtype for name, dtype in AUDIT.stored_columns.items() if name not in frame.columns}
    filled = frame.with_columns(pl.lit(None, dtype=dtype).alias(name) for name, dtype in missing.items())
    return filled.select(list(AUDIT.stored_columns))


def sealed_rows(number: int) -> pl.DataFrame:
    """Return entries with the seals of one chain."""
    from unified_customer.governance.auditing.entries import canonical_frame
    from unified_customer.governance.auditing.sealing import NOTHING, Seals

    frame = rows(number).with_columns(number=pl.int_range(number))
    seals, leaf, made = Seals.of(KEY), NOTHING, list[tuple[str, str]]()
    for place, entry in enumerate(canonical_frame(frame)):
        seal, leaf = seals.sealed(place, leaf, entry)
        made.append((seal.hex(), leaf.hex()))
    return frame.with_columns(pl.DataFrame(made, schema=["seal", "leaf_hash"], orient="row"))


def make(options: argparse.Namespace) -> Mapping[str, Any]:
    """Make a store with a sealed audit of a million entries, and one of as many that are not sealed."""
    from unified_customer.store import open_store

    number = int(ENTRIES * options.scale)
    for name, frame in (("sealed", sealed_rows(number)), ("plain", rows(number))):
        url = f"duckdb:///{options.folder}/{name}.duckdb"
        with closing(open_store(url)) as store, store.transaction(recorded_at=START) as writer:
            writer.restore("audit", frame)
    return {"entries": number}


def verify(options: argparse.Namespace) -> Mapping[str, Any]:
    """Verify the sealed audit, with the key and without, and make a proof of each kind."""
    from unified_customer.governance.audit import AuditLog
    from unified_customer.governance.auditing.sealing import Seals
    from unified_customer.governance.auditing.store import SealedStore
    from unified_customer.store import open_store

    with closing(open_store(f"duckdb:///{options.folder}/sealed.duckdb")) as inner:
        audit = AuditLog(SealedStore(inner, Seals.of(KEY)), clock=lambda: START)
        with Stopwatch() as heading:
            head = audit.head()
        with Stopwatch() as keyed:
            found = audit.verify(head)
        with Stopwatch() as keyless:
            without = AuditLog(inner, clock=lambda: START).verify(head)
        with Stopwatch() as proving:
            audit.inclusion(str(found.entries // 2))
            audit.consistency(head)
    assert found.ok
    assert without.ok
    return {
        "entries": found.entries,
        "entries_per_s": round(found.entries / keyed.wall_s),
        "verify_cpu_s": keyed.cpu_s,
        "without_key_per_s": round(found.entries / keyless.wall_s),
        "first_head_s": heading.wall_s,
        "two_proofs_s": proving.wall_s,
    }


def lines(options: argparse.Namespace) -> Mapping[str, Any]:
    """Time durable entries of both kinds in turn, so that other work on the machine is shared alike."""
    from unified_customer.core.models import LOCAL
    from unified_customer.governance.audit import AuditLog, Entry
    from unified_customer.governance.auditing.sealing import Seals
    from unified_customer.governance.auditing.store import SealedStore
    from unified_customer.store import open_store

    entry = Entry("profile", table="customers", purpose="essential.service", customer_id="a" * 24, rows=1, people=1)
    ticks = iter(START + timedelta(days=1, milliseconds=each) for each in range(10**9))
    with (
        closing(open_store(f"duckdb:///{options.folder}/plain.duckdb")) as plain,
        closing(SealedStore(open_store(f"duckdb:///{options.folder}/sealed.duckdb"), Seals.of(KEY))) as sealed,
    ):
        kinds = {"plain": AuditLog(plain, clock=ticks.__next__), "sealed": AuditLog(sealed, clock=ticks.__next__)}
        taken = {name: np.empty((LINES, 2)) for name in kinds}
        for turn in range(-100, LINES):
            for name, audit in kinds.items():
                wall, cpu = time.perf_counter(), time.thread_time()
                audit.record(LOCAL, entry)
                if turn >= 0:
                    taken[name][turn] = time.perf_counter() - wall, time.thread_time() - cpu
    return {
        f"{name}_{what}_ms": round(float(np.quantile(times[:, column], share)) * 1000, 3)
        for name, times in taken.items()
        for what, column, share in (("p50", 0, 0.5), ("p99", 0, 0.99), ("cpu_p50", 1, 0.5))
    }
