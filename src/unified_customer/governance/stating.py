"""What is said, checked before it is known of which identifiers, and as statements of the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar, get_args

import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models import Consent, LegalBasis, Status
from unified_customer.core.models.consents import Speaker, SpecialBasis
from unified_customer.core.spec import canonical_json, content_hash
from unified_customer.core.tables import CONSENTS

Word = TypeVar("Word", bound=str)

LATER: Final = frozenset({"special_basis", "spoken_by", "language"})


@dataclass(frozen=True)
class Statement:
    """What is said, before it is known of which identifiers."""

    purpose: str
    status: Status
    channel: str | None
    recipient: str | None
    legal_basis: LegalBasis
    jurisdiction: str | None
    stated_at: datetime
    expires_at: datetime | None
    verified: bool
    method: str | None
    evidence: str | None
    notice: str | None
    notice_version: str | None
    source: str
    special_basis: SpecialBasis | None = None
    spoken_by: Speaker | None = None
    language: str | None = None


def statement_of(said: Statement, kind: str, key: str) -> Consent:
    """Return the statement `said` about one subject; its id is a hash of its content."""
    content = {**vars(said), "subject_kind": kind, "subject_key": key}
    # What came later is hashed only where it is said, so that statements made before keep their ids.
    hashed = {name: value for name, value in content.items() if value is not None or name not in LATER}
    content_text = canonical_json({name: _plain(value) for name, value in hashed.items()})
    return Consent(statement_id=content_hash(content_text), **content)


def frame_of(statements: Sequence[Consent]) -> pl.DataFrame:
    """Return statements as rows of the `consents` table."""
    return pl.DataFrame([statement.model_dump() for statement in statements], schema=CONSENTS.columns)


def known_word(word: Word, words: object, name: str) -> Word:
    """Return `word` if it is one of the Literal `words`.

    Raises:
        ConfigurationError: It is not; `name` says what it was meant to be.
    """
    if word not in get_args(words):
        message = f"There is no {name} {word!r}. Known ones: {', '.join(get_args(words))}."
        raise ConfigurationError(message)
    return word


def named_part(part: str | None, name: str) -> str | None:
    """Return a channel or recipient if it is not blank.

    Raises:
        ConfigurationError: It is.
    """
    if part is not None and not part.strip():
        message = f"{name} is blank. Name one, or leave it out for all."
        raise ConfigurationError(message)
    return part


def past_instant(stated_at: datetime | None, now: datetime) -> datetime:
    """Return when something was said, in UTC; None: now.

    Raises:
        ConfigurationError: It lies in the future, or has no time zone.
    """
    if stated_at is None:
        return now
    stated = as_utc(stated_at, name="stated_at")
    if stated > now:
        message = "stated_at lies in the future. A statement counts from when it was made."
        raise ConfigurationError(message)
    return stated


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
