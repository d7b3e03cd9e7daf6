"""`rights erase`, `compact`, `receipt` and `confirm`: what an erasure would do, doing it, and following up what is left open."""

from typing import Any

from unified_customer.cli.opening import opened
from unified_customer.cli.output import Output
from unified_customer.cli.tables import cell, plain_table
from unified_customer.governance.erasure.preview import ErasurePreview
from unified_customer.governance.erasure.steps import ErasureReceipt


def preview_erasure(out: Output, customer_id: str, *, store: str, actor: str) -> None:
    """Print what the erasure of a customer would do, and do nothing."""
    with opened(out, store, None, actor=actor) as hub:
        _print_preview(out, hub.rights.erasures.preview(customer_id))


def erase_customer(
    out: Output, customer_id: str, *, store: str, request: str | None, compact: bool, actor: str
) -> None:
    """Erase a customer, and print what went and what is left to do."""
    with opened(out, store, None, actor=actor) as hub:
        done = hub.rights.erase(customer_id, request_id=request)
        if compact:
            hub.rights.compact()
        print_receipt(out, hub.rights.erasures.receipt(done.erasure_id))


def compact_store(out: Output, *, store: str, actor: str) -> None:
    """Write the file of a store anew, and tell what the erasures in it still wait for."""
    with opened(out, store, None, actor=actor) as hub:
        hub.rights.compact()
        left = hub.rights.erasures.steps(open_only=True).height
    out.result("compaction", {"open_steps": left}, "The file was written anew: nothing that was deleted is left in it.")
    if left:
        out.note(f"Open steps of erasures: {left:,}; `unified-customer due` lists them.")


def show_receipt(out: Output, erasure_id: str, *, store: str) -> None:
    """Print the receipt of an erasure as it stands."""
    with opened(out, store, None) as hub:
        print_receipt(out, hub.rights.erasures.receipt(erasure_id))


def confirm_step(
    out: Output, erasure_id: str, step: str, target: str, *, store: str, note: str, waived: bool, actor: str
) -> None:
    """Close a step that only a person can close, and print the receipt."""
    with opened(out, store, None, actor=actor) as hub:
        print_receipt(out, hub.rights.erasures.confirm(erasure_id, step, target, note=note, waived=waived))


def _print_preview(out: Output, seen: ErasurePreview) -> None:
    table = plain_table("what", "", "#how many")
    told = {"rows that go": seen.rows, "identifiers that go": seen.identifiers, "shared, so they stay": seen.shared}
    for what, counts in told.items():
        for name, count in counts.items():
            table.add_row(cell(what, "dim"), cell(name), f"{count:,}")
    for what, names in {
        "fits to make anew": seen.artifacts,
        "copies to delete": [place or name for name, place in seen.copies.items()],
        "recipients to tell": seen.destinations,
        "legal holds in the way": [each.reason for each in seen.holds],
    }.items():
        for name in names:
            table.add_row(cell(what, "dim"), cell(name), "")
    values: dict[str, Any] = {"customer_id": seen.customer_id, "records": len(seen.records), "blocked": seen.blocked}
    values |= {"rows": dict(seen.rows), "identifiers": dict(seen.identifiers), "shared": dict(seen.shared)}
    values |= {"artifacts": seen.artifacts, "copies": dict(seen.copies), "destinations": seen.destinations}
    values |= {"holds": [each.hold_id for each in seen.holds], "unresolved": seen.unresolved}
    out.result("erasure_preview", values, table)
    if seen.unresolved:
        out.note(
            f"{seen.unresolved:,} records that nobody resolved may be this customer's too. Run `unified-customer run CONFIG.toml` first."
        )
    out.note("It would be refused as things are." if seen.blocked else "Nothing was changed.")


def print_receipt(out: Output, done: ErasureReceipt) -> None:
    """Print the receipt of an erasure: what went, every step, and what is open."""
    rows = plain_table("table", "#rows")
    for name, count in done.rows.items():
        rows.add_row(cell(name), f"{count:,}")
    steps = plain_table("step", "target", "state", "by")
    for each in done.steps:
        due = "" if each.due_at is None or each not in done.open else f"{each.due_at:%Y-%m-%d}"
        steps.add_row(cell(each.step), cell(each.target), cell(each.state, "" if due else "dim"), due)
    values = {"erasure_id": done.erasure_id, "customer_id": done.customer_id, "rows": dict(done.rows)}
    told = {**values, "complete": done.complete, "steps": [vars(each) for each in done.steps]}
    out.result("erasure", told, f"erasure {done.erasure_id}", rows, steps)
    if any(each.step == "bytes" for each in done.open):
        out.note("The bytes stay in the file until it is written anew: `unified-customer rights compact`.")
    if not done.complete:
        out.note(f"Open steps: {len(done.open):,}; `unified-customer due` lists them.")
