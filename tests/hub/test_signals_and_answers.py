"""Signals in columns, and answers of a preference centre, as far as the door: what is read after they were loaded."""

from collections.abc import Callable

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
