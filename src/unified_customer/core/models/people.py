"""One person as a source describes them, and as the hub does."""

from datetime import date
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from unified_customer.core.models.base import Model

FieldContent = str | date | None


class Identifier(Model):
    """One identifier of a person, normalised.

    Examples:
        >>> Identifier(kind="email", value="ann@example.com").kind
        'email'
    """

    kind: str = Field(min_length=1)
    """email, phone, user_id, anonymous_id, device_id, loyalty_id, ..."""
    value: str | None = None
    """The normalised value; None where the purpose may not see it."""
    source: str | None = None
    """Name of the source that it was first seen in."""


class SourceRecord(Model):
    """What one source says of one person at one time: the normalised half of a row of `records`."""

    source: str = Field(min_length=1)
    source_id: str = Field(min_length=1)
    observed_at: AwareDatetime | None = None
    deleted: bool = False
    partial: bool | None = None
    """It says only what changed; a field that it leaves out stays as it was."""
    full_name: str | None = None
    honorific: str | None = None
    given_name: str | None = None
    middle_name: str | None = None
    family_name: str | None = None
    birth_date: date | None = None
    gender: Literal["female", "male", "other"] | None = None
    email: str | None = None
    phone: str | None = None
    street: str | None = None
    city: str | None = None
    region: str | None = None
    postcode: str | None = None
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    organisation: str | None = None
    job_title: str | None = None
    language: str | None = None
    time_zone: str | None = None
    website: str | None = None
    traits: str | None = None


class GoldenValue(Model):
    """One value of the single customer view, with where it came from."""

    value: FieldContent
    source: str | None
    """Name of the source that said it."""
    observed_at: AwareDatetime | None
    """When it said so; None where the source gives no time."""


class ConsentState(Model):
    """What the hub may do with a customer under one purpose."""

    purpose: str
    allowed: bool
    reason: str
    """Why; one of the reasons of `unified_customer.policy`."""


class Customer(Model):
    """One customer: the golden record with the origin of every value, as far as the purpose may see it."""

    customer_id: str
    purpose: str
    """The purpose it was read under."""
    fields: dict[str, GoldenValue]
    """Values by field name; fields without a value are absent."""
    identifiers: tuple[Identifier, ...]
    """Everything the customer is known by."""
    records: tuple[str, ...]
    """Ids of the records and event identities that belong to the customer."""
    sources: tuple[str, ...]
    """Names of the sources that know the customer."""
    consents: tuple[ConsentState, ...]
    """The state of every purpose that a statement or the policy names."""
    withheld: tuple[str, ...]
    """Names of the fields that the purpose may not see."""
    first_observed_at: AwareDatetime | None
    last_observed_at: AwareDatetime | None
    events: tuple[dict[str, Any], ...] = ()
    """The latest events, newest first, where they were asked for: the columns that the purpose may see."""

    def __getitem__(self, field: str) -> FieldContent:
        """Return the value of `field`, None where there is none.

        Raises:
            KeyError: The field was withheld from this purpose.
        """
        if field in self.withheld:
            message = f"{field!r} is withheld from the purpose {self.purpose!r}."
            raise KeyError(message)
        return self.fields[field].value if field in self.fields else None
