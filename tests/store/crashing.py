"""Run in a process of its own: does one thing to a store and kills itself on the way.

    python crashing.py SCENARIO PATH NUMBER

ends at the step with that number, or at the end if there are fewer.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from unified_customer.core.tables import table
from unified_customer.store import Store
from unified_customer.store.duckdb import DuckStore, open_duckdb

START = datetime(2026, 1, 1, tzinfo=UTC)
Step = Callable[[str], None]


def begin(store: Store) -> None:
    """Write what is there before each scenario."""
    with store.transaction(recorded_at=START) as writer:
        writer.append("identities", identities("a", "b"))
        writer.upsert("scores", scores(a=1.0, b=2.0))
        writer.upsert("links", links(a="a", b="b"))


def change(store: Store) -> None:
    """Do each kind of writing in one transaction."""
    with store.transaction(recorded_at=START) as writer:
        writer.append("identities", identities("c", "d"))
        writer.upsert("scores", scores(a=10.0, c=3.0))
        writer.upsert("links", links(b="a"))
        writer.delete("identities", identities("a").select("record_id"))


def change_much(store: Store) -> None:
    """Write so much at once that the commit writes a checkpoint."""
    with store.transaction(recorded_at=START) as writer:
        writer.append("identities", identities(*(f"{number:024x}" for number in range(150_000))))
        writer.upsert("scores", scores(a=10.0, c=3.0))


def transaction(path: Path, step: Step) -> None:
    change(opened(path, step))


def checkpoint(path: Path, step: Step) -> None:
    change_much(opened(path, step))


def compaction(path: Path, step: Step) -> None:
    opened(path, step).compact(keep_changes_since=1)


def opening(path: Path, step: Step) -> None:
    open_duckdb(f"duckdb:///{path}", on_step=step)


SCENARIOS = {each.__name__: each for each in (transaction, checkpoint, compaction, opening)}


def opened(path: Path, step: Step) -> DuckStore:
    """Open a store whose steps count from now on."""
    return open_duckdb(f"duckdb:///{path}", on_step=lambda name: None if name.startswith("opening") else step(name))


def identities(*ids: str) -> pl.DataFrame:
    return pl.DataFrame({"record_id": ids}).with_columns(source=pl.lit("crm"), origin=pl.lit("record"))


def scores(**values: float) -> pl.DataFrame:
    rows = [
        {"name": "clv", "customer_id": customer, "as_of": START, "value": value} for customer, value in values.items()
    ]
    return pl.DataFrame(rows, schema=table("scores").columns)


def links(**customers: str) -> pl.DataFrame:
    fixed = {"valid_from": START, "probability": 1.0, "reason": "exact"}
    rows = [{"record_id": record, "customer_id": customer, **fixed} for record, customer in customers.items()]
    return pl.DataFrame(rows, schema=table("links").columns)


class Killer:
    """Kills this process at one of the steps; of the tables that are copied one in the middle stands for all."""

    def __init__(self, number: int) -> None:
        self._left = number

    def __call__(self, name: str) -> None:
        if name.startswith("copy:") and name not in {"copy:scores", "copy:committed", "copy:synced"}:
            return
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1


if __name__ == "__main__":
    SCENARIOS[sys.argv[1]](Path(sys.argv[2]), Killer(int(sys.argv[3])))
    os._exit(0)
