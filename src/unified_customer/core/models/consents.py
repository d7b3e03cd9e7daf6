"""One statement about one purpose."""

from typing import Literal

from pydantic import AwareDatetime, Field

from unified_customer.core.models.base import Model

Status = Literal["granted", "denied", "withdrawn", "objected", "restricted", "unrestricted"]
LegalBasis = Literal[
    "consent", "contract", "legal_obligation", "vital_interests", "public_interest", "legitimate_interests"
]


class Consent(Model):
    """One statement about one purpose and one identifier or record: a row of `consents`."""

    statement_id: str = Field(min_length=1)
    subject_kind: str = Field(min_length=1)
    """Kind of the identifier, or 'record'."""
    subject_key: str = Field(pattern=r"^[0-9a-f]{24}$")
    """Value key of the identifier, or the record id."""
    purpose: str = Field(min_length=1)
    channel: str | None = None
    recipient: str | None = None
    status: Status
    legal_basis: LegalBasis = "consent"
    jurisdiction: str | None = None
    stated_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    verified: bool = False
    method: str | None = None
    evidence: str | None = None
    notice: str | None = None
    notice_version: str | None = None
    source: str = Field(min_length=1)
