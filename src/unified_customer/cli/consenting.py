"""`consent`: record what people said, show it, give receipts, and tell how far a purpose reaches."""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from unified_customer.cli.accessing import LEGAL_DUTY
from unified_customer.cli.opening import opened
from unified_customer.cli.output import Output
from unified_customer.cli.policyfile import policy_from
from unified_customer.cli.tables import cell, plain_table
from unified_customer.core.errors import ConfigurationError
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


def record_signal(out: Output, ledger: Ledger, kind: str, text: str, **more: Any) -> None:
    """Record what a consent signal says, and print it by purpose."""
    with ledger.opened(out) as hub:
        statements = hub.consent.record_signal(kind, text, **more)  # type: ignore[arg-type]  # the ledger checks it
    said = sorted({(each.purpose, each.status) for each in statements})
    table = plain_table("purpose", "status")
    for purpose, status in said:
        table.add_row(cell(purpose), status)
    told = [{"purpose": purpose, "status": status} for purpose, status in said]
    values = {"signal": kind, "statements": len(statements), "said": told}
    out.result("signal", values, table if said else "The signal is read, and says nothing that has to be recorded.")


def show_statements(out: Output, ledger: Ledger, **whom: Any) -> None:
    """Print every statement about somebody, oldest first."""
    with ledger.opened(out) as hub:
        found = hub.consent.statements(**whom)
    table = plain_table("stated", *SHOWN)
    for row in found.iter_rows(named=True):
        out.result("statement", row)
        table.add_row(f"{row['stated_at']:%Y-%m-%d}", *(cell(row[name]) for name in SHOWN))
    out.show(table)


def hand_out_receipt(
    out: Output,
    ledger: Ledger,
    *,
    identifier: tuple[str, str] | None,
    customer_id: str | None,
    statement_ids: Sequence[str] | None,
    to: Path | None,
) -> None:
    """Print a receipt for what somebody said, or write it into a file; an erasure knows of the file."""
    with ledger.opened(out) as hub:
        receipt = hub.consent.receipt(identifier=identifier, customer_id=customer_id, statement_ids=statement_ids)
        text = receipt.to_json()
        if to is not None:
            told = hub.consent.known_by(identifier) if identifier else [receipt.records[0].pii_principal_id]
            with hub.rights.erasures.exporting(to, told, purpose=LEGAL_DUTY, spec={"receipt": receipt.receipt_id}):
                to.write_text(text, encoding="utf-8", newline="\n")
    if to is None:
        out.result("receipt", json.loads(text))
        out.text(text)
    else:
        out.result("receipt", {"to": to, "receipt_id": receipt.receipt_id})
        out.note(f"Written to {to}. Delete it when it is handed out.")


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


def preview_policy(out: Output, ledger: Ledger, policy: Path, purposes: Sequence[str] | None) -> None:
    """Print how many customers a change to a policy would gain and lose.

    Raises:
        ConfigurationError: The file holds no policy.
    """
    draft = policy_from(policy)
    if draft is None:
        message = f"{policy.name} is a configuration without a policy. Name a file that holds one."
        raise ConfigurationError(message)
    with ledger.opened(out) as hub:
        told = hub.consent.preview(draft, purposes)
    table = plain_table("purpose", "#before", "#after", "#gained", "#lost")
    for purpose, *counts in told.iter_rows():
        table.add_row(cell(purpose), *(f"{count:,}" for count in counts))
    out.result("preview", {"purposes": told.to_dicts()}, table)
    out.note("Nothing was changed.")
