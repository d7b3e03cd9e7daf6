"""Who gets data, and which of them are in third countries (GDPR Chapter V)."""

from typing import Final

from unified_customer.governance.sight import related
from unified_customer.policy import Policy, Recipient

EEA: Final = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IS",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)
"""The European Economic Area (ISO 3166-1): no country of it is a third country to another."""

NO_SAFEGUARD: Final = "no safeguard named (GDPR Art. 45 to 49)"
ROLES: Final = {
    "processor": "works for us",
    "controller": "decides itself what it does with the data",
    "joint_controller": "decides with us what is done with the data",
    "authority": "an authority",
}


def recipients_for(policy: Policy, purpose: str) -> dict[str, Recipient]:
    """Return who gets data for `purpose`, by name; one that names no purpose may get data for any.

    Examples:
        >>> policy = Policy(recipients={"mailer": Recipient(purposes=("marketing",)), "host": Recipient()})
        >>> list(recipients_for(policy, "analytics")), list(recipients_for(policy, "marketing.communications"))
        (['host'], ['host', 'mailer'])
    """
    return {
        name: each
        for name, each in policy.recipients.items()
        if not each.purposes or any(related(wanted, purpose) for wanted in each.purposes)
    }


def is_transfer(policy: Policy, recipient: Recipient) -> bool:
    """Return whether what `recipient` gets goes to a third country, seen from the seat of the controller.

    Where the seat is not named every named country counts as one, so that no transfer goes untold.

    Examples:
        >>> from unified_customer.policy import Controller
        >>> policy = Policy(controller=Controller(name="Shop", contact="x", country="DE"))
        >>> [is_transfer(policy, Recipient(country=each)) for each in ("FR", "US", None)]
        [False, True, False]
    """
    seat = policy.controller.country if policy.controller else None
    if recipient.country is None or recipient.country == seat:
        return False
    return seat is None or not {seat, recipient.country} <= EEA


def transfers_for(policy: Policy, purpose: str) -> tuple[str, ...]:
    """Return the transfers to third countries for `purpose`, each with the country and what protects it."""
    return tuple(
        f"{name} ({each.country}): {each.safeguards or NO_SAFEGUARD}"
        for name, each in recipients_for(policy, purpose).items()
        if is_transfer(policy, each)
    )
