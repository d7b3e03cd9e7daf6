"""Governance: deciding for a million customers, and what the consent door, an erasure and the audit cost."""

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import polars as pl

from benchmarks import auditing, erasing
from benchmarks.measuring import Stopwatch, run_parts

CUSTOMERS: Final = 1_000_000
STATEMENTS: Final = 5_000_000
EVENTS: Final = 5_000_000
PURPOSES: Final = (
    "analytics", "analytics.reporting", "essential.service", "finance", "functional", "functional.storage", "marketing",
    "marketing.advertising", "marketing.advertising.first_party", "marketing.advertising.profiling",
    "marketing.advertising.third_party", "marketing.communications", "marketing.communications.email",
    "marketing.communications.sms", "personalize", "personalize.content", "personalize.profiling", "sales",
    "third_party_sharing", "train_ai_system",
)  # fmt: skip
READ: Final = ("name", "occurred_at", "channel", "amount", "currency")
"""What an analysis of behaviour reads of events."""

START: Final = datetime(2025, 1, 1, tzinfo=UTC)
AS_OF: Final = datetime(2026, 1, 1, tzinfo=UTC)
YEAR_US: Final = 365 * 24 * 3600 * 1_000_000


def decide(options: argparse.Namespace) -> Mapping[str, Any]:
    """Fold a ledger, and ask what came of it about twenty purposes."""
    from unified_customer.policy import Policy, Request, fold_statements

    subjects, statements = _ledger(options)
    requests = [Request(purpose) for purpose in PURPOSES]
    with Stopwatch() as whole:
        with Stopwatch() as folding:
            folded = fold_statements(subjects, statements, policy=Policy(), as_of=AS_OF)
        with Stopwatch() as deciding:
            decided = folded.permit(requests)
    allowed = decided.select((pl.col(str(each)).cast(pl.String) == "granted").mean() for each in requests)
    return {
        "customers": decided.height,
        "statements": statements.height,
        "purposes": len(requests),
        "fold_cpu_s": folding.cpu_s,
        "decide_cpu_s": deciding.cpu_s,
        "ledger_cpu_s": whole.cpu_s,
        "allowed": round(allowed.mean_horizontal().item(), 4),
    }


def _ledger(options: argparse.Namespace) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return a million customers with a record and an address, and statements about the addresses."""
    random = np.random.Generator(np.random.PCG64(options.seed))
    customers, count = int(CUSTOMERS * options.scale), int(STATEMENTS * options.scale)
    ids, emails = (_keys(customers, salt) for salt in (1, 2))
    records = pl.DataFrame({"customer_id": ids, "subject_kind": "record", "subject_key": ids})
    addresses = pl.DataFrame({"customer_id": ids, "subject_kind": "email", "subject_key": emails})
    word = random.choice(["granted", "denied", "withdrawn", "objected"], count, p=[0.6, 0.2, 0.15, 0.05])
    said_at = pl.Series(random.integers(0, YEAR_US, count)) + int(START.timestamp() * 1_000_000)
    statements = pl.DataFrame(
        {
            "subject_kind": ["email"] * count,
            "subject_key": emails.gather(random.integers(0, customers, count)),
            "purpose": pl.Series(PURPOSES).gather(random.integers(0, len(PURPOSES), count)),
            "channel": pl.Series([None] * count, dtype=pl.String),
            "recipient": pl.Series([None] * count, dtype=pl.String),
            "status": pl.Series(word),
            "stated_at": said_at.cast(pl.Datetime("us", "UTC")),
            "expires_at": pl.Series([None] * count, dtype=pl.Datetime("us", "UTC")),
            "spoken_by": pl.Series([None] * count, dtype=pl.String),
        }
    )
    return pl.concat([records, addresses]), statements


def _keys(count: int, salt: int) -> pl.Series:
    """Return different keys of 24 hexadecimal digits that look like those of a keyring."""
    from unified_customer.core.keys import Keyring

    ring = Keyring(bytes([salt]) * 32)
    return ring.record_id_series("benchmark", pl.Series(np.arange(count)).cast(pl.String))


def make(options: argparse.Namespace) -> Mapping[str, Any]:
    """Make a store with a million customers and five million events, of whom everybody said yes and a part also no."""
    from benchmarks.profile import make as make_hub

    made = make_hub(options)
    _say(options)
    return made


def _say(options: argparse.Namespace) -> None:
    import unified_customer as uc
    from unified_customer.core.tables import CONSENTS

    store = uc.open_store(f"duckdb:///{options.folder}/hub.duckdb")
    with store.transaction(recorded_at=AS_OF) as writer:
        emails = writer.read("links", columns=["customer_id"]).unique().sort("customer_id")["customer_id"]
        for purpose, status, share in (
            ("analytics", "granted", 1.0),
            ("marketing", "granted", 0.6),
            ("sales", "denied", 0.3),
        ):
            said = emails.head(int(len(emails) * share))
            rows = pl.DataFrame({"subject_key": said}).select(
                "subject_key",
                subject_kind=pl.lit("record"),
                statement_id=pl.format("{}-{}", pl.lit(purpose), "subject_key"),
                purpose=pl.lit(purpose),
                status=pl.lit(status),
                legal_basis=pl.lit("consent"),
                stated_at=pl.lit(START).cast(pl.Datetime("us", "UTC")),
                verified=pl.lit(value=False),
                source=pl.lit("benchmark"),
            )
            writer.append("consents", CONSENTS.conform(rows))
    store.close()


def reads(options: argparse.Namespace) -> Mapping[str, Any]:
    """Read all events through the door, and the same events with their customers past it; each first and second."""
    import unified_customer as uc
    from unified_customer.governance.naming import CURRENT
    from unified_customer.store import Keys

    def gated() -> int:
        return hub.events(purpose="analytics", columns=READ).height

    def ungated() -> int:
        with store.snapshot() as reader:
            links = reader.read("links", columns=["record_id", "customer_id"], where=[CURRENT])
            frame = reader.read("events", columns=READ, keys=Keys(links, ("record_id",)))
        return frame.select("customer_id", *READ).height

    store = uc.open_store(f"duckdb:///{options.folder}/hub.duckdb")
    with uc.CustomerHub(store, policy=uc.Policy()) as hub:
        taken: dict[str, list[Stopwatch]] = {"gated": [], "ungated": []}
        rows = set()
        for name, read in (("ungated", ungated), ("gated", gated), ("gated", gated), ("ungated", ungated)) * 2:
            with Stopwatch() as watch:
                rows.add(read())
            taken[name].append(watch)
    (count,) = rows
    first, later = taken["gated"][0], taken["gated"][1:]
    plain = min(each.cpu_s for each in taken["ungated"])
    return {
        "rows": count,
        "ungated_cpu_s": plain,
        "gated_cpu_s": min(each.cpu_s for each in later),
        "read_overhead": round(min(each.cpu_s for each in later) / plain, 3),
        "read_overhead_first": round(first.cpu_s / plain, 3),
        "read_overhead_wall": round(
            min(each.wall_s for each in later) / min(each.wall_s for each in taken["ungated"]), 3
        ),
    }


PARTS: Final = {
    "decide": decide,
    "make": make,
    "reads": reads,
    "erase": erasing.erase,
    "make_audit": auditing.make,
    "verify_audit": auditing.verify,
    "audit_lines": auditing.lines,
}

if __name__ == "__main__":
    run_parts("governance", __doc__, PARTS, makes="hub.duckdb")
