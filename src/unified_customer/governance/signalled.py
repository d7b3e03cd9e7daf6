"""Consent signals in the ledger: what a TCF or GPP string, a US privacy string or Global Privacy Control says."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from unified_customer.connectors.signals import Said, SignalKind, said_in
from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models import Actor, Consent
from unified_customer.core.spec import canonical_json, content_hash
from unified_customer.core.tables import CONSENTS
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.governance.stating import frame_of
from unified_customer.policy import Policy
from unified_customer.store import Writer


@dataclass(frozen=True)
class Signal:
    """A signal as it came, and of what it is known.

    Attributes:
        kind: tcf, gpp, us_privacy or gpc.
        text: The string, or the value of the header.
        vendor_id: Our own number in the Global Vendor List.
        stated_at: When it was said; None: when the signal tells, else now.
        source: Name of the system that it came from.
        customer_id: The customer whom it is about, where one was named.
    """

    kind: SignalKind
    text: str
    vendor_id: int | None
    stated_at: datetime | None
    source: str
    customer_id: str | None


def write_signal(
    writer: Writer, signal: Signal, subjects: Sequence[tuple[str, str]], *, policy: Policy, actor: Actor, now: datetime
) -> tuple[Consent, ...]:
    """Record what `signal` says of each of `subjects`, `(kind, key)`; one that says nothing records nothing.

    Raises:
        SignalError: The text is no such signal.
        ConfigurationError: The kind or the vendor cannot be meant, or it was said in the future.
    """
    said = said_in(signal.kind, signal.text, vendor_id=signal.vendor_id, opt_out=policy.gpc)
    dated = [(each, _when(each, signal, now)) for each in said]
    statements = tuple(_statement(each, at, signal, *subject) for each, at in dated for subject in subjects)
    if not statements:
        return ()
    writer.append(CONSENTS.name, frame_of(statements))
    counts = Counter(each.status for each in statements)
    detail = {"signal": signal.kind, "statements": len(statements)} | dict(counts)
    entry = Entry("consent", table=CONSENTS.name, customer_id=signal.customer_id, detail=detail)
    write_entry(writer, actor, entry, at=now)
    return statements


def _when(said: Said, signal: Signal, now: datetime) -> datetime:
    at = as_utc(signal.stated_at or said.stated_at or now, name="stated_at")
    if at > now:
        message = "The signal was given in the future. It counts from when it was given; check the clock it came from."
        raise ConfigurationError(message)
    return at


def _statement(said: Said, at: datetime, signal: Signal, kind: str, key: str) -> Consent:
    """Return the statement about one subject; its id is a hash of its content, so that saying it twice is saying it once."""
    content = asdict(said) | {"stated_at": at, "source": signal.source, "subject_kind": kind, "subject_key": key}
    content["verified"] = signal.customer_id is not None
    return Consent(statement_id=content_hash(canonical_json(content | {"stated_at": at.isoformat()})), **content)
