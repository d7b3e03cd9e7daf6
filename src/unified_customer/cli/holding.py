"""`retention hold`, `lift` and `holds`: what may not be deleted yet."""

from collections.abc import Mapping
from datetime import datetime

from unified_customer.cli.opening import looking, opened
from unified_customer.cli.output import Output
from unified_customer.cli.tables import cell, plain_table


def place_hold(
    out: Output,
    reason: str,
    *,
    store: str,
    actor: str,
    customer_id: str | None,
    table: str | None,
    category: str | None,
) -> None:
    """Place a hold, and print its id."""
    with opened(out, store, None, actor=actor) as hub:
        hold_id = hub.governance.holds.place(reason, customer_id=customer_id, table=table, category=category)
    what = {"customer_id": customer_id, "table": table, "category": category}
    out.result("hold", {"hold_id": hold_id, "reason": reason, **what})
    out.text(hold_id)
    out.note(f"Held until it is lifted: {_held(what)}.")


def lift_hold(out: Output, hold_id: str, *, store: str, actor: str) -> None:
    """Lift a hold."""
    with opened(out, store, None, actor=actor) as hub:
        hub.governance.holds.lift(hold_id)
    out.result("lifted", {"hold_id": hold_id}, f"{hold_id} is lifted.")


def list_holds(out: Output, *, store: str, as_of: datetime | None) -> None:
    """Print the holds that stand, oldest first."""
    with looking(store, None) as governance:
        found = governance.holds.standing(as_of)
    table = plain_table("hold", "placed", "by", "what", "reason")
    table.columns[0].no_wrap = True  # an id is there to be copied
    for row in found.iter_rows(named=True):
        out.result("hold", row)
        what = _held({"customer_id": row["customer_id"], "table": row["subject_table"], "category": row["category"]})
        table.add_row(row["hold_id"], f"{row['placed_at']:%Y-%m-%d}", cell(row["actor"]), what, cell(row["reason"]))
    out.show(table if found.height else "Nothing is held.")


def _held(what: Mapping[str, str | None]) -> str:
    """Return what a hold is on, in words.

    Examples:
        >>> _held({"customer_id": None, "table": "events", "category": None})
        'events of everybody'
        >>> _held({"customer_id": "c1", "table": None, "category": "user.contact"})
        'user.contact of customer c1'
    """
    data = " in ".join(filter(None, (what["category"], what["table"]))) or "everything"
    return f"{data} of {'everybody' if what['customer_id'] is None else 'customer ' + str(what['customer_id'])}"
