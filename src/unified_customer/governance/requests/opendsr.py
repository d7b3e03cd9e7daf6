"""OpenDSR 2.0, as a processor: requests in, and the bodies of the answers out; sending them is the server's.

References:
    https://github.com/opengdpr/OpenDSR/blob/master/specification.md
"""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, Field

from unified_customer.core.errors import RequestStateError, UnknownRequestError
from unified_customer.core.models import Actor
from unified_customer.governance.requests.handling import Handling
from unified_customer.governance.requests.messages import Message, read_message
from unified_customer.governance.requests.state import RequestState, Status
from unified_customer.store import Reader, Where

PROTOCOL: Final = "opendsr"
API_VERSION: Final = "2.0"

IdentityType = Literal[
    "controller_customer_id",
    "android_advertising_id",
    "android_id",
    "email",
    "fire_advertising_id",
    "ios_advertising_id",
    "ios_vendor_id",
    "microsoft_advertising_id",
    "microsoft_publisher_id",
    "roku_publisher_id",
    "roku_advertising_id",
]
IdentityFormat = Literal["raw", "sha1", "md5", "sha256"]
RequestStatus = Literal["pending", "in_progress", "completed", "cancelled"]
RequestType = Literal["access", "portability", "erasure"]

KINDS: Final[dict[IdentityType, str]] = {
    "controller_customer_id": "user_id",
    "android_advertising_id": "android.idfa",
    "android_id": "android.id",
    "email": "email",
    "fire_advertising_id": "fire_advertising_id",
    "ios_advertising_id": "ios.idfa",
    "ios_vendor_id": "ios.id",
    "microsoft_advertising_id": "microsoft_advertising_id",
    "microsoft_publisher_id": "microsoft_publisher_id",
    "roku_publisher_id": "roku_publisher_id",
    "roku_advertising_id": "roku_advertising_id",
}
"""Type of an identity there -> kind of identifier here; device ids are named as Segment names them."""

FORMATS: Final[tuple[IdentityFormat, ...]] = ("raw", "sha1", "md5", "sha256")
TYPES: Final[tuple[RequestType, ...]] = ("access", "portability", "erasure")

_STATUS: Final[dict[Status, RequestStatus]] = {
    "received": "pending",
    "identity_unverified": "pending",
    "in_progress": "in_progress",
    "extended": "in_progress",
    "failed": "in_progress",
    "fulfilled": "completed",
    "denied": "cancelled",
    "revoked": "cancelled",
    "expired": "cancelled",
}

Sign = Callable[[bytes], bytes]
"""Signs the bytes of a body with the key of the processor's certificate."""


class OpenDSRIdentity(Message):
    """One identity that a request names."""

    identity_type: IdentityType
    identity_value: str = Field(min_length=1)
    identity_format: IdentityFormat


class OpenDSRRequest(Message):
    """A request as a controller sends it (section 7.1)."""

    regulation: Literal["gdpr", "ccpa"] | None = None
    """Required by the text of the specification and absent from its example and from version 1."""
    subject_request_id: Annotated[
        str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
    ]
    subject_request_type: RequestType
    subject_identities: tuple[OpenDSRIdentity, ...] = Field(min_length=1)
    """What only an extension names is of another processor and cannot be matched here."""
    submitted_time: AwareDatetime
    api_version: Literal["1.0", "2.0"] | None = None
    status_callback_urls: tuple[str, ...] = ()
    extensions: Mapping[str, Any] = Field(default_factory=dict)


def parse_opendsr(body: Mapping[str, Any] | str | bytes) -> OpenDSRRequest:
    """Return the request that a body holds.

    Raises:
        ConfigurationError: It is none; the message quotes nothing.
    """
    return read_message(OpenDSRRequest, body, what="OpenDSR request")


def receive_opendsr(
    handling: Handling, body: Mapping[str, Any] | str | bytes, *, verified: bool, sources: Sequence[str], actor: Actor
) -> RequestState:
    """Take in a request; see `Rights.receive_opendsr`."""
    sent = parse_opendsr(body)
    with handling.desk.store.snapshot() as reader:
        named = list(_named(reader, sent.subject_identities, sources))
    now = handling.desk.clock()
    detail = {"callbacks": list(sent.status_callback_urls), "arrived_at": now.isoformat()}
    asked = handling.asked(
        sent.subject_request_type,
        named,
        None,
        protocol=PROTOCOL,
        external_id=sent.subject_request_id,
        received_at=min(sent.submitted_time.astimezone(UTC), now),
        regime=sent.regulation,
        purpose=None,
        verified=verified,
        detail=detail,
    )
    return handling.desk.receive(asked, actor=actor)


def known_opendsr(handling: Handling, subject_request_id: str) -> RequestState:
    """Return the request that a controller calls so.

    Raises:
        UnknownRequestError: There is none.
    """
    found = handling.desk.known_as(PROTOCOL, subject_request_id)
    if not found:
        message = f"No request {subject_request_id!r} was received by OpenDSR."
        raise UnknownRequestError(message)
    return found[0]


def cancel_opendsr(handling: Handling, subject_request_id: str, *, actor: Actor) -> RequestState:
    """Cancel a request that is pending; see `Rights.cancel_opendsr`."""
    state = known_opendsr(handling, subject_request_id)
    if status_of(state) != "pending":
        message = f"The request {subject_request_id} is {status_of(state)}. It can be cancelled while it is pending."
        raise RequestStateError(message)
    return handling.desk.enter(state.request_id, "revoked", actor=actor)


# ------------------------------------------------------------------------------------------------------------- answers


def status_of(state: RequestState) -> RequestStatus:
    """Return the status of a request as OpenDSR calls it."""
    return _STATUS[state.status]


def created_body(state: RequestState, request: bytes, *, controller_id: str) -> dict[str, Any]:
    """Return the body of the answer to a request, HTTP 201 (section 7.3)."""
    return {
        "controller_id": controller_id,
        "expected_completion_time": rfc3339(state.due_at),
        "received_time": state.detail.get("arrived_at") or rfc3339(state.received_at),
        "encoded_request": b64encode(request).decode("ascii"),
        "subject_request_id": state.external_id,
    }


def status_body(
    state: RequestState, *, controller_id: str, results_url: str | None = None, results_count: int | None = None
) -> dict[str, Any]:
    """Return the body of the answer to a question for the status (section 8.3)."""
    results = {"results_url": results_url, "results_count": results_count}
    return {
        "controller_id": controller_id,
        "expected_completion_time": rfc3339(state.due_at),
        "subject_request_id": state.external_id,
        "request_status": status_of(state),
        "api_version": API_VERSION,
        **{name: value for name, value in results.items() if value is not None},
    }


def callback_bodies(
    state: RequestState, *, controller_id: str, results_url: str | None = None, results_count: int | None = None
) -> dict[str, dict[str, Any]]:
    """Return what has to be sent when the status changes, by URL (section 8.6)."""
    body = status_body(state, controller_id=controller_id, results_url=results_url, results_count=results_count)
    del body["api_version"]
    return {url: {**body, "status_callback_url": url} for url in state.detail.get("callbacks", ())}


def cancelled_body(state: RequestState, *, controller_id: str) -> dict[str, Any]:
    """Return the body of the answer to a cancellation, HTTP 202 (section 9.2)."""
    return {
        "controller_id": controller_id,
        "subject_request_id": state.external_id,
        "received_time": rfc3339(state.last_at),
        "api_version": API_VERSION,
    }


def error_body(error: Exception, *, code: int = 400) -> dict[str, Any]:
    """Return the body of the answer to what cannot be taken in (section 7.6); errors of ours quote no values."""
    detail = {"domain": "Validation", "reason": type(error).__name__, "message": str(error)}
    return {"error": {"code": code, "message": str(error), "errors": [detail]}}


def discovery_body(certificate: str, *, types: Sequence[RequestType] = TYPES) -> dict[str, Any]:
    """Return the discovery document (section 6.3).

    Args:
        certificate: Where the certificate that answers are signed with can be had.
        types: What can be asked for.
    """
    return {
        "api_version": API_VERSION,
        "supported_identities": [
            {"identity_type": each, "identity_format": form} for each in KINDS for form in FORMATS
        ],
        "supported_subject_request_types": list(types),
        "processor_certificate": certificate,
    }


def signed_headers(body: bytes, *, domain: str, sign: Sign) -> dict[str, str]:
    """Return the headers that answers and callbacks carry (section 8.3).

    Args:
        body: The bytes that are sent.
        domain: The domain that the certificate is issued for.
        sign: Signs them; the key is the server's.
    """
    return {
        "X-OpenDSR-Processor-Domain": domain,
        "X-OpenDSR-Signature": b64encode(sign(body)).decode("ascii"),
    }


def rfc3339(at: datetime) -> str:
    """Return an instant as RFC 3339 writes it.

    Examples:
        >>> rfc3339(datetime(2026, 1, 1, tzinfo=UTC))
        '2026-01-01T00:00:00Z'
    """
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


# -------------------------------------------------------------------------------------------------------------- inside


def _named(reader: Reader, identities: Iterable[OpenDSRIdentity], sources: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what a request names as kinds and values; a hash names those whose normalised value has it."""
    for each in identities:
        ids = sources if each.identity_type == "controller_customer_id" else ()
        for kind in (KINDS[each.identity_type], *ids):
            if each.identity_format == "raw":
                yield kind, each.identity_value
            else:
                yield f"{KINDS[each.identity_type]}.{each.identity_format}", each.identity_value.lower()
                values = _ids_of(reader, kind) if kind in ids else _values_of(reader, kind)
                yield from ((kind, value) for value in hashed_to(values, each.identity_value, each.identity_format))


def hashed_to(values: Iterable[str], digest: str, form: IdentityFormat) -> Iterator[str]:
    """Yield those of `values` whose hash is `digest`.

    Examples:
        >>> list(hashed_to(["a@example.com", "b@example.com"], "B418773A2C51FB9777A1648346FA7394", "md5"))
        ['a@example.com']
    """
    wanted = digest.lower()
    return (each for each in values if hashlib.new(form, each.encode(), usedforsecurity=False).hexdigest() == wanted)


def _values_of(reader: Reader, kind: str) -> Iterator[str]:
    for batch in reader.batches("identifiers", columns=["value"], where=[Where("kind", "==", kind)]):
        yield from batch["value"].drop_nulls().unique()


def _ids_of(reader: Reader, source: str) -> Iterator[str]:
    for batch in reader.batches("records", columns=["source_id"], where=[Where("source", "==", source)]):
        yield from batch["source_id"].unique()
