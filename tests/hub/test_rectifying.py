"""What people state about themselves survives whatever sources say, and joins nobody."""

from collections.abc import Callable
from datetime import date
from itertools import permutations
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.connectors import BoundSource
from unified_customer.core.errors import ConfigurationError, RequestStateError, UnknownCustomerError
from unified_customer.core.kinds import STATED
from unified_customer.hub.restating import STATABLE
from unified_customer.identity import Survivorship

NewHub = Callable[..., uc.CustomerHub]
Stored = Callable[[uc.CustomerHub, str], pl.DataFrame]

FIELDS = {
    "email": "mail", "given_name": "first", "family_name": "last", "birth_date": "born", "street": "street",
    "city": "city", "country": "country",
}  # fmt: skip
MAPPING = uc.Mapping(table="records", key="id", fields=FIELDS, observed_at="seen")
ANN = {"id": "1", "mail": "ann@example.com", "first": "Ann", "last": "Lee", "street": "1 Elm St", "city": "Leeds"}
BOB = {"id": "2", "mail": "bob@example.com", "first": "Bob", "last": "Ray"}


def source(*rows: dict[str, str], name: str = "crm") -> BoundSource:
    blank = dict.fromkeys(("id", "seen", *FIELDS.values()))
    frame = pl.DataFrame([{**blank, **row} for row in rows], schema=dict.fromkeys(blank, pl.String))
    return uc.source("dataframe", frame, table="records", name=name, mapping=MAPPING)


@pytest.fixture
def known(hub: uc.CustomerHub) -> uc.CustomerHub:
    hub.load(source(ANN, BOB))
    hub.resolve()
    return hub


def who(hub: uc.CustomerHub, name: str = "Ann") -> str:
    people = hub.customers(purpose="analytics", columns=["given_name"])
    return str(people.filter(pl.col("given_name") == name)["customer_id"].item())


def golden(hub: uc.CustomerHub, customer_id: str, *fields: str) -> Any:
    people = hub.customers(purpose="analytics").filter(pl.col("customer_id") == customer_id)
    row = people.select(fields).row(0)
    return row if len(fields) > 1 else row[0]


def test_what_is_stated_shows_at_once_and_says_where_it_is_from(known: uc.CustomerHub) -> None:
    ann = who(known)
    done = known.rights.rectify(ann, {"birth_date": date(1990, 1, 2), "email": "Ann.Lee@Example.org"})
    assert (done.customer_id, done.fields) == (ann, ("birth_date", "email"))
    assert golden(known, ann, "birth_date", "email") == (date(1990, 1, 2), "ann.lee@example.org")
    profile = known.profile(ann, purpose="analytics")
    assert profile.fields["email"].source == STATED


def test_it_survives_what_comes_later_and_resolutions(known: uc.CustomerHub) -> None:
    ann = who(known)
    known.rights.rectify(ann, {"family_name": "Lie"})
    known.load(source({**ANN, "last": "Leigh", "seen": "2030-01-01T00:00:00Z"}, name="shop"))
    report = known.resolve()
    assert (report.customers, golden(known, ann, "given_name", "family_name", "full_name")) == (
        2, ("Ann", "Lie", "Ann Lie"),
    )  # fmt: skip


@pytest.mark.parametrize("rule", ["most_recent", "most_trusted", "most_frequent", "longest"])
def test_it_survives_under_every_rule(new_hub: NewHub, rule: Any) -> None:
    with new_hub(survivorship=Survivorship(default=rule, trusted=("crm",))) as hub:
        hub.load(source({**ANN, "city": "Leeds upon Aire"}))
        hub.load(source({**ANN, "id": "7", "city": "Leeds upon Aire"}, name="shop"))
        hub.resolve()
        hub.rights.rectify(who(hub), {"city": "York"})
        hub.resolve()
        assert golden(hub, who(hub), "city", "street") == ("York", "1 Elm St")


def test_the_last_word_of_the_person_counts(known: uc.CustomerHub) -> None:
    ann = who(known)
    for city in ("York", "Hull"):
        known.rights.rectify(ann, {"city": city})
    known.rights.rectify(ann, {"birth_date": "1990-01-02"})
    known.resolve()
    assert golden(known, ann, "city", "street", "birth_date") == ("Hull", "1 Elm St", date(1990, 1, 2))


def test_a_whole_name_states_its_parts(known: uc.CustomerHub) -> None:
    ann = who(known)
    known.rights.rectify(ann, {"full_name": "Anna Maria Lie"})
    assert golden(known, ann, "given_name", "family_name", "full_name") == ("Anna", "Lie", "Anna Maria Lie")


def test_a_person_without_a_family_name_may_say_so(known: uc.CustomerHub) -> None:
    known.rights.rectify(who(known, "Bob"), {"full_name": "Bobby"})
    known.resolve()
    assert golden(known, who(known, "Bobby"), "full_name", "family_name") == ("Bobby", None)


def test_an_address_of_somebody_else_joins_nobody(known: uc.CustomerHub, stored: Stored) -> None:
    ann = who(known)
    known.rights.rectify(ann, {"email": "bob@example.com"})
    assert known.resolve().customers == 2
    assert golden(known, ann, "email") == "bob@example.com"
    assert STATED not in stored(known, "identifiers")["source"].to_list()


def test_a_new_address_finds_the_person(known: uc.CustomerHub) -> None:
    ann = who(known)
    known.rights.rectify(ann, {"email": "lie@example.org"})
    assert known.rights.requests.receive("access", identifiers={"email": "lie@example.org"}).customer_id == ann


def test_history_keeps_what_sources_said(known: uc.CustomerHub, stored: Stored) -> None:
    known.rights.rectify(who(known), {"family_name": "Lie"})
    assert sorted(stored(known, "records")["family_name"].drop_nulls()) == ["Lee", "Lie", "Ray"]


def test_the_statement_stays_with_the_person_through_merge_and_split(known: uc.CustomerHub) -> None:
    ann, bob = who(known), who(known, "Bob")
    known.rights.rectify(bob, {"city": "York"})
    merged = known.merge(ann, bob)
    assert golden(known, merged, "city") == "York"
    records = [each for each in (bob, known.rights.rectify(merged, {"city": "Hull"}).record_id) if each == bob]
    left = known.split(merged, records)
    assert golden(known, merged, "city") == "Hull"
    done = known.rights.rectify(left, {"city": "Bath"})
    known.resolve()
    assert known.identity.customer_of(done.record_id) == left
    assert (golden(known, left, "city"), golden(known, merged, "city")) == ("Bath", "Hull")


def test_it_goes_with_the_person(known: uc.CustomerHub, stored: Stored) -> None:
    ann = who(known)
    known.rights.rectify(ann, {"city": "York"})
    known.rights.erase(ann)
    assert "York" not in str(stored(known, "records").rows())
    with pytest.raises(UnknownCustomerError):
        known.rights.rectify(ann, {"city": "York"})


@pytest.mark.slow
def test_the_order_of_statements_and_deliveries_does_not_matter(new_hub: NewHub) -> None:
    shop = source({**ANN, "id": "7", "last": "Leigh", "seen": "2025-06-01T00:00:00Z"}, name="shop")
    crm = source({**ANN, "seen": "2025-07-01T00:00:00Z"})
    web = source({**ANN, "id": "9", "last": "Lea", "seen": "2025-08-01T00:00:00Z"}, name="web")
    seen = set()
    for first, *others in permutations([shop, crm, web]):
        with new_hub() as hub:
            hub.load(first)
            hub.resolve()
            hub.rights.rectify(who(hub), {"family_name": "Lie"})
            for each in others:
                hub.load(each)
            hub.resolve()
            seen.add(tuple(golden(hub, who(hub), "given_name", "family_name", "email", "street")))
    assert seen == {("Ann", "Lie", "ann@example.com", "1 Elm St")}


def test_a_request_is_closed_by_it(known: uc.CustomerHub) -> None:
    ann = who(known)
    request = known.rights.requests.receive("rectification", identifiers={"email": "ann@example.com"}, verified=True)
    with pytest.raises(ConfigurationError, match="fields="):
        known.rights.requests.fulfil(request.request_id)
    with pytest.raises(RequestStateError, match="of this customer"):
        known.rights.rectify(who(known, "Bob"), {"city": "York"}, request_id=request.request_id)
    known.rights.rectify(ann, {"city": "York"}, request_id=request.request_id)
    assert known.rights.requests.status(request.request_id).status == "fulfilled"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"traits": "{}"},
        {"shoe_size": "42"},
        {"city": " "},
        {"city": None},
        {"email": "no address"},
        {"birth_date": "yesterday"},
        {"birth_date": "1999-99-99"},
        {"birth_date": date(2031, 1, 1)},
        {"country": "Atlantis"},
    ],
)
def test_what_cannot_be_a_value_is_refused_and_changes_nothing(
    known: uc.CustomerHub, stored: Stored, fields: dict[str, Any]
) -> None:
    before = stored(known, "records").height, stored(known, "audit").height
    ann = who(known)
    with pytest.raises(ConfigurationError) as caught:
        known.rights.rectify(ann, fields)
    assert not any(str(value) in str(caught.value) for value in fields.values() if value not in {None, "{}", " "})
    assert stored(known, "records").height == before[0]
    assert "rectify" not in stored(known, "audit")["action"].to_list()


def test_the_audit_names_fields_and_no_values(known: uc.CustomerHub) -> None:
    known.rights.rectify(who(known), {"family_name": "Lie"}, actor=uc.Actor(id="kim"))
    (entry,) = known.audit.entries(actor="kim").rows(named=True)
    assert (entry["action"], "family_name" in entry["detail"], "Lie" in entry["detail"]) == ("rectify", True, False)


def test_no_source_can_speak_for_people(known: uc.CustomerHub) -> None:
    with pytest.raises(ConfigurationError, match="No source can be called 'rights'"):
        known.load(source(ANN, name=STATED))


def test_every_field_but_the_traits_can_be_stated(known: uc.CustomerHub) -> None:
    assert set(FIELDS) < set(STATABLE)
    known.rights.rectify(who(known), {"language": "en", "job_title": "Judge", "website": "https://lie.example"})
    assert golden(known, who(known), "language", "job_title", "website") == ("en", "Judge", "https://lie.example")
