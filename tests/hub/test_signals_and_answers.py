"""Signals in columns, and answers of a preference centre, as far as the door: what is read after they were loaded."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.connectors import Statement
from unified_customer.core.errors import ConfigurationError

NewHub = Callable[..., uc.CustomerHub]
Stored = Callable[[uc.CustomerHub, str], pl.DataFrame]

SALE = "third_party_sharing"
POLICY = uc.Policy(bases={SALE: "legitimate_interests", "sales": "legitimate_interests"}, gpc=("sales",))
VISITS = uc.Mapping(
    table="records",
    key=["id"],
    observed_at="at",
    fields={"email": "mail"},
    consents=[Statement(column="sec_gpc", signal="gpc", about="email")],
)
FRAME = pl.DataFrame(
    {
        "id": ["1", "2"],
        "mail": ["ann@example.com", "bob@example.com"],
        "at": ["2025-01-01T00:00:00Z"] * 2,
        "sec_gpc": ["1", "0"],
    }
)


def test_a_column_of_the_header_objects_to_what_the_policy_names(new_hub: NewHub) -> None:
    hub = new_hub(policy=POLICY)
    hub.load(uc.source("dataframe", FRAME, table="records", name="web", mapping=VISITS))
    hub.resolve()
    assert hub.customers(purpose="sales")["email"].to_list() == ["bob@example.com"]
    assert hub.customers(purpose=SALE).height == 2


def test_purposes_of_opt_outs_that_nobody_knows_are_refused(hub: uc.CustomerHub) -> None:
    rule = Statement(column="sec_gpc", signal="gpc", opt_out=["sale"])
    mapping = VISITS.model_copy(update={"consents": (rule,)})
    with pytest.raises(ConfigurationError, match="There is no purpose 'sale'"):
        hub.load(uc.source("dataframe", FRAME, table="records", name="web", mapping=mapping))


def test_an_unreadable_string_waits_in_quarantine_until_the_mapping_is_mended(new_hub: NewHub, stored: Stored) -> None:
    hub = new_hub(policy=POLICY)
    rule = Statement(column="usp", signal="us_privacy", about="email")
    mapping = VISITS.model_copy(update={"consents": (rule,)})
    frame = FRAME.drop("sec_gpc").with_columns(usp=pl.Series(["1YYN", "opted out"]))
    report = hub.load(uc.source("dataframe", frame, table="records", name="web", mapping=mapping))
    assert report.reasons == {"usp: unreadable_signal": 1}
    said = stored(hub, "consents")
    assert said.select("purpose", "status", "evidence").rows() == [("sales", "objected", "us_privacy 1YYN")]
    words = Statement(column="usp", purpose="sales", values={"opted out": "objected"}, about="email")
    mended = mapping.model_copy(update={"consents": (words,)})
    again = hub.replay_quarantine(uc.source("dataframe", frame, table="records", name="web", mapping=mended))
    assert again.accepted == 1
    assert stored(hub, "consents").height == 2


def test_answers_of_a_preference_centre_open_and_close_the_door(new_hub: NewHub) -> None:
    hub = new_hub(policy=uc.Policy())
    people = uc.Mapping(table="records", key=["id"], fields={"email": "mail"})
    hub.load(uc.source("dataframe", FRAME.select("id", "mail"), table="records", name="shop", mapping=people))
    answers = uc.Mapping(
        table="answers",
        key=["no"],
        person=["id"],
        fields={
            "instrument": {"constant": "preferences"},
            "question": "question",
            "text": "answer",
            "answered_at": "at",
        },
        consents=[
            Statement(
                column="answer",
                purpose="marketing.communications.email",
                values={"yes": "granted", "no": "withdrawn"},
                where={"question": "newsletter"},
            )
        ],
    )
    given = pl.DataFrame(
        {
            "no": ["1", "2", "3"],
            "id": ["1", "2", "2"],
            "question": ["newsletter"] * 3,
            "answer": ["yes", "yes", "no"],
            "at": ["2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z"],
        }
    )
    hub.load(uc.source("dataframe", given, table="answers", name="shop", mapping=answers))
    hub.resolve()
    assert hub.customers(purpose="marketing.communications.email")["email"].to_list() == ["ann@example.com"]


EMAIL = "marketing.communications.email"
RULE = {
    "column": "answer",
    "purpose": EMAIL,
    "values": {"yes": "granted", "no": "withdrawn", "later": "nothing"},
    "where": {"question": "newsletter"},
}


def message(number: int, answer: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Preference Stated",
        "messageId": f"m{number}",
        "timestamp": f"2025-01-0{number}T00:00:00Z",
        "userId": "u",
        "properties": {"question": "newsletter", "value": answer},
        **more,
    }


def messages(folder: Path, *told: dict[str, Any], **options: Any) -> uc.connectors.BoundSource:
    (folder / "web.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in told), encoding="utf-8")
    return uc.source("jsonl", folder / "web.jsonl", table="events", name="web", **options)


def test_answers_in_events_open_and_close_the_door(new_hub: NewHub, tmp_path: Path) -> None:
    hub = new_hub(policy=uc.Policy())
    told = [message(1, "no", anonymousId="phone"), message(2, "yes", anonymousId="laptop")]
    hub.load(messages(tmp_path, *told, consents=[RULE]))
    hub.resolve()
    assert hub.customers(purpose=EMAIL).height == 1, "a later word of the same user, from another device"
    hub.load(messages(tmp_path, *told, message(3, "no"), consents=[RULE]))
    assert hub.consent.coverage(EMAIL).allowed == 0


def test_a_rule_that_is_given_later_reads_what_was_loaded_before(
    new_hub: NewHub, stored: Stored, tmp_path: Path
) -> None:
    hub = new_hub(policy=uc.Policy())
    context = {"context": {"consentManagement": {"allowedConsentIds": ["C1"]}}}
    told = message(1, "yes", **context)
    hub.load(messages(tmp_path, told))
    assert stored(hub, "consents").is_empty()
    hub.load(messages(tmp_path, told, consents=[RULE]))
    hub.load(messages(tmp_path, told, consents=[RULE], purposes={"C1": "analytics"}))
    assert stored(hub, "consents").select("purpose", "status").rows() == [(EMAIL, "granted"), ("analytics", "granted")]
    assert stored(hub, "events").height == 1


def test_loading_answers_twice_states_them_once(new_hub: NewHub, stored: Stored, tmp_path: Path) -> None:
    hub = new_hub(policy=uc.Policy())
    for _ in range(2):
        hub.load(messages(tmp_path, message(1, "yes"), consents=[RULE]))
        (tmp_path / "web.jsonl").unlink()
    assert stored(hub, "consents").height == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"column": "text"}, "is the column 'answer'"),
        ({"where": {"colour": "blue"}}, "where is about instrument"),
        ({"about": "email"}, "leave out signal"),
        ({"stated_at": "at"}, "leave out signal, stated_at"),
        ({"purpose": None, "values": {}, "signal": "gpc"}, "leave out signal"),
    ],
)
def test_a_rule_about_answers_that_cannot_be_meant_is_refused(tmp_path: Path, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        messages(tmp_path, consents=[{**RULE, **wrong}])


def test_a_rule_about_answers_names_a_purpose_that_is_known(hub: uc.CustomerHub, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="There is no purpose 'newsletters'"):
        hub.load(messages(tmp_path, message(1, "yes"), consents=[{**RULE, "purpose": "newsletters"}]))
