"""One statement about one purpose."""

from typing import Literal

from pydantic import AwareDatetime, Field

from unified_customer.core.models.base import Model

Status = Literal["granted", "denied", "withdrawn", "objected", "restricted", "unrestricted"]
LegalBasis = Literal[
    "consent", "contract", "legal_obligation", "vital_interests", "public_interest", "legitimate_interests"
]
SpecialBasis = Literal[
    "explicit_consent",
    "employment",
    "vital_interests",
    "not_for_profit",
    "made_public",
    "legal_claims",
    "substantial_public_interest",
    "health_care",
    "public_health",
    "research",
]
"""GDPR Art. 9(2)(a) to (j)."""

Speaker = Literal["self", "guardian", "agent"]


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
    special_basis: SpecialBasis | None = None
    """GDPR Art. 9(2) basis, where it is about special categories."""
    jurisdiction: str | None = None
    stated_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    verified: bool = False
    spoken_by: Speaker | None = None
    """Who said it: the person, a guardian or an agent; None: the person."""
    method: str | None = None
    evidence: str | None = None
    notice: str | None = None
    notice_version: str | None = None
    language: str | None = None
    source: str = Field(min_length=1)
