"""Messages that name a call of the library, in the words of the command line."""

from collections.abc import Mapping
from typing import Final

COMMANDS: Final[Mapping[str, str]] = {
    "hub.rights.requests.find()": "`unified-customer rights list`",
    "hub.governance.holds.standing()": "`unified-customer retention holds`",
    "hub.rights.erasures.steps(open_only=True)": "`unified-customer due`",
    "hub.rights.erasures.steps() lists them": "`unified-customer due` lists those with open steps",
    "call hub.rights.erasures.resume() or hub.rights.compact()": "`unified-customer rights compact` does it",
    "hub.consent.record('*', 'restricted', customer_id=...)": (
        "`unified-customer consent record '*' restricted --customer ID`"
    ),
    "hub.consent.record(...)": "`unified-customer consent record`",
    "hub.consent.statements(...)": "`unified-customer consent show`",
    "hub.customers(purpose=...)": "An output of `unified-customer run`",
    "hub.audit.entries(customer_id=...)": "`unified-customer audit show --customer ID`",
    "hub.audit.entries()": "`unified-customer audit show`",
    "hub.publish.listing() tells": "`unified-customer publications list` tells",
    "hub.resolve()": "`unified-customer run CONFIG.toml`",
    "Policy(controller=Controller(name=..., ...))": "name, address, country and contact in [controller] of the policy",
    "Money(currency='EUR', rates={'USD': 0.92})": "--currency EUR --rate USD=0.92",
    "identifier=(kind, value)": "--identifier KIND=VALUE",
    "identifiers={kind: value}": "--identifier KIND=VALUE",
    "and no identifiers": "and no --by",
    "by=...": "--by KIND=VALUE",
    "customer_id=...": "--customer ID",
    "method=...": "--method HOW",
}
"""What messages call a thing in Python -> what it is called here; what holds another stands before it."""


def in_commands(message: str) -> str:
    """Return a message with commands and options in the place of calls and arguments.

    Examples:
        >>> in_commands("There is no request 'r1'. hub.rights.requests.find() lists them.")
        "There is no request 'r1'. `unified-customer rights list` lists them."
    """
    for call, command in COMMANDS.items():
        message = message.replace(call, command)
    return message
