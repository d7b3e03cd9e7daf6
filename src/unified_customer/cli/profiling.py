"""`profile`: one customer, as far as a purpose may see them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.text import Text

from unified_customer.cli.opening import opened
from unified_customer.cli.output import Output, readable
from unified_customer.cli.tables import cell, heading, indented, plain_table
from unified_customer.core.models import Actor, Customer


@dataclass(frozen=True)
class Asked:
    """Who is asked about, what for, and by whom."""

    customer_id: str
    purpose: str
    actor: str
    roles: tuple[str, ...] = ()


def print_profile(out: Output, asked: Asked, *, store: str, policy: Path | None) -> None:
    """Print one customer of a store."""
    with opened(out, store, policy) as hub:
        actor = Actor(id=asked.actor, roles=asked.roles)
        customer = hub.profile(asked.customer_id, purpose=asked.purpose, actor=actor)
    out.result("profile", customer.model_dump(mode="json"), *profile_view(customer))


def profile_view(customer: Customer) -> list[Any]:
    """Return a customer for people."""
    head = Text.assemble((customer.customer_id, "bold"), f"  under {customer.purpose}")
    parts = [head, indented(golden_view(customer)), heading("Known by"), indented(identifiers_view(customer))]
    parts += [heading("May be used for"), indented(consents_view(customer))]
    if customer.withheld:
        parts += [heading("Withheld from this purpose"), indented(Text(", ".join(customer.withheld)))]
    return parts


def golden_view(customer: Customer) -> Any:
    """Return the fields of a customer, each with its origin."""
    table = plain_table("field", "value", "from", "observed")
    for name, golden in customer.fields.items():
        seen = "" if golden.observed_at is None else f"{golden.observed_at:%Y-%m-%d}"
        table.add_row(cell(name, "dim"), cell(shown(name, golden.value)), cell(golden.source), seen)
    return table


def shown(field: str, value: Any) -> str:
    """Return a value for people; traits, which are a JSON object, as `name: value` pairs.

    Examples:
        >>> shown("traits", '{"vip":true,"opens":12}')
        'vip: true, opens: 12'
    """
    if field != "traits":
        return str(value)
    pairs = json.loads(str(value)).items()
    return ", ".join(f"{name}: {each if isinstance(each, str) else json.dumps(each)}" for name, each in pairs)


def identifiers_view(customer: Customer) -> Any:
    """Return what a customer is known by; a value that the purpose may not see is left out."""
    table = plain_table("kind", "value", "from")
    for each in customer.identifiers:
        value = cell("withheld", "dim") if each.value is None else cell(each.value)
        table.add_row(cell(each.kind, "dim"), value, cell(each.source))
    return table


def consents_view(customer: Customer) -> Any:
    """Return what a customer allows, with the reasons."""
    table = plain_table("purpose", "", "reason")
    for state in customer.consents:
        answer = Text("yes", style="green") if state.allowed else Text("no", style="red")
        table.add_row(cell(state.purpose), answer, cell(readable(state.reason), "dim"))
    return table
