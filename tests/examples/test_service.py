"""The example service, over a real socket, with many callers at once."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import polars as pl
import pytest
import uvicorn

import unified_customer as uc
from examples.service.app import create
from unified_customer.testing.matching_strategies import invented_records

FIELDS = ("given_name", "family_name", "birth_date", "email", "street", "city", "postcode")
MAPPING = uc.Mapping(table="records", key="record_id", fields={field: field for field in FIELDS})
TOKENS = {"secret-of-the-till": uc.Actor(id="till"), "secret-of-the-page": uc.Actor(id="page")}
CALLERS, CALLS = 8, 15


def known_people() -> pl.DataFrame:
    return invented_records(60, seed=11).with_columns(pl.col("source").fill_null("crm"))


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> uc.CustomerHub:
    path = tmp_path_factory.mktemp("service") / "hub.duckdb"
    hub = uc.CustomerHub(f"duckdb:///{path}", policy=uc.Policy.quickstart(), identity=uc.MatchedIdentity())
    for (source,), part in known_people().partition_by("source", as_dict=True).items():
        hub.load(uc.source("dataframe", part, table="records", name=str(source), mapping=MAPPING))
    hub.resolve()
    return hub


@pytest.fixture(scope="module")
def url(hub: uc.CustomerHub) -> Iterator[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create(hub, TOKENS), log_level="warning", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.05)
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=30)


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with _client(url) as client:
        yield client


def _client(url: str, token: str = "secret-of-the-till") -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False)


def said(row: dict[str, Any]) -> dict[str, Any]:
    record = {name: row[name] for name in FIELDS if row[name] is not None}
    return {"record": record, "purpose": "essential.service"}


def owner(hub: uc.CustomerHub, record_id: str) -> str:
    ids = hub.identity.crosswalk().filter(kind="source_id", id=record_id)
    return str(ids["customer_id"].item())


@pytest.mark.slow
def test_many_callers_at_once_get_the_answer_that_one_gets(url: str, hub: uc.CustomerHub) -> None:
    rows = known_people().drop_nulls(["given_name", "family_name", "birth_date", "email"]).head(CALLS)
    wanted = {row["record_id"]: hub.identify(said(row)["record"]).customer_id for row in rows.iter_rows(named=True)}

    def call(number: int) -> list[tuple[str, int, str | None]]:
        token = list(TOKENS)[number % 2]
        with _client(url, token) as client:
            found = []
            for row in rows.sample(fraction=1, shuffle=True, seed=number).iter_rows(named=True):
                answer = client.post("/identify", json=said(row))
                found.append((row["record_id"], answer.status_code, answer.json().get("customer_id")))
                read = client.get(f"/customers/{answer.json()['customer_id']}", params={"purpose": "essential.service"})
                found.append((row["record_id"], read.status_code, read.json().get("customer_id")))
            return found

    with ThreadPoolExecutor(CALLERS) as pool:
        answers = [answer for found in pool.map(call, range(CALLERS)) for answer in found]
    assert len(answers) == CALLERS * 2 * rows.height
    assert all(status == 200 for _, status, _ in answers)
    assert all(found == wanted[record] for record, _, found in answers)
    asked = hub.audit.entries().filter(pl.col("action") == "identify", pl.col("actor").is_in(["till", "page"]))
    assert asked.height >= CALLERS * rows.height


def test_a_yes_and_a_no_count_from_the_next_call_on(client: httpx.Client, hub: uc.CustomerHub) -> None:
    emails = pl.col("email").is_unique() & pl.col("email").is_not_null()
    row = hub.customers(purpose="essential.service").filter(emails).row(0, named=True)
    path, purpose = f"/customers/{row['customer_id']}", {"purpose": "marketing"}
    about = {"kind": "email", "value": row["email"], "purpose": "marketing"}
    assert client.get(path, params=purpose).status_code == 403
    assert client.post("/consents", json=about | {"status": "granted"}).status_code == 201
    assert client.get(path, params=purpose).json()["fields"]["email"]["value"] == row["email"]
    asked = {"record": {"email": row["email"]}, "purpose": "marketing"}
    assert client.post("/identify", json=asked).json()["customer_id"] == row["customer_id"]
    assert client.post("/consents", json=about | {"status": "withdrawn"}).status_code == 201
    assert client.get(path, params=purpose).status_code == 403
    assert client.post("/identify", json=asked).json()["customer_id"] is None


def test_what_cannot_be_answered_says_why_and_names_nobody(client: httpx.Client, url: str) -> None:
    with httpx.Client(base_url=url, trust_env=False) as stranger:
        assert stranger.post("/identify", json={"purpose": "essential.service"}).status_code in {401, 403}
    with _client(url, "wrong") as stranger:
        assert stranger.post("/identify", json={"purpose": "essential.service"}).status_code == 401
    assert client.get("/customers/nobody", params={"purpose": "essential.service"}).status_code == 404
    wrong = client.post("/identify", json={"record": {"mail": "ann@example.com"}, "purpose": "essential.service"})
    assert wrong.status_code == 422
    assert "ann@example.com" not in wrong.text
    unread = client.post("/identify", json={"record": "ann@example.com", "purpose": "essential.service"})
    assert unread.status_code == 422
    assert unread.json()["detail"][0]["where"] == ["body", "record"]
    assert "ann@example.com" not in unread.text
