"""`audit`: verify the audit of a store, take its head, and show what is in it."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import polars as pl
from pydantic import ValidationError
from rich.text import Text

from unified_customer.cli.output import Output
from unified_customer.cli.storefile import check_exists
from unified_customer.cli.tables import cell, indented, plain_table
from unified_customer.core.clock import system_clock
from unified_customer.core.errors import ConfigurationError
from unified_customer.governance.audit import AuditLog, TreeHead, Verification
from unified_customer.hub import CustomerHub
from unified_customer.store import open_store

Answer = TypeVar("Answer")

SHOWN: Final = ("at", "actor", "action", "subject_table", "purpose", "rows", "people", "withheld_people")


@dataclass(frozen=True)
class Asked:
    """Which entries are shown."""

    actor: str | None = None
    customer_id: str | None = None
    purpose: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def verify_audit(out: Output, store: str, head: Path | None, *, with_key: bool = True) -> bool:
    """Print what a verification found; return whether all is well."""
    given = None if head is None else read_head(head)
    if with_key:
        found = _with_audit(store, lambda audit: audit.verify(given))
    else:
        check_exists(store)
        with closing(open_store(store)) as opened:
            found = AuditLog(opened, clock=system_clock).verify(given)
    out.result("verification", found.model_dump(mode="json"), *verification_view(found))
    return found.ok


def print_head(out: Output, store: str, to: Path | None) -> None:
    """Print the head of the audit, and write it into a file where one is named.

    Raises:
        ConfigurationError: The file is there already.
    """
    if to is not None and to.exists():
        message = f"{to} is there already. Heads are kept, not replaced: name a new file."
        raise ConfigurationError(message)
    head = _with_audit(store, lambda audit: audit.head())
    if to is not None:
        to.write_text(f"{head.model_dump_json()}\n", encoding="utf-8")
    out.result("head", head.model_dump(mode="json"), Text(head.model_dump_json()))


def show_audit(out: Output, store: str, asked: Asked, *, limit: int) -> None:
    """Print the last entries that fit: who did what, for which purpose, and how many people that concerned."""
    entries = _with_audit(store, lambda audit: audit.entries(**vars(asked)))
    shown = entries.tail(limit)
    if out.as_json:
        for row in shown.iter_rows(named=True):
            out.line({"kind": "entry", **row})
        return
    out.show(entries_view(shown), Text(f"{shown.height:,} of {entries.height:,} entries", style="dim"))


def read_head(path: Path) -> TreeHead:
    """Return the head in a file.

    Raises:
        ConfigurationError: There is none.
    """
    try:
        return TreeHead.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        message = f"{path} holds no head of an audit. `unified-customer audit head --to FILE` writes one."
        raise ConfigurationError(message) from error


def verification_view(found: Verification) -> list[Any]:
    """Return a verification for people."""
    state = Text("nothing was tampered with", style="green") if found.ok else Text("tampered with", style="bold red")
    counts = f"{found.entries:,} entries, {found.before:,} from before the chain, {found.heads:,} heads"
    parts: list[Any] = [Text.assemble(state, f": {counts}"), Text(f"root {found.root}", style="dim")]
    if not found.heads:
        parts.append(Text("No head was there to hold it against: entries missing at the end are not noticed."))
    if not found.keyed:
        parts.append(Text("The seals were not checked: that takes the key."))
    if found.findings:
        table = plain_table("what", "entry", "")
        for each in found.findings:
            table.add_row(cell(each.kind, "red"), cell(each.audit_id), cell(each.message))
        parts += [indented(table), Text(f"{len(found.findings):,} of {found.found:,} findings", style="dim")]
    return parts


def entries_view(entries: pl.DataFrame) -> Any:
    """Return entries for people."""
    table = plain_table("at", "actor", "action", "table", "purpose", "#rows", "#people", "#withheld")
    for at, *words, rows, people, withheld in entries.select(SHOWN).iter_rows():
        counts = ("" if each is None else f"{each:,}" for each in (rows, people, withheld))
        table.add_row(f"{at:%Y-%m-%d %H:%M:%S}", *(cell(word) for word in words), *counts)
    return table


def _with_audit(store: str, ask: Callable[[AuditLog], Answer]) -> Answer:
    check_exists(store)
    with CustomerHub(store) as hub:
        return ask(hub.audit)
