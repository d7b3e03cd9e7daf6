"""`consent`: record what people said, show it, and tell how far a purpose reaches."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from unified_customer.cli.opening import opened
from unified_customer.cli.output import Output
from unified_customer.cli.tables import cell, plain_table
from unified_customer.hub import CustomerHub

SHOWN: Final = ("purpose", "status", "channel", "recipient", "source")


@dataclass(frozen=True)
class Ledger:
    """Where statements are kept: a store, under a policy, by somebody."""

    store: str
    policy: Path | None
    actor: str

    def opened(self, out: Output) -> AbstractContextManager[CustomerHub]:
        """Open the hub."""
        return opened(out, self.store, self.policy, actor=self.actor)


def record_statement(out: Output, ledger: Ledger, purpose: str, status: str, **said: Any) -> None:
    """Record what a person said about a purpose."""
    with ledger.opened(out) as hub:
        statements = hub.consent.record(purpose, status, **said)  # type: ignore[arg-type]  # the ledger checks it
    out.result("statements", {"purpose": purpose, "status": status, "statements": len(statements)})
    out.text(f"{purpose} {status}, statements: {len(statements):,}")


def show_statements(out: Output, ledger: Ledger, **whom: Any) -> None:
    """Print every statement about somebody, oldest first."""
    with ledger.opened(out) as hub:
        found = hub.consent.statements(**whom)
    table = plain_table("stated", *SHOWN)
    for row in found.iter_rows(named=True):
        out.result("statement", row)
        table.add_row(f"{row['stated_at']:%Y-%m-%d}", *(cell(row[name]) for name in SHOWN))
    out.show(table)


def show_coverage(out: Output, ledger: Ledger, purpose: str, *, channel: str | None, recipient: str | None) -> None:
    """Print how many customers a purpose reaches, and why not the others."""
    with ledger.opened(out) as hub:
        found = hub.consent.coverage(purpose, channel=channel, recipient=recipient)
    table = plain_table("", "reason", "#customers")
    reasons = found.reasons.rows(named=True)
    for row in reasons:
        table.add_row("yes" if row["allowed"] else "no", cell(row["reason"]), f"{row['customers']:,}")
    values = {"purpose": purpose, "customers": found.customers, "allowed": found.allowed, "reasons": reasons}
    out.text(f"{purpose}: {found.allowed:,} of {found.customers:,} customers")
    out.result("coverage", values, table)
