"""The document that a consent receipt is: the fields of ISO/IEC TS 27560:2023.

Of every use (purpose, channel and recipient) there is one record, with an event for each thing that was said of it.
"""

from typing import Final

from pydantic import AwareDatetime, Field

from unified_customer.core.models.base import Model
from unified_customer.core.spec import canonical_json
from unified_customer.policy import Right

SCHEMA_VERSION: Final = "ISO/IEC TS 27560:2023"


class Named(Model):
    """A notice that was shown."""

    name: str
    version: str | None = None
    url: str | None = None


class Information(Model):
    """A category of personal data."""

    pii_type: str
    """Fideslang data category."""
    pii_optional: bool
    """Whether the person may refuse it without losing what it is not needed for."""
    special_pii_category: bool
    """Whether it is of the special categories of GDPR Art. 9 and 10."""
    retention_period: tuple[str, ...]


class Processing(Model):
    """What the data are used for, and how."""

    purpose: str
    purpose_type: str
    service: str | None = None
    """The channel that was named."""
    lawful_basis: tuple[str, ...]
    special_category_basis: tuple[str, ...] = ()
    pii_information: tuple[Information, ...]
    pii_controllers: tuple[str, ...]
    collection_method: tuple[str, ...] = ()
    storage_locations: tuple[str, ...]
    retention_period: tuple[str, ...]
    geographic_restrictions: tuple[str, ...] = ()
    jurisdiction: str
    recipient_third_parties: tuple[str, ...]
    withdrawal_method: str
    privacy_rights: tuple[Right, ...]
    authority_party: str | None = None


class PiiProcessing(Model):
    """What was told, and the use that it was told of."""

    privacy_notice: tuple[Named, ...] = Field(min_length=1)
    language: tuple[str, ...] = Field(min_length=1)
    purposes: tuple[Processing, ...] = Field(min_length=1)


class Party(Model):
    """Somebody who takes part."""

    party_id: str
    party_name: str
    party_address: str
    party_contact: str
    party_type: str
    party_role: str


class Event(Model):
    """Something that was said."""

    event_time: AwareDatetime
    validity_duration: str
    """An interval of ISO 8601-2: from when until when it counts; `..` where it has no end."""
    entity_id: str
    """Who said it: the principal, or `principal:guardian`, `principal:agent`."""
    event_type: str
    event_state: str


class ConsentRecord(Model):
    """Everything that was said of one use."""

    schema_version: str = SCHEMA_VERSION
    record_id: str
    pii_principal_id: str
    """A pseudonym: the customer id, or the keyed hash of the identifier."""
    pii_processing: PiiProcessing
    party_identification: tuple[Party, ...]
    events: tuple[Event, ...] = Field(min_length=1)


class ConsentReceipt(Model):
    """A receipt for what a person said: JSON to hand out.

    References:
        ISO/IEC TS 27560:2023, Privacy technologies - Consent record information structure; the W3C guide "Consent
        Records and Receipts as per ISO/IEC TS 27560:2023 using DPV" (2024), which lists its fields.
    """

    schema_version: str = SCHEMA_VERSION
    receipt_id: str
    issued_at: AwareDatetime
    records: tuple[ConsentRecord, ...]

    def to_json(self) -> str:
        """Return the receipt as JSON with sorted keys; a field that has nothing to tell is left out."""
        return canonical_json(self.model_dump(mode="json", exclude_none=True))
