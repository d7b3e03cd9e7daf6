"""`rights erase`, `receipt` and `confirm`: what an erasure would do, doing it, and following up what is left open."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from unified_customer.cli.options import Debug, Json, Name, Url
from unified_customer.cli.session import session

if TYPE_CHECKING:
    from unified_customer.cli.output import Output
    from unified_customer.governance.erasure.preview import ErasurePreview
    from unified_customer.governance.erasure.steps import ErasureReceipt

ErasureId = Annotated[str, typer.Argument(metavar="ERASURE", help="The erasure; `due` lists those with open steps.")]


def erase(
    customer_id: Annotated[str, typer.Argument(metavar="ID", help="Any id ever issued to the customer.")],
    *,
    store: Url,
    preview: Annotated[bool, typer.Option("--preview", help="Only tell what it would do.")] = False,
    request: Annotated[str | None, typer.Option(metavar="ID", help="The request that asked for it.")] = None,
    compact: Annotated[
        bool, typer.Option("--compact", help="Also write the file anew, so that no byte is left in it.")
    ] = False,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Erase a customer from every table, and tell what is left to do.

    Look first with --preview.
    """
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.opening import opened

        with opened(out, store, None, actor=actor) as hub:
            if preview:
                _print_preview(out, hub.rights.erasures.preview(customer_id))
                return
            done = hub.rights.erase(customer_id, request_id=request)
            if compact:
                hub.rights.compact()
            print_receipt(out, hub.rights.erasures.receipt(done.erasure_id))


def receipt(erasure_id: ErasureId, *, store: Url, json: Json = False, debug: Debug = False) -> None:
    """Show the receipt of an erasure: every step, and what is open by when."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.opening import opened

        with opened(out, store, None) as hub:
            print_receipt(out, hub.rights.erasures.receipt(erasure_id))


def confirm(
    erasure_id: ErasureId,
    step: Annotated[str, typer.Argument(help="The open step, such as destination or backup.")],
    target: Annotated[str, typer.Argument(help="Its target, as the receipt names it.")],
    *,
    store: Url,
    note: Annotated[str, typer.Option(help="How it was done, or why it need not be; no values of people.")],
    waived: Annotated[bool, typer.Option("--waived", help="It need not be done.")] = False,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Close a step of an erasure that only a person can close, such as a recipient that was told."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.opening import opened

        with opened(out, store, None, actor=actor) as hub:
            print_receipt(out, hub.rights.erasures.confirm(erasure_id, step, target, note=note, waived=waived))


def _print_preview(out: "Output", seen: "ErasurePreview") -> None:
    from unified_customer.cli.tables import cell, plain_table

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
            f"{seen.unresolved:,} records that nobody resolved may be this customer's too. Run hub.resolve() first."
        )
    out.note("It would be refused as things are." if seen.blocked else "Nothing was changed.")


def print_receipt(out: "Output", done: "ErasureReceipt") -> None:
    """Print the receipt of an erasure: what went, every step, and what is open."""
    from unified_customer.cli.tables import cell, plain_table

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
        out.note("The bytes stay in the file until it is written anew: --compact, or hub.rights.compact().")
    if not done.complete:
        out.note(f"{len(done.open):,} steps are open; `unified-customer due` lists them.")
