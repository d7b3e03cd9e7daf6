"""Whose a record is, asked without storing it."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.errors import ConfigurationError, ConsentError
from unified_customer.hub import Identification
from unified_customer.hub.identifying import Identifying
from unified_customer.identity.matching.matcher import Matcher
from unified_customer.testing.matching_strategies import invented_records

FIELDS = ("given_name", "family_name", "birth_date", "email", "phone", "street", "city", "postcode")
MAPPING = uc.Mapping(
    table="records", key="record_id", fields={field: field for field in FIELDS}, identifiers={"loyalty_id": "card"}
)


def people() -> pl.DataFrame:
    records = invented_records(80, seed=3).with_row_index("number")
    return records.with_columns(card=pl.when(pl.col("number") % 9 == 0).then(pl.format("L{}", 7000 + pl.col("number"))))


def a_hub(policy: uc.Policy | None = None, **kwargs: object) -> uc.CustomerHub:
    hub = uc.CustomerHub(
        policy=policy or uc.Policy.quickstart(),
        keys=uc.MemoryKeyProvider(b"k" * 32),
        identity=uc.MatchedIdentity(matcher=Matcher(seed=1)),
        **kwargs,  # type: ignore[arg-type]  # options of many types
    )
    for source, part in people().sort("record_id").partition_by("source", as_dict=True).items():
        hub.load(uc.source("dataframe", part, table="records", name=str(source[0]), mapping=MAPPING))
    hub.resolve()
    return hub


@pytest.fixture(scope="module")
def hub() -> Iterator[uc.CustomerHub]:
    with a_hub() as hub:
        yield hub


def customer(hub: uc.CustomerHub) -> dict[str, object]:
    """Return a customer of whom much is known."""
    full = pl.all_horizontal(pl.col(*FIELDS).exclude("phone").is_not_null())
    known = hub.customers(purpose="essential.service").filter(full & pl.col("email").is_unique())
    return known.row(0, named=True)


def test_an_identifier_names_the_customer(hub: uc.CustomerHub) -> None:
    known = customer(hub)
    found = hub.identify({"email": str(known["email"]).upper()})
    assert found == Identification(str(known["customer_id"]), 1.0, "exact:email")


def test_a_strong_identifier_comes_first(hub: uc.CustomerHub) -> None:
    rows = hub.read("identifiers", purpose="essential.service").filter(kind="loyalty_id")
    card = rows.row(0, named=True)
    other = customer(hub)
    found = hub.identify({"email": str(other["email"])}, identifiers={"loyalty_id": f" {card['value']} "})
    assert (found.customer_id, found.reason) == (card["customer_id"], "exact:loyalty_id")


def test_without_an_identifier_the_rest_says_who_it_is(hub: uc.CustomerHub) -> None:
    known = customer(hub)
    said = {name: known[name] for name in FIELDS if name not in {"email", "phone"}}
    found = hub.identify(said | {"given_name": f"{known['given_name']}e"})
    assert (found.customer_id, found.reason) == (known["customer_id"], "match")
    assert 0.9 < found.probability <= 1
    assert found.because[0].bits > 0
    assert {each.field for each in found.because} <= {*FIELDS}


def test_a_date_may_be_written_out(hub: uc.CustomerHub) -> None:
    known = customer(hub)
    said = {name: known[name] for name in FIELDS if name != "phone"}
    assert isinstance(said["birth_date"], date)
    assert hub.identify(said | {"birth_date": said["birth_date"].isoformat()}) == hub.identify(said)


def test_who_says_another_name_is_not_the_owner_of_a_mailbox(hub: uc.CustomerHub) -> None:
    known = customer(hub)
    said = {"email": known["email"], "given_name": "Zebedee", "family_name": "Quux", "birth_date": "1911-11-11"}
    assert hub.identify(said).reason != "exact:email"
    assert hub.identify(said).customer_id is None


def test_somebody_new_is_nobody(hub: uc.CustomerHub) -> None:
    said = {"given_name": "Zebedee", "family_name": "Quux", "birth_date": "1911-11-11", "email": "zq@nowhere.example"}
    found = hub.identify(said)
    assert found.customer_id is None
    assert found.reason in {"unknown", "unlikely"}
    assert hub.identify({}) == Identification()


def test_a_record_that_was_left_out_is_identified_as_it_would_be_resolved() -> None:
    rows = people().filter(pl.col("card").is_null())
    held_back = rows.sample(40, seed=5)
    with uc.CustomerHub(
        policy=uc.Policy.quickstart(),
        keys=uc.MemoryKeyProvider(b"k" * 32),
        identity=uc.MatchedIdentity(matcher=Matcher(seed=1)),
    ) as hub:
        known = rows.join(held_back, on="record_id", how="anti")
        hub.load(uc.source("dataframe", known, table="records", name="all", mapping=MAPPING))
        hub.resolve()
        truth = dict(known.select("record_id", "cluster_id").iter_rows())
        owners = hub.identity.crosswalk().filter(kind="source_id").select("customer_id", "id")
        person = {owner: truth[record] for owner, record in owners.iter_rows()}
        said = held_back.select(*FIELDS, "cluster_id").rows(named=True)
        answers = [(row.pop("cluster_id"), hub.identify(row).customer_id) for row in said]
    right = sum(truth == person[found] for truth, found in answers if found is not None)
    assert right / sum(found is not None for _, found in answers) > 0.95
    expected = sum(truth in person.values() for truth, _ in answers)
    assert right / expected > 0.9


def test_a_customer_whom_the_purpose_may_not_see_is_as_good_as_unknown() -> None:
    with a_hub(uc.Policy(bases={"essential.service": "contract"}, resolve_purpose="essential.service")) as hub:
        known = customer(hub)
        said = {name: known[name] for name in FIELDS}
        assert hub.identify(said).customer_id == known["customer_id"]
        assert hub.identify(said, purpose="marketing") == Identification()
        last = hub.audit.entries(purpose="marketing").row(-1, named=True)
        assert (last["action"], last["withheld_people"], last["customer_id"]) == ("identify", 1, None)


def test_who_objected_is_as_good_as_unknown() -> None:
    with a_hub(uc.Policy.quickstart()) as hub:
        known = customer(hub)
        said = {name: known[name] for name in FIELDS}
        for asked in (said, {**said, "email": None}):
            assert hub.identify(asked, purpose="analytics").customer_id == known["customer_id"]
        hub.consent.record("analytics", "objected", customer_id=str(known["customer_id"]))
        for asked in (said, {**said, "email": None}):
            assert hub.identify(asked, purpose="analytics") == Identification()


def test_what_the_last_resolution_learned_is_not_learned_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with a_hub() as hub:
        known = customer(hub)
        monkeypatch.delattr(Matcher, "fit")
        hub.prepare()
        assert hub.identify({name: known[name] for name in FIELDS}).customer_id == known["customer_id"]


def test_what_was_read_before_a_resolution_does_not_outlast_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with a_hub() as hub:
        known, read = customer(hub), Identifying._read

        def resolved_meanwhile(self: Identifying, *args: Any) -> Any:
            monkeypatch.setattr(Identifying, "_read", read)
            found = read(self, *args)
            self._renewed += 1
            return found

        monkeypatch.setattr(Identifying, "_read", resolved_meanwhile)
        assert hub.identify({"email": known["email"]}).customer_id == known["customer_id"]
        assert hub._identifying._at_hand is None
        assert hub.identify({"email": known["email"]}).customer_id == known["customer_id"]
        assert hub._identifying._at_hand is not None


def test_who_was_erased_is_known_no_more() -> None:
    with a_hub() as hub:
        known = customer(hub)
        said = {name: known[name] for name in FIELDS}
        assert hub.identify(said).customer_id == known["customer_id"]
        hub.rights.erase(str(known["customer_id"]))
        assert hub.identify(said).customer_id != known["customer_id"]
        assert hub.identify({"email": known["email"]}).customer_id is None


def test_after_a_merge_the_answer_is_the_merged_customer() -> None:
    with a_hub() as hub:
        first = customer(hub)
        other = hub.customers(purpose="essential.service").filter(pl.col("customer_id") != first["customer_id"])
        hub.prepare()
        merged = hub.merge(str(first["customer_id"]), other["customer_id"][0])
        assert hub.identify({name: first[name] for name in FIELDS}).customer_id == merged


def test_each_question_is_in_the_audit_without_a_value(hub: uc.CustomerHub) -> None:
    known = customer(hub)
    hub.identify({"email": known["email"]}, actor=uc.Actor(id="till"))
    entry = hub.audit.entries(actor="till").row(-1, named=True)
    assert (entry["action"], entry["customer_id"]) == ("identify", known["customer_id"])
    assert str(known["email"]) not in str(entry)


def test_a_field_that_records_do_not_have_is_refused(hub: uc.CustomerHub) -> None:
    with pytest.raises(ConfigurationError, match="no field mail"):
        hub.identify({"mail": "ann@example.com"})


@pytest.mark.parametrize(
    "record", [{"given_name": 5}, {"postcode": 1067}, {"birth_date": 1970}, {"email": ["a@x.org"]}]
)
def test_a_value_that_is_no_text_is_refused_without_it(hub: uc.CustomerHub, record: dict[str, object]) -> None:
    (field, value) = next(iter(record.items()))
    with pytest.raises(ConfigurationError, match=field) as raised:
        hub.identify(record)
    assert str(value) not in str(raised.value)


def test_who_may_not_use_a_purpose_may_not_ask(hub: uc.CustomerHub) -> None:
    policy = uc.Policy.quickstart()
    assert policy.resolve_purpose
    with pytest.raises((ConsentError, ConfigurationError)):
        hub.identify({"email": "ann@example.com"}, purpose="no such purpose")


def test_a_hub_of_exact_identifiers_answers_by_identifiers_alone() -> None:
    rows = pl.DataFrame({"record_id": ["1", "2"], "email": ["ann@example.com", "bob@example.com"]})
    mapping = uc.Mapping(table="records", key="record_id", fields={"email": "email"})
    with uc.CustomerHub(policy=uc.Policy.quickstart(), keys=uc.MemoryKeyProvider(b"k" * 32)) as hub:
        assert hub.identify({"email": "ann@example.com"}) == Identification()
        hub.load(uc.source("dataframe", rows, table="records", name="crm", mapping=mapping))
        hub.resolve()
        assert hub.identify({"email": "ann@example.com"}).reason == "exact:email"
        assert hub.identify({"email": "cy@example.com", "given_name": "Ann"}) == Identification()
