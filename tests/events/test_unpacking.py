"""Messages of real and broken clients, one case at a time."""

import json
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from unified_customer.connectors import Statement
from unified_customer.core.errors import SchemaError
from unified_customer.core.keys import Keyring
from unified_customer.methods.events import EventBatch, unbatch, unpack

KEYRING = Keyring(b"k" * 32)
AT = "2026-01-02T03:04:05Z"
TRACK = {"type": "track", "event": "Ours", "userId": "u", "timestamp": AT, "messageId": "m"}


def texts(lines: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame({"line": lines}, schema={"line": pl.String})


def read(*messages: Any, **options: Any) -> EventBatch:
    lines: list[str | None] = [json.dumps(each) for each in messages]
    return unpack(texts(lines), source="web", keyring=KEYRING, **options)


def kinds(batch: EventBatch) -> dict[str, str]:
    return dict(batch.identifiers.select("kind", "value").iter_rows())


def without(*names: str, **more: Any) -> dict[str, Any]:
    return {name: value for name, value in TRACK.items() if name not in names} | more


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("", "there is no message"),
        (None, "there is no message"),
        ("{", "message: Input data was truncated"),
        ("[]", "message: Expected `object`, got `array`"),
        ('{"properties":' + "[" * 30_000, "message is nested too deeply"),
        (json.dumps(without("type")), "the type of the call is missing"),
        (json.dumps({**TRACK, "type": "wink"}), "the type of the call is unknown"),
        (json.dumps(without("event")), "a track call without an event name"),
        (json.dumps(without("event", type="group")), "a group call without groupId"),
        (json.dumps(without("event", type="alias")), "an alias call without previousId"),
        (json.dumps(without("userId", type="identify")), "identify without userId and anonymousId"),
        (json.dumps({**TRACK, "userId": ["u"]}), "message: Expected `int | str | null`, got `array` - at `$.userId`"),
        (json.dumps({**TRACK, "event": "a\0b"}), "it holds a NUL character"),
        (json.dumps({**TRACK, "properties": []}), "properties is not an object"),
        (json.dumps({**TRACK, "context": "here"}), "context is not an object"),
        (json.dumps({**TRACK, "context": {"page": "here"}}), "context: Expected `object | null`, got `str` - at `$.page`"),
        (json.dumps({**TRACK, "context": {"traits": {"email": 5}}}), "context.traits: Expected `str | null`, got `int` - at `$.email`"),
        (json.dumps({**TRACK, "context": {"externalIds": [{"id": "1", "type": "t", "encoding": "base64"}]}}), "context.externalIds: an encoding other than 'none'"),
        (json.dumps({**TRACK, "properties": {"a": "x" * 33_000}}), "the message is larger than the limit"),
        (json.dumps({"batch": [{**TRACK, "properties": {"a": "x" * 33_000}}]}), "the message is larger than the limit"),
        (json.dumps(without("timestamp")), "no time: neither timestamp nor originalTimestamp nor sentAt"),
        (json.dumps({**TRACK, "timestamp": "2026-01-02T03:04:05"}), "a time without zone, and no zone was given"),
        (json.dumps({**TRACK, "timestamp": "soon"}), "a time that cannot be read"),
        (json.dumps({**TRACK, "sentAt": "2026-02-30T00:00:00Z"}), "a time that cannot be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_reason(message: str | None, reason: str) -> None:
    batch = unpack(texts([json.dumps({**TRACK, "messageId": "good"}), message]), source="web", keyring=KEYRING)
    assert batch.rejects.rows() == [(1, reason, message)]
    assert batch.events["event_id"].to_list() == ["good"]


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    assert read({**TRACK, "properties": {"path": "C:\\u0000"}}).rejects.is_empty()


@pytest.mark.parametrize("frame", [pl.DataFrame({"a": ["{}"], "b": ["{}"]}), pl.DataFrame({"a": [1]}), pl.DataFrame()])
def test_messages_come_as_one_column_of_text(frame: pl.DataFrame) -> None:
    with pytest.raises(SchemaError, match="one column of JSON text"):
        unpack(frame, source="web", keyring=KEYRING)


def test_no_message_gives_empty_frames() -> None:
    batch = unpack(texts([]), source="web", keyring=KEYRING)
    assert {frame.height for frame in batch.tables().values()} == {0}


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"timestamp": "2026-01-02T03:04:05.123Z"}, "2026-01-02T03:04:05.123000+00:00"),
        ({"timestamp": "2026-01-02T03:04:05.123456+00:00"}, "2026-01-02T03:04:05.123456+00:00"),
        ({"timestamp": "2026-01-02T03:04:05.1234569+0200"}, "2026-01-02T01:04:05.123456+00:00"),
        ({"timestamp": "2026-01-02 03:04:05+01:00"}, "2026-01-02T02:04:05+00:00"),
        ({"originalTimestamp": AT, "sentAt": "2026-01-02T04:00:00Z"}, "2026-01-02T03:04:05+00:00"),
        ({"sentAt": AT}, "2026-01-02T03:04:05+00:00"),
        # The client's clock is a day behind; it wrote the message ten seconds before it sent it.
        (
            {"originalTimestamp": "2026-01-01T00:00:00Z", "sentAt": "2026-01-01T00:00:10Z", "receivedAt": "2026-01-02T00:00:10Z"},
            "2026-01-02T00:00:00+00:00",
        ),
        (
            {"timestamp": AT, "originalTimestamp": "2026-01-01T00:00:00Z", "sentAt": "2026-01-01T00:00:10Z", "receivedAt": "2026-01-02T00:00:10Z"},
            "2026-01-02T03:04:05+00:00",
        ),
    ],
)  # fmt: skip
def test_when_it_happened(times: dict[str, str], expected: str) -> None:
    found = read(without("timestamp", **times)).events["occurred_at"].item()
    assert found.isoformat() == expected


def test_a_time_without_zone_is_read_in_the_zone_that_is_given() -> None:
    naive = [{**TRACK, "messageId": str(at), "timestamp": at} for at in ("2026-01-02T03:04:05", "2026-03-29T02:30:00")]
    batch = read(*naive, zone="Europe/Berlin")
    assert batch.events["occurred_at"].to_list() == [datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)]
    assert batch.rejects["reason"].to_list() == ["a time that cannot be read"]  # the clocks skip it


def test_a_message_without_id_is_named_by_its_content() -> None:
    first, again = without("messageId"), without("messageId", sentAt=AT, _metadata={"a": 1})
    batch = read(first, again, without("messageId", userId="v"))
    assert batch.events.height == 2
    assert batch.duplicates == 1
    assert all(name.startswith("content:") for name in batch.events["event_id"])


def test_one_id_for_two_messages_is_a_contradiction() -> None:
    later = {**TRACK, "event": "Another", "timestamp": "2026-01-03T00:00:00Z"}
    for order in ([TRACK, later], [later, TRACK]):
        batch = read(*order)
        assert batch.events["name"].to_list() == ["Ours"]
        assert json.loads(batch.rejects["payload"].item())["event"] == "Another"
        assert batch.duplicates == 0


def test_ids_of_whole_numbers_are_their_digits() -> None:
    assert kinds(read({**TRACK, "userId": 4711}))["user_id"] == "4711"


def test_identifiers_of_a_message() -> None:
    context = {
        "device": {"id": "d", "type": "iOS", "token": "t", "advertisingId": "ad", "adTrackingEnabled": True},
        "externalIds": [
            {"id": "77", "type": "loyalty_id", "collection": "users", "encoding": "none"},
            {"id": "acme", "type": "org", "collection": "accounts"},
            {"id": " ", "type": "blank"},
        ],
        "traits": {"email": "a@b.test"},
    }
    integrations = {"Google Analytics": {"clientId": "GA1"}, "All": True}
    batch = read({**TRACK, "anonymousId": "a", "context": context, "integrations": integrations})
    assert kinds(batch) == {
        "user_id": "u", "anonymous_id": "a", "email": "a@b.test", "loyalty_id": "77", "ga_client_id": "GA1",
        "ios.id": "d", "ios.idfa": "ad", "ios.push_token": "t",
    }  # fmt: skip
    kept = json.loads(batch.events["context"].item())
    assert set(kept) == {"device", "integrations"}


@pytest.mark.parametrize("google", [True, False, {}, {"clientId": None}])
def test_integrations_without_a_client_id(google: Any) -> None:
    message = {**TRACK, "integrations": {"Google Analytics": google}, "context": {"clientIds": {}}}
    assert set(kinds(read(message))) == {"user_id"}


def test_an_advertising_id_counts_only_where_tracking_is_allowed() -> None:
    device = {"advertisingId": "ad", "id": "d"}
    assert kinds(read({**TRACK, "context": {"device": device}})) == {"user_id": "u", "device_id": "d"}


def test_values_are_normalised_by_kind_and_bad_ones_give_no_identifier() -> None:
    def email(values: pl.Series) -> pl.Series:
        return values.str.to_lowercase().replace({"junk": None})

    messages = [{**TRACK, "messageId": mail, "context": {"traits": {"email": mail}}} for mail in ("A@B.test", "JUNK")]
    batch = read(*messages, normalise={"email": email})
    assert batch.identifiers.filter(pl.col("kind") == "email")["value"].to_list() == ["a@b.test"]
    assert batch.identities.height == 2


def test_both_spellings_of_one_address_in_a_message_are_one_identifier() -> None:
    message = {"type": "identify", "userId": "u", "timestamp": AT, "traits": {"email": "a@b.test"}}
    batch = read({**message, "context": {"traits": {"email": " a@b.test"}}})
    assert batch.identifiers.filter(pl.col("kind") == "email").height == 1


def test_numbers_in_the_context_are_their_digits() -> None:
    context = {"campaign": {"name": 2026, "content": 1.50}, "traits": {"email": "a@b.test"}}
    batch = read({**TRACK, "context": context})
    assert batch.events.select("campaign", "utm_content").row(0) == ("2026", "1.5")
    assert kinds(batch)["email"] == "a@b.test"


@pytest.mark.parametrize("where", ["traits", "context", "both"])
def test_traits_of_identify_wherever_clients_put_them(where: str) -> None:
    traits = {
        "email": "Ann@Example.com", "name": "Ann Lee", "createdAt": "2026-01-02T03:04:05", "phone": 49301234,
        "address": {"city": "Bern", "geo": {"lat": 1.10}}, "company": {"name": "ACME", "plan": None}, "vip": True,
        "birthday": None,
    }  # fmt: skip
    message: dict[str, Any] = {"type": "identify", "userId": "u", "timestamp": AT, "messageId": "m"}
    if where in {"traits", "both"}:
        message["traits"] = traits
    if where in {"context", "both"}:
        message["context"] = {"traits": traits}
    record = read(message).records.row(0, named=True)
    expected = {
        "source": "web",
        "source_id": "u",
        "email": "Ann@Example.com",
        "full_name": "Ann Lee",
        "phone": "49301234",
    }
    assert expected.items() <= record.items()
    assert (record["city"], record["organisation"], record["birth_date"]) == ("Bern", "ACME", None)
    assert json.loads(record["traits"]) == {
        "createdAt": "2026-01-02T03:04:05",
        "vip": True,
        "address.geo": {"lat": 1.1},
    }


def test_a_visitor_and_a_user_of_one_id_are_two_records() -> None:
    said = {"type": "identify", "timestamp": AT, "traits": {"age": 7}}
    batch = read({**said, "userId": "7"}, {**said, "anonymousId": "7"}, {**said, "userId": "8", "traits": {}})
    assert batch.records["source_id"].to_list() == ["7", "anonymous:7"]
    for source_id, kind in (("7", "user_id"), ("anonymous:7", "anonymous_id")):
        own = batch.identifiers.filter(pl.col("record_id") == KEYRING.record_id("web", source_id))
        assert own.select("kind", "value").rows() == [(kind, "7")]


def test_group_calls_tell_of_organisations_and_members() -> None:
    call = {"type": "group", "userId": "u", "groupId": "g"}
    first = {**call, "timestamp": "2026-01-01T00:00:00Z", "traits": {"name": "Old", "employees": 9}}
    told = {"name": "ACME", "employees": 12, "plan": "pro", "address": {"country": "CH"}, "tier": 1}
    second, third = {**call, "timestamp": AT, "traits": told}, {**call, "timestamp": "2026-01-09T00:00:00Z"}
    batch = read(third, second, first)
    account = batch.accounts.row(0, named=True)
    assert (account["name"], account["employees"], account["plan"], account["country"]) == ("ACME", 12, "pro", "CH")
    assert json.loads(account["traits"]) == {"tier": 1}
    assert batch.account_links["valid_from"].to_list() == [datetime(2026, 1, 1, tzinfo=UTC)]
    assert batch.events["account_id"].to_list() == ["g"] * 3


def test_traits_of_an_organisation_that_do_not_fit_stay_in_traits() -> None:
    traits = {"employees": "10-49", "address": {"country": "Switzerland"}}
    batch = read({"type": "group", "userId": "u", "groupId": "g", "timestamp": AT, "traits": traits})
    assert json.loads(batch.accounts["traits"].item()) == {"country": "Switzerland", "employees": "10-49"}


def test_an_organisation_that_nothing_is_said_of_is_known_by_name() -> None:
    batch = read({"type": "group", "userId": "u", "groupId": "g", "timestamp": AT})
    assert batch.accounts.select("account_id", "traits").rows() == [("g", None)]


def test_consent_becomes_a_statement_per_category_purpose_and_id() -> None:
    consent = {"categoryPreferences": {"ads": False, "stats": True, "silent": None, "other": True}}
    message = {
        **TRACK,
        "event": "Segment Consent Preference Updated",
        "anonymousId": "a",
        "context": {"consent": consent},
    }
    purposes = {"ads": "marketing.advertising", "stats": ["analytics", "personalize"], "silent": "functional"}
    batch = read(
        message, {**TRACK, "messageId": "n", "userId": None, "context": {"consent": consent}}, purposes=purposes
    )
    said = set(batch.consents.select("subject_kind", "purpose", "status").rows())
    expected = {("marketing.advertising", "denied"), ("analytics", "granted"), ("personalize", "granted")}
    assert said == {(kind, *each) for kind in ("user_id", "anonymous_id") for each in expected}
    assert batch.consents["subject_key"].unique().len() == 2
    assert batch.reports.select("finding", "field", "events").rows()[:2] == [
        ("a consent category without a purpose", "other", 2),
        ("an event name that no vocabulary knows", "Ours", 1),
    ]
    assert "consent of nobody: neither userId nor anonymousId" in batch.reports["finding"].to_list()


PURPOSES = {"C1": "analytics", "7": ["marketing.advertising", "personalize"]}


@pytest.mark.parametrize(
    ("managed", "said"),
    [
        ({"allowedConsentIds": ["C1"], "deniedConsentIds": ["7"], "provider": "oneTrust", "resolutionStrategy": "and"},
         {("analytics", "granted"), ("marketing.advertising", "denied"), ("personalize", "denied")}),
        ({"allowedConsentIds": {"C1": "Statistics"}, "deniedConsentIds": [7]},
         {("analytics", "granted"), ("marketing.advertising", "denied"), ("personalize", "denied")}),
        ({"allowedConsentIds": ["C1"], "deniedConsentIds": ["C1"]}, {("analytics", "denied")}),
        ({"allowedConsentIds": ["C1"]}, {("analytics", "granted")}),
        ({"allowedConsentIds": [], "deniedConsentIds": None, "provider": "custom"}, set()),
        ({}, set()),
    ],
)  # fmt: skip
def test_the_consent_ids_of_rudderstack_are_statements(managed: dict[str, Any], said: set[tuple[str, str]]) -> None:
    batch = read({**TRACK, "context": {"consentManagement": managed}}, purposes=PURPOSES)
    assert set(batch.consents.select("purpose", "status").rows()) == said
    assert json.loads(batch.events["context"].item())["consentManagement"] == managed


def test_without_purposes_consent_stays_in_the_context_alone() -> None:
    context = {"consentManagement": {"allowedConsentIds": ["C1"], "deniedConsentIds": ["7"]}}
    batch = read({**TRACK, "context": context})
    assert batch.consents.is_empty()
    assert json.loads(batch.events["context"].item()) == context
    assert batch.reports["field"].to_list()[:2] == ["7", "C1"]


def test_two_objects_in_one_message_that_disagree_say_no() -> None:
    segment, rudder = {"categoryPreferences": {"C1": False}}, {"allowedConsentIds": ["C1"]}
    batch = read({**TRACK, "context": {"consent": segment, "consentManagement": rudder}}, purposes=PURPOSES)
    assert batch.consents.select("purpose", "status").rows() == [("analytics", "denied")]


NEWSLETTER = Statement(
    column="answer",
    purpose="marketing.communications.email",
    values={"yes": "granted", "true": "granted", "1": "granted", "no": "withdrawn", "later": None},
    where={"question": "newsletter"},
    notice="preferences",
)


def answer(value: Any, question: str = "newsletter", **more: Any) -> dict[str, Any]:
    asked = {"question": question, "value": value}
    return {**TRACK, "event": "Preference Stated", "properties": asked, **more}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("yes", ["granted"]),
        (True, ["granted"]),
        (1, ["granted"]),
        (1.0, ["granted"]),
        ("no ", ["withdrawn"]),
        ("later", []),
    ],
)
def test_an_answer_is_a_statement_where_a_rule_gives_it_a_meaning(value: Any, said: list[str]) -> None:
    batch = read(answer(value), consents=[NEWSLETTER])
    assert batch.consents["status"].to_list() == said
    assert batch.consents.select("subject_kind", "notice", "evidence").rows() == [
        ("user_id", "preferences", "event m") for _ in said
    ]
    assert batch.answers.height == 1
    assert batch.reports.is_empty()


def test_answers_to_other_questions_say_nothing() -> None:
    assert read(answer("yes", "favourite colour"), consents=[NEWSLETTER]).consents.is_empty()
    assert read(answer("yes")).consents.is_empty()


def test_an_answer_without_a_meaning_is_reported() -> None:
    found = read(answer("perhaps"), consents=[NEWSLETTER])
    assert found.consents.is_empty()
    assert found.reports.select("finding", "field").rows() == [
        ("an answer about consent that no rule has a meaning for", "newsletter")
    ]
    nobody = read({**answer("yes"), "userId": None}, consents=[NEWSLETTER])
    assert (nobody.consents.height, nobody.reports["finding"].item()) == (0, "an answer about consent of nobody")


def test_an_answer_is_said_by_the_user_else_the_visitor_else_the_record() -> None:
    both = answer("yes", anonymousId="a")
    visitor = {**both, "userId": None, "messageId": "n"}
    mail = {**answer("no", context={"traits": {"email": "a@b.test"}}), "userId": " ", "messageId": "o"}
    batch = read(both, visitor, mail, consents=[NEWSLETTER])
    keys = [KEYRING.value_key("user_id", "u"), KEYRING.value_key("anonymous_id", "a")]
    third = batch.events.filter(event_id="o")["record_id"].item()
    assert batch.consents.select("subject_kind", "subject_key").rows() == [
        ("user_id", keys[0]), ("anonymous_id", keys[1]), ("record", third)
    ]  # fmt: skip


def test_two_answers_under_one_id_are_both_said() -> None:
    first = answer("yes")
    second = {**answer("no"), "messageId": "n", "timestamp": "2026-01-03T00:00:00Z"}
    for each in (first, second):
        each["properties"]["answer_id"] = "one"
    batch = read(first, second, consents=[NEWSLETTER])
    assert (batch.answers.height, batch.consents["status"].to_list()) == (1, ["granted", "withdrawn"])


def test_the_name_and_category_of_a_page_are_kept_wherever_they_stand() -> None:
    page = {"type": "page", "userId": "u", "timestamp": AT}
    top = read({**page, "name": "Home", "category": "Docs", "properties": {"url": "https://x.test/"}}).events
    inside = read(
        {**page, "properties": {"name": "Home", "category": "Docs", "referrer": "https://google.com/"}}
    ).events
    assert [json.loads(each["properties"].item())["category"] for each in (top, inside)] == ["Docs", "Docs"]
    assert [each["name"].item() for each in (top, inside)] == ["Home", "Home"]
    assert top.select("url", "channel").row(0) == ("https://x.test/", "direct")
    assert inside["channel"].item() == "organic_search"


def test_a_referrer_of_an_application() -> None:
    screen = {"type": "screen", "userId": "u", "timestamp": AT, "context": {"referrer": {"url": "https://t.co/a"}}}
    assert read(screen).events["channel"].item() == "organic_social"


def test_other_names_of_events_are_kept_in_the_properties() -> None:
    batch = read(
        {**TRACK, "event": "view_cart"}, {**TRACK, "messageId": "n", "event": "Cart Viewed", "properties": {"a": 1.10}}
    )
    assert batch.events["name"].to_list() == ["Cart Viewed", "Cart Viewed"]
    assert batch.events["properties"].to_list() == ['{"original_name":"view_cart"}', '{"a": 1.1}']


def test_numbers_keep_every_digit_that_was_sent() -> None:
    raw = f'{{"type":"track","event":"Ours","userId":"u","timestamp":"{AT}","properties":{{"n":0.12345678901234567890,"m":1.10}}}}'
    batch = unpack(texts([raw]), source="web", keyring=KEYRING)
    assert batch.events["properties"].item() == '{"n":0.12345678901234567890,"m":1.10}'


class TestUnbatch:
    def test_context_and_integrations_hold_where_a_message_does_not_say_otherwise(self) -> None:
        body = {
            "batch": [{"type": "track", "context": {"ip": "1"}}, {"type": "page", "integrations": {"All": False}}, 7],
            "context": {"ip": "0", "locale": "de"}, "integrations": {"All": True}, "sentAt": AT, "writeKey": "w",
        }  # fmt: skip
        first, second, third = unbatch(body)
        assert first == {
            "type": "track",
            "context": {"ip": "1", "locale": "de"},
            "integrations": {"All": True},
            "sentAt": AT,
        }
        assert second["integrations"] == {"All": False}
        assert third.get("type") is None

    def test_parts_that_are_no_objects_are_left_for_the_reader_to_refuse(self) -> None:
        (message,) = unbatch({"batch": [{"type": "track", "context": "x"}], "context": {"ip": "0"}})
        assert message["context"] == "x"

    @pytest.mark.parametrize(
        ("path", "call"), [("/v1/identify", "identify"), ("/v1/p/", "page"), ("/api/s/track", "track")]
    )
    def test_the_path_names_the_call(self, path: str, call: str) -> None:
        assert unbatch({"userId": "u"}, path=path)[0]["type"] == call

    def test_the_path_of_a_batch_names_no_call(self) -> None:
        assert "type" not in unbatch({"batch": [{}]}, path="/v1/batch")[0]

    @pytest.mark.parametrize(
        ("item", "expected"),
        [
            ({"event": "$pageview", "properties": {"$current_url": "https://x.test/"}}, {"type": "page", "userId": "u"}),
            ({"event": "$screen", "properties": {"$screen_name": "S"}}, {"type": "screen", "name": "S"}),
            ({"event": "E", "properties": {"$device_id": "u"}}, {"type": "track", "anonymousId": "u"}),
            ({"event": "E", "properties": {"$device_id": "d"}}, {"userId": "u", "anonymousId": "d"}),
            ({"event": "E", "properties": {"$is_identified": False}}, {"anonymousId": "u"}),
            ({"event": "$identify", "$set": {"email": "e"}, "$set_once": {"email": "x", "a": 1}}, {"traits": {"email": "e", "a": 1}}),
        ],
    )  # fmt: skip
    def test_the_shape_of_posthog(self, item: dict[str, Any], expected: dict[str, Any]) -> None:
        (message,) = unbatch({"batch": [{"distinct_id": "u", "uuid": "m", "timestamp": AT, **item}], "sent_at": AT})
        assert expected.items() <= message.items()
        assert read(message).rejects.is_empty()
