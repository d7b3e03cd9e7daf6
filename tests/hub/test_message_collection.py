"""Messages under the collection policy, through the hub."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.connectors import Batch, BoundSource
from unified_customer.connectors.collection import WITHHELD
from unified_customer.connectors.message_collection import collect_messages
from unified_customer.connectors.message_fields import message_category
from unified_customer.connectors.rejects import unread_rejects
from unified_customer.core.tables import TABLES
from unified_customer.policy.rules import DEFAULT_COLLECTION

NewHub = Callable[..., uc.CustomerHub]
Stored = Callable[[uc.CustomerHub, str], pl.DataFrame]
Message = dict[str, Any]

CARD = "4111111111111111"
TRACK: Message = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m1",
    "timestamp": "2025-01-01T00:00:00Z",
    "userId": "u1",
    "properties": {"order_id": "o1", "products": [{"product_id": "A", "quantity": 1, "price": 2.5}], "currency": "EUR"},
    "context": {
        "ip": "203.0.113.7",
        "device": {"id": "d7", "type": "ios", "token": "push-1", "adTrackingEnabled": True},
    },
}
IDENTIFY: Message = {
    "type": "identify",
    "messageId": "m2",
    "timestamp": "2025-01-01T00:00:00Z",
    "userId": "u1",
    "anonymousId": "v1",
    "traits": {"email": "ann@example.com", "firstName": "Ann", "address": {"city": "Bonn"}, "likes": "tea"},
}


def with_properties(**properties: Any) -> Message:
    return {**TRACK, "properties": {**TRACK["properties"], **properties}}


def source(path: Path, *lines: Message | str | bytes) -> BoundSource:
    texts = [each if isinstance(each, (str, bytes)) else json.dumps(each) for each in lines]
    path.write_bytes(b"".join((each if isinstance(each, bytes) else each.encode()) + b"\n" for each in texts))
    return uc.source("jsonl", path, table="events", name="web")


def everywhere(hub: uc.CustomerHub) -> str:
    return json.dumps([hub._store.read(name).rows() for name in TABLES], default=str)


@pytest.fixture(params=["memory://", "duckdb"])
def make(request: pytest.FixtureRequest, new_hub: NewHub, tmp_path: Path) -> Callable[..., uc.CustomerHub]:
    def hub(**collection: Any) -> uc.CustomerHub:
        url = request.param if request.param == "memory://" else f"duckdb:///{tmp_path}/hub.duckdb"
        rules = {name.replace("__", "."): action for name, action in collection.items()}
        return new_hub(url, policy=uc.Policy(collection=rules))

    return hub


class TestByDefault:
    def test_a_card_number_rejects_its_message_and_is_nowhere(
        self, make: NewHub, stored: Stored, tmp_path: Path
    ) -> None:
        hub = make()
        refused = {**with_properties(card_number=CARD), "messageId": "m3"}
        report = hub.load(source(tmp_path / "a.jsonl", IDENTIFY, refused, TRACK))
        assert (report.rows, report.accepted, report.quarantined) == (3, 2, 1)
        assert dict(report.left_out) == {"properties.card_number": 1}
        assert dict(report.reasons) == {"properties.card_number: refused by the collection policy": 1}
        held = stored(hub, "quarantine")
        assert held.select("position", "payload").rows() == [("row 2 (line 2)", WITHHELD)]
        assert CARD not in everywhere(hub) + str(report)

    def test_a_password_is_left_out_of_a_message_that_is_let_in(
        self, make: NewHub, stored: Stored, tmp_path: Path
    ) -> None:
        hub = make()
        told = with_properties(password="hunter2", login={"api_key": "k-1", "has_password": True})
        report = hub.load(source(tmp_path / "a.jsonl", told))
        assert (report.accepted, report.quarantined) == (1, 0)
        assert dict(report.left_out) == {"properties.password": 1, "properties.login.api_key": 1}
        properties = json.loads(stored(hub, "events")["properties"].item())
        assert properties == {**TRACK["properties"], "login": {"has_password": True}}
        assert "hunter2" not in everywhere(hub)

    def test_all_else_is_as_it_was(self, make: NewHub, stored: Stored, tmp_path: Path) -> None:
        hub = make()
        report = hub.load(source(tmp_path / "a.jsonl", TRACK, IDENTIFY))
        assert (report.accepted, dict(report.left_out)) == (2, {})
        assert json.loads(stored(hub, "events")["properties"][0]) == TRACK["properties"]
        assert "push-1" in stored(hub, "identifiers")["value"].to_list()

    def test_a_withheld_message_stays_held(self, make: NewHub, stored: Stored, tmp_path: Path) -> None:
        hub = make()
        told = source(tmp_path / "a.jsonl", with_properties(note=CARD), f'{{"broken": "{CARD}', "no json")
        assert hub.load(told).quarantined == 3
        before = stored(hub, "quarantine").rows()
        report = hub.replay_quarantine(told)
        assert (report.rows, report.accepted, report.quarantined) == (3, 0, 3)
        assert stored(hub, "quarantine").rows() == before
        assert CARD not in everywhere(hub)
        assert sorted(stored(hub, "quarantine")["payload"]) == sorted([WITHHELD, WITHHELD, "no json"])

    def test_a_line_that_is_no_text_is_withheld_where_it_holds_a_card_number(
        self, make: NewHub, stored: Stored, tmp_path: Path
    ) -> None:
        hub = make()
        hub.load(source(tmp_path / "a.jsonl", b'{"note": "\xff ' + CARD.encode() + b'"}', b"\xff tea"))
        payloads = stored(hub, "quarantine").sort("position")["payload"].to_list()
        assert payloads == [WITHHELD, json.dumps({"_unread": "\\xff tea"})]

    def test_an_envelope_is_refused_as_a_whole(self, make: NewHub, stored: Stored, tmp_path: Path) -> None:
        hub = make()
        report = hub.load(source(tmp_path / "a.jsonl", {"batch": [TRACK, with_properties(a=[{"b": int(CARD)}])]}))
        assert (report.accepted, report.quarantined) == (0, 1)
        assert dict(report.left_out) == {"batch[].properties.a[].b": 1}

    def test_a_message_of_posthog_too(self, make: NewHub, stored: Stored, tmp_path: Path) -> None:
        hub = make()
        told = {"event": "paid", "distinct_id": "u1", "timestamp": "2025-01-01T00:00:00Z", "uuid": "p1"}
        secret = {**told, "properties": {"token": "phc_1", "$set": {"pwd": "hunter2"}, "plan": "pro"}}
        report = hub.load(source(tmp_path / "a.jsonl", secret, {**told, "uuid": "p2", "properties": {"pan": CARD}}))
        assert (report.accepted, report.quarantined) == (1, 1)
        assert dict(report.left_out) == {"properties.token": 1, "properties.$set.pwd": 1, "properties.pan": 1}
        assert "hunter2" not in everywhere(hub)


class TestWithRules:
    def test_traits_are_dropped_by_what_they_mean(self, make: NewHub, stored: Stored, tmp_path: Path) -> None:
        hub = make(user__contact="drop", user__unclassified="drop", user__device__ip_address="drop")
        report = hub.load(source(tmp_path / "a.jsonl", IDENTIFY, TRACK))
        assert report.accepted == 2
        assert dict(report.left_out) == {
            "traits.email": 1,
            "traits.address.city": 1,
            "traits.likes": 1,
            "context.ip": 1,
        }
        kept = stored(hub, "records").row(0, named=True)
        assert (kept["given_name"], kept["email"], kept["city"]) == ("Ann", None, None)
        everything = everywhere(hub)
        assert not [each for each in ("ann@example.com", "Bonn", "tea", "203.0.113.7") if each in everything]

    def test_hashed_ids_still_join(self, make: NewHub, stored: Stored, tmp_path: Path) -> None:
        hub = make(user__unique_id="hash")
        hub.load(source(tmp_path / "a.jsonl", IDENTIFY, TRACK))
        users = set(stored(hub, "events")["user_id"])
        assert len(users) == 1
        assert len(users.pop()) == 24
        assert '"u1"' not in everywhere(hub)

    def test_a_value_is_hashed_once_however_often_it_is_replayed(
        self, make: NewHub, stored: Stored, tmp_path: Path
    ) -> None:
        hub = make(user__unique_id="hash")
        zoneless = {**TRACK, "timestamp": "2025-01-01T00:00:00"}
        hub.load(source(tmp_path / "a.jsonl", zoneless, IDENTIFY))
        fixed = uc.source("jsonl", tmp_path / "a.jsonl", table="events", name="web", zone="UTC")
        assert hub.replay_quarantine(fixed).accepted == 1
        assert stored(hub, "events")["user_id"].n_unique() == 1

    def test_flags_are_left_out_where_texts_are_hashed(self, make: NewHub, stored: Stored, tmp_path: Path) -> None:
        hub = make(user__device="hash")
        report = hub.load(source(tmp_path / "a.jsonl", TRACK))
        assert (report.accepted, report.quarantined) == (1, 0)
        device = json.loads(stored(hub, "events")["context"].item())["device"]
        assert {name: len(value) for name, value in device.items()} == {"id": 24, "type": 24, "token": 24}

    def test_what_is_refused_rejects_the_message_alone(self, make: NewHub, stored: Stored, tmp_path: Path) -> None:
        hub = make(user__contact__email="refuse")
        report = hub.load(source(tmp_path / "a.jsonl", IDENTIFY, TRACK))
        assert (report.accepted, report.quarantined) == (1, 1)
        assert dict(report.reasons) == {"traits.email: refused by the collection policy": 1}
        assert "ann@example.com" not in everywhere(hub)

    def test_what_cannot_be_read_is_not_kept_under_such_rules(
        self, make: NewHub, stored: Stored, tmp_path: Path
    ) -> None:
        hub = make(user__contact="drop")
        report = hub.load(
            source(tmp_path / "a.jsonl", '{"traits": {"email": "ann@example.com"', b'"ann@example.com\xff')
        )
        assert report.quarantined == 2
        assert "ann@" not in everywhere(hub)

    def test_a_policy_may_keep_card_numbers(self, make: NewHub, stored: Stored, tmp_path: Path) -> None:
        hub = make(user__financial__credit_card="keep", user__authorization="keep")
        report = hub.load(source(tmp_path / "a.jsonl", with_properties(note=CARD)))
        assert (report.accepted, dict(report.left_out)) == (1, {})
        assert CARD in everywhere(hub)

    def test_the_traits_of_a_group_are_those_of_an_organisation(
        self, make: NewHub, stored: Stored, tmp_path: Path
    ) -> None:
        hub = make(user__contact__organization="drop")
        told = {**IDENTIFY, "type": "group", "groupId": "g", "traits": {"name": "Tea Ltd"}, "context": {"groupId": "x"}}
        hub.load(source(tmp_path / "a.jsonl", told))
        assert "Tea Ltd" not in everywhere(hub)


def passed(text: str, rules: Mapping[str, Any] = DEFAULT_COLLECTION) -> tuple[list[str | None], list[str]]:
    batch, _ = collect_messages(Batch.of(pl.DataFrame({"message": [text]})), actions=rules, hash_value=str.upper)
    return batch.frame["message"].to_list(), batch.rejects["reason"].to_list()


class TestOfOneMessage:
    @pytest.mark.parametrize(
        "value",
        [
            '"4006381000093"',  # a barcode
            '"49825979-3982-4982-8abc-00ffee00ffee"',
            "1740823220123",
            '"4111 1111 1111 1112"',
            "4.111111111111111",
        ],
    )
    def test_what_only_looks_like_a_card_number_is_kept(self, value: str) -> None:
        text = f'{{"properties": {{"x": {value}}}}}'
        assert passed(text) == ([text], [])
        assert passed(text, {"user.name": "drop"}) == ([text], [])

    @pytest.mark.parametrize("value", [CARD, f"{CARD}.0", f'"{CARD}."', f'"\\n{CARD}"', '"\\u00344111-1111-1111-1119"'])
    def test_a_card_number_is_one_in_each_way_of_writing(self, value: str) -> None:
        value = value.replace("\\u00344111-1111-1111-1119", "\\u0034111 1111 1111 1111")
        assert passed(f'{{"x": {{"y": [{value}]}}}}') == ([], ["x.y[]: refused by the collection policy"])

    def test_where_everything_is_kept_nothing_is_looked_at(self) -> None:
        text = f'{{"x": "{CARD}", "pwd": 1}}'
        assert passed(text, {"user.financial.credit_card": "keep"}) == ([text], [])

    def test_under_a_telling_name_a_barcode_is_a_card_number(self) -> None:
        assert passed('{"card": "4006381000093"}')[0] == []

    def test_of_a_refused_message_only_what_is_refused_is_counted(self) -> None:
        batch = Batch.of(pl.DataFrame({"message": [f'{{"pwd": "x", "a": "{CARD}", "b": {{"a": {CARD}}}}}']}))
        _, found = collect_messages(batch, actions=DEFAULT_COLLECTION, hash_value=str.upper)
        assert [(each.column, each.action, each.values) for each in found] == [("a", "refuse", 1), ("b.a", "refuse", 1)]

    def test_a_name_that_comes_twice_is_looked_at_twice(self) -> None:
        assert passed(f'{{"a": "{CARD}", "a": 1}}')[0] == []
        assert passed('{"pwd": "x", "pwd": "y", "a": 1}')[0] == ['{"a":1}']

    def test_a_name_that_may_be_a_value_is_not_told(self) -> None:
        _, reasons = passed('{"traits": {"ann@example.com": {"email": "x"}}}', {"user.contact": "refuse"})
        assert reasons == ["traits.*.email: refused by the collection policy"]

    def test_half_a_pair_of_surrogates_stays_an_escape(self) -> None:
        assert passed('{"pwd": "x", "a": "\\ud800"}')[0] == ['{"a":"\\ud800"}']

    def test_what_is_nested_too_deeply_is_withheld(self) -> None:
        text = '{"pwd":' * 5000 + "1" + "}" * 5000
        assert passed(text) == ([], ["message: unreadable, and withheld by the collection policy"])

    def test_a_blank_text_is_no_value(self) -> None:
        text = '{"userId": " ", "anonymousId": null}'
        assert passed(text, {"user.unique_id": "hash"}) == ([text], [])
        assert passed(text, {"user.unique_id": "drop"}) == (["{}"], [])

    def test_numbers_are_hashed_as_they_are_written(self) -> None:
        assert passed('{"userId": 1e5}', {"user.unique_id": "hash"})[0] == ['{"userId":"1E5"}']

    def test_a_message_that_is_no_object_is_one_value(self) -> None:
        assert passed(f'"{CARD}"')[1] == ["*: refused by the collection policy"]
        assert passed(f'["{CARD}"]')[1] == ["[]: refused by the collection policy"]

    def test_rows_that_were_not_read_are_withheld_as_well(self) -> None:
        rejects = unread_rejects([1, 2], ["row: encoding"] * 2, [b'"password": "\xff"', b"\xff"])
        batch = Batch.of(pl.DataFrame({"message": pl.Series([None], dtype=pl.String)}), first_row=3, rejects=rejects)
        left, _ = collect_messages(batch, actions=DEFAULT_COLLECTION, hash_value=str.upper)
        assert left.rejects["payload"].to_list() == [WITHHELD, rejects["payload"][1]]
        assert left.frame.rows() == [(None,)]


@pytest.mark.parametrize(
    ("path", "category"),
    [
        ("userId", "user.unique_id"),
        ("anonymousId", "user.unique_id.pseudonymous"),
        ("event", "user.behavior"),
        ("other", "user.unclassified"),
        ("traits.phone", "user.contact.phone_number"),
        ("traits.emails.[]", "user.contact.email"),
        ("traits.birthday", "user.demographic.date_of_birth"),
        ("traits.title", "user.job_title"),
        ("traits.billing_city", "user.contact.address.city"),
        ("traits.address.postalCode", "user.contact.address.postal_code"),
        ("traits.address.door", "user.contact.address"),
        ("traits.company.name", "user.contact.organization"),
        ("traits.pet.name", "user.unclassified"),
        ("traits", "user.unclassified"),
        ("context.traits.lastName", "user.name"),
        ("context.externalIds.[].id", "user.unique_id"),
        ("context.externalIds.[].type", "system.operations"),
        ("context.userAgent", "user.device"),
        ("context.device.token", "user.device"),
        ("context.location.city", "user.location"),
        ("context.page.url", "user.behavior.browsing_history"),
        ("context.library.name", "system.operations"),
        ("context.strange", "user.unclassified"),
        ("context", "user.unclassified"),
        ("properties.name", "user.behavior"),
        ("properties.email", "user.contact.email"),
        ("properties.device.secret", "user.authorization.credentials"),
        ("properties", "user.behavior"),
        ("properties.$ip", "user.device.ip_address"),
        ("properties.$set.name", "user.name"),
        ("properties.$geoip_city_name", "user.location"),
        ("$set_once.email", "user.contact.email"),
        ("integrations.Google Analytics.clientId", "user.unique_id"),
        ("integrations.All", "system.operations"),
        ("batch.[].properties.passwordConfirmation", "user.authorization.password"),
        ("batch.[].userId", "user.unique_id"),
    ],
)
def test_what_fields_mean(path: str, category: str) -> None:
    assert message_category(tuple(path.split("."))) == category
