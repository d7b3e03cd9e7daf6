"""OpenDSR 2.0 in and out: the specification's own example, hashed identities, statuses, cancellation."""

import hashlib
import json
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.errors import ConfigurationError, RequestStateError, UnknownRequestError
from unified_customer.governance.requests import opendsr

START = datetime(2018, 10, 2, 15, 0, 1, tzinfo=UTC)
ID = "a7551968-d5d6-44b2-9831-815ac9017798"
ANN = "ann@example.com"


@pytest.fixture
def hub() -> Iterator[uc.CustomerHub]:
    ticks = count()
    with uc.CustomerHub(clock=lambda: START + timedelta(seconds=next(ticks))) as made:
        frame = pl.DataFrame({"id": ["1", "2"], "mail": ["Ann@Example.com", "bob@example.com"], "ad": ["AD-1", "AD-2"]})
        mapping = uc.Mapping(
            table="records", key="id", fields={"email": "mail"}, identifiers={"ios.idfa": "ad", "user_id": "id"}
        )
        made.load(uc.source("dataframe", frame, table="records", name="crm", mapping=mapping))
        made.resolve()
        yield made


def sent(value: str = ANN, kind: str = "email", form: str = "raw", **more: Any) -> dict[str, Any]:
    """The example of section 7.2 of the specification, about one identity."""
    return {
        "regulation": "gdpr",
        "subject_request_id": ID,
        "subject_request_type": "erasure",
        "submitted_time": "2018-10-02T15:00:00Z",
        "subject_identities": [{"identity_type": kind, "identity_value": value, "identity_format": form}],
        "api_version": "2.0",
        "status_callback_urls": ["https://examplecontroller.com/opendsr/callbacks"],
        "extensions": {"example-other-processor.com": {"foo-other-processor-custom-id": 654321}},
        **more,
    }


def of(hub: uc.CustomerHub, mail: str = ANN) -> str:
    found = hub._store.read("customers", columns=["customer_id", "email"])
    return str(found.filter(email=mail)["customer_id"].item())


def test_the_example_of_the_specification_is_taken_in_and_answered(hub: uc.CustomerHub) -> None:
    body = json.dumps(sent()).encode()
    state = hub.rights.requests.receive_opendsr(body)
    answer = opendsr.created_body(state, body, controller_id="c-1")
    assert b64decode(answer.pop("encoded_request")) == body
    received = answer.pop("received_time")
    assert datetime.fromisoformat(received) >= START
    assert answer == {
        "controller_id": "c-1",
        "expected_completion_time": "2018-11-02T15:00:00Z",
        "subject_request_id": ID,
    }
    assert (state.right, state.regime, state.customer_id) == ("erasure", "gdpr", of(hub))


@pytest.mark.parametrize("form", ["sha1", "md5", "sha256"])
def test_a_hash_finds_whose_normalised_value_has_it(hub: uc.CustomerHub, form: str) -> None:
    digest = hashlib.new(form, ANN.encode()).hexdigest().upper()
    assert hub.rights.requests.receive_opendsr(sent(digest, form=form)).customer_id == of(hub)
    other = hashlib.new(form, b"Ann@Example.com").hexdigest()
    assert hub.rights.requests.receive_opendsr(sent(other, form=form)).customer_id is None


@pytest.mark.parametrize(
    ("kind", "value", "sources"),
    [
        ("ios_advertising_id", "AD-1", ()),
        ("controller_customer_id", "1", ()),
        ("controller_customer_id", "1", ("crm",)),
    ],
)
def test_other_identities_find_the_customer(
    hub: uc.CustomerHub, kind: str, value: str, sources: tuple[str, ...]
) -> None:
    state = hub.rights.requests.receive_opendsr(sent(value, kind), sources=sources)
    hashed = hashlib.sha256(value.encode()).hexdigest()
    again = hub.rights.requests.receive_opendsr(sent(hashed, kind, "sha256"), sources=sources)
    assert state.customer_id == again.customer_id == of(hub)


def test_every_identity_type_of_the_specification_can_be_sent(hub: uc.CustomerHub) -> None:
    for kind in opendsr.KINDS:
        value = ANN if kind == "email" else "x-1"
        assert hub.rights.requests.receive_opendsr(sent(value, kind)).status == "received"


@pytest.mark.parametrize(
    "fault",
    [
        {"subject_request_id": ID.upper()},
        {"subject_request_id": "1"},
        {"subject_request_type": "amnesty"},
        {"subject_identities": []},
        {"subject_identities": [{"identity_type": "email", "identity_value": ANN}]},
        {"subject_identities": [{"identity_type": "shoe", "identity_value": ANN, "identity_format": "raw"}]},
        {"submitted_time": "yesterday"},
        {"submitted_time": "2018-10-02T15:00:00"},
        {"regulation": "lgpd"},
        {"api_version": "3.0"},
    ],
)
def test_what_is_no_such_request_is_refused_without_quoting_it(hub: uc.CustomerHub, fault: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        hub.rights.requests.receive_opendsr(sent(**fault))
    told = json.dumps(opendsr.error_body(caught.value))
    assert ANN not in told
    assert next(iter(fault)) in told


@pytest.mark.parametrize("body", ["{", b"\xff", "[]", "3"])
def test_what_is_no_json_object_is_refused(hub: uc.CustomerHub, body: str | bytes) -> None:
    with pytest.raises(ConfigurationError, match="OpenDSR request"):
        hub.rights.requests.receive_opendsr(body)


def test_a_request_that_comes_twice_is_one(hub: uc.CustomerHub) -> None:
    assert hub.rights.requests.receive_opendsr(sent()) == hub.rights.requests.receive_opendsr(sent())
    assert hub.rights.requests.find().height == 1


def test_a_request_without_a_regulation_is_one_of_version_1(hub: uc.CustomerHub) -> None:
    body = sent(api_version="1.0")
    del body["regulation"]
    assert hub.rights.requests.receive_opendsr(body).regime is None


def test_a_clock_that_is_ahead_elsewhere_leaves_no_more_time(hub: uc.CustomerHub) -> None:
    state = hub.rights.requests.receive_opendsr(sent(submitted_time="2030-01-01T00:00:00+02:00"))
    assert state.due_at < START + timedelta(days=32)


STATUSES = {
    "received": "pending", "identity_unverified": "pending", "in_progress": "in_progress", "extended": "in_progress",
    "failed": "in_progress", "fulfilled": "completed", "denied": "cancelled", "revoked": "cancelled",
    "expired": "cancelled",
}  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs"), STATUSES.items())
def test_every_state_has_a_status(hub: uc.CustomerHub, ours: Any, theirs: str) -> None:
    state = hub.rights.requests.receive_opendsr(sent()).model_copy(update={"status": ours})
    body = opendsr.status_body(state, controller_id="c-1", results_count=3)
    assert body == {
        "controller_id": "c-1",
        "expected_completion_time": "2018-11-02T15:00:00Z",
        "subject_request_id": ID,
        "request_status": theirs,
        "api_version": "2.0",
        "results_count": 3,
    }


def test_a_callback_goes_to_every_url(hub: uc.CustomerHub) -> None:
    state = hub.rights.requests.receive_opendsr(sent())
    ((url, body),) = opendsr.callback_bodies(state, controller_id="c-1", results_url="https://p.example/r").items()
    assert url == body["status_callback_url"] == "https://examplecontroller.com/opendsr/callbacks"
    assert set(body) == {
        "controller_id", "status_callback_url", "subject_request_id", "request_status", "expected_completion_time",
        "results_url",
    }  # fmt: skip


def test_a_request_is_cancelled_while_it_is_pending_only(hub: uc.CustomerHub) -> None:
    state = hub.rights.requests.receive_opendsr(sent(), verified=True)
    hub.rights.requests.approve(state.request_id)
    with pytest.raises(RequestStateError, match="in_progress"):
        hub.rights.requests.cancel_opendsr(ID)
    with pytest.raises(UnknownRequestError):
        hub.rights.requests.cancel_opendsr(ID.replace("a", "b"))
    other = hub.rights.requests.receive_opendsr(sent(subject_request_id=ID.replace("a", "b")))
    cancelled = hub.rights.requests.cancel_opendsr(str(other.external_id))
    answer = opendsr.cancelled_body(cancelled, controller_id="c-1")
    assert (opendsr.status_of(cancelled), answer["subject_request_id"]) == ("cancelled", other.external_id)
    assert datetime.fromisoformat(answer["received_time"]) > START


def test_a_verified_request_is_carried_out(hub: uc.CustomerHub) -> None:
    state = hub.rights.requests.receive_opendsr(sent(), verified=True)
    done = hub.rights.requests.fulfil(state.request_id)
    assert opendsr.status_of(done.state) == "completed"
    assert hub._store.read("customers")["email"].to_list() == ["bob@example.com"]


def test_the_discovery_document_names_what_is_understood() -> None:
    document = opendsr.discovery_body("https://p.example/cert.pem", types=["erasure"])
    assert set(document) == {
        "api_version", "supported_identities", "supported_subject_request_types", "processor_certificate",
    }  # fmt: skip
    assert {"identity_type": "email", "identity_format": "sha256"} in document["supported_identities"]
    assert len(document["supported_identities"]) == 44


def test_answers_are_signed_by_the_server() -> None:
    headers = opendsr.signed_headers(b"{}", domain="p.example", sign=lambda body: hashlib.sha256(body).digest())
    assert headers["X-OpenDSR-Processor-Domain"] == "p.example"
    assert b64decode(headers["X-OpenDSR-Signature"]) == hashlib.sha256(b"{}").digest()
