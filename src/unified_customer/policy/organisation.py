"""Who answers for the data: the controller, those who get data from it, and the notice that people were shown."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from unified_customer.core.models.base import Model
from unified_customer.core.models.purposes import Purpose
from unified_customer.policy.rules import Category

Name = Annotated[str, Field(min_length=1)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Controller(Model):
    """The organisation that decides what data are used for (GDPR Art. 4(7)), as a notice and a receipt name it.

    Examples:
        >>> Controller(name="Shop Ltd", contact="privacy@example.com", country="GB").name
        'Shop Ltd'
    """

    name: Name
    contact: Name
    """Where people turn to: an e-mail address, a telephone number or a page."""
    address: str | None = None
    country: Country | None = None
    """ISO 3166-1 code of its seat."""
    protection_officer: str | None = None
    """How to reach the data-protection officer (GDPR Art. 37)."""
    representative: str | None = None
    """Representative in the Union, where it has its seat elsewhere (GDPR Art. 27)."""
    authority: str | None = None
    """The supervisory authority that people may complain to."""


class Recipient(Model):
    """Somebody who gets data from the hub: a destination, a processor, a partner.

    Examples:
        >>> Recipient(role="processor", country="US", safeguards="standard contractual clauses").erases
        False
    """

    role: Literal["processor", "controller", "joint_controller", "authority"] = "processor"
    purposes: tuple[Purpose, ...] = ()
    """What it gets data for."""
    categories: tuple[Category, ...] = ()
    """Data categories that it gets."""
    country: Country | None = None
    """Where it keeps them."""
    safeguards: str | None = None
    """What protects a transfer to a country without an adequacy decision (GDPR Art. 46)."""
    contact: str | None = None
    erases: bool = False
    """Whether it erases on request; one that does not appears as an open obligation in every erasure."""
    jurisdictions: tuple[str, ...] = ()
    """Laws that its copy is under, where they differ from the controller's."""


class Notice(Model):
    """The privacy notice that people are shown (GDPR Art. 13 and 14)."""

    version: Name
    effective: date
    language: Annotated[str, Field(min_length=2)] = "en"
    url: str | None = None
