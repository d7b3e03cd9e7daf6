"""`rights access` and `rights portability`: the data of one person, written into a folder of its own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from unified_customer.cli.opening import opened
from unified_customer.cli.output import Output
from unified_customer.cli.tables import plain_table
from unified_customer.governance.access import PersonalData
from unified_customer.hub import CustomerHub

Right = Literal["access", "portability"]

LEGAL_DUTY: Final = "essential.legal_obligation"
PROTECT: Final = "{to} holds the data of a person. Check who asks before you hand it out, and delete it then."


@dataclass(frozen=True)
class Asked:
    """Whose data are handed out, and where to.

    Attributes:
        customer_id: Any id ever issued to the person.
        store: URL of the store.
        to: A new or empty folder.
        request: The request that asked for it.
        actor: Who answers.
        policy: File of the policy; None: the one that is in force.
    """

    customer_id: str
    store: str
    to: Path
    request: str | None
    actor: str
    policy: Path | None


def hand_out(out: Output, right: Right, asked: Asked) -> None:
    """Write what a person may have into a folder; an erasure of the person knows of it."""
    with opened(out, asked.store, asked.policy, actor=asked.actor) as hub:
        data = getattr(hub.rights, right)(asked.customer_id, request_id=asked.request)
        write_out(hub, right, data, asked.to)
    table = plain_table("table", "#rows")
    for name, count in data.rows.items():
        table.add_row(name, f"{count:,}")
    out.result(right, {"to": asked.to, "held": data.held, "tables": data.rows}, table)
    out.note(PROTECT.format(to=asked.to))


def write_out(hub: CustomerHub, right: str, data: PersonalData, to: Path) -> Path:
    """Write the data of a person into a folder, and keep on record that they lie there."""
    told = [data.customer_id] if data.held else []
    with hub.rights.erasures.exporting(to, told, purpose=LEGAL_DUTY, spec={"right": right}):
        return data.to_folder(to)
