"""Laws of events: whatever arrives, however often and in whatever order, the tables say the same."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified_customer.core.keys import Keyring
from unified_customer.core.tables import ANSWERS, EVENTS, IDENTIFIERS, ORDER_LINES, TABLES
from unified_customer.methods.events import (
    EventBatch,
    built_in,
    check,
    flat_events,
    pack,
    snapshot_events,
    states,
    unbatch,
    unpack,
)
from unified_customer.methods.events.pointers import identities, point
from unified_customer.methods.events.vocabulary import BUILT_IN

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
CLIENTS = (
    "segment-python", "segment-node", "segment-next-jsdom", "rudder-python", "rudder-node", "jitsu-js",
    "customerio-cdp-python", "posthog-python", "posthog-node",
)  # fmt: skip
KEYRING = Keyring(b"k" * 32)
START = datetime(2026, 1, 1, tzinfo=UTC)
PURPOSES = {"ads": "marketing.advertising", "stats": ["analytics", "personalize"]}

ids = st.sampled_from(["u1", "u2", "ü3", " u4 ", "", None])
cents = st.decimals(min_value=0, max_value=9999, places=2).map(str)
plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3),
    max_leaves=8,
)


def time(number: int) -> str:
    return (START + timedelta(minutes=number)).isoformat()


def line(message: Any) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


@st.composite
def orders(draw: st.DrawFn, number: int, name: str = "Order Completed") -> dict[str, Any]:
    prices = draw(st.lists(st.tuples(cents, st.integers(1, 5)), min_size=1, max_size=4))
    products = [{"product_id": f"p{at}", "price": price, "quantity": n} for at, (price, n) in enumerate(prices)]
    properties = {"order_id": f"o{number}", "currency": "EUR", "products": products}
    return {"type": "track", "event": name, "properties": properties}


@st.composite
def messages(draw: st.DrawFn, number: int) -> dict[str, Any]:
    kind = draw(st.sampled_from(["identify", "page", "screen", "group", "alias", "order", "view", "score", "own"]))
    bodies: dict[str, dict[str, Any]] = {
        "identify": {"type": "identify", "traits": {"email": f"a{number % 3}@b.test", "age": number}},
        "page": {"type": "page", "name": "Home", "context": {"page": {"url": "https://x.test/?utm_source=news"}}},
        "screen": {"type": "screen", "name": "Start"},
        "group": {"type": "group", "groupId": f"g{number % 2}", "traits": {"name": f"ACME {number}"}},
        "alias": {"type": "alias", "previousId": f"old{number % 2}"},
        "view": {"type": "track", "event": "product_viewed", "properties": {"product_id": "p1", "price": number}},
        "score": {"type": "track", "event": "NPS Answered", "properties": {"score": number % 11}},
        "own": {"type": "track", "event": "Something of ours", "properties": {"deep": [{"a": 1.10}]}},
    }
    body = bodies.get(kind) or draw(orders(number))
    preferences = draw(st.dictionaries(st.sampled_from(["ads", "stats", "unmapped"]), st.booleans(), max_size=2))
    if preferences:
        body.setdefault("context", {})["consent"] = {"categoryPreferences": preferences}
    return {
        **body,
        "messageId": f"m{number}",
        "timestamp": time(number),
        "userId": draw(ids),
        "anonymousId": draw(st.sampled_from(["a1", "a2", None])),
    }


numbers = st.lists(st.integers(0, 500), unique=True, min_size=1, max_size=8)
batches = numbers.flatmap(lambda chosen: st.tuples(*(messages(number) for number in chosen)).map(list))


def read(found: list[Any], **options: Any) -> EventBatch:
    lines = pl.DataFrame({"line": [line(message) for message in found]}, schema={"line": pl.String})
    return unpack(lines, source="web", keyring=KEYRING, purposes=PURPOSES, **options)


def told(batch: EventBatch) -> dict[str, list[str]]:
    return {name: sorted(map(repr, frame.rows())) for name, frame in batch.tables().items()}


def folded(batch: list[EventBatch], name: str) -> list[Any]:
    """Rows of one table over several batches, as a store that knows the table's key would keep them."""
    rows = pl.concat([each.tables()[name] for each in batch])
    keys = {
        "events": ["event_id"], "identities": ["record_id"], "identifiers": list(IDENTIFIERS.key),
        "account_links": ["record_id", "account_id"], "order_lines": list(ORDER_LINES.key),
        "answers": list(ANSWERS.key), "consents": ["statement_id"], "accounts": ["source", "account_id"],
    }.get(name, rows.columns)  # fmt: skip
    by = {"identifiers": "observed_at", "account_links": "valid_from", "accounts": "observed_at"}.get(name)
    ordered = rows.sort(by, descending=name == "accounts") if by else rows
    return sorted(map(repr, ordered.unique(keys, keep="first", maintain_order=True).rows()))


@given(batches)
def test_delivered_twice_is_delivered_once(found: list[Any]) -> None:
    once, twice = read(found), read([*found, *({**each, "sentAt": time(900)} for each in found)])
    assert told(twice) == told(once)
    assert twice.duplicates == once.events.height


@given(batches, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(found: list[Any], random: Any) -> None:
    shuffled = random.sample(found, len(found))
    assert told(read(shuffled)) == told(read(found))


@given(batches, st.integers(0, 8))
def test_batching_changes_nothing(found: list[Any], cut: int) -> None:
    whole, parts = [read(found)], [read(found[:cut]), read(found[cut:])]
    for name in whole[0].tables():
        # How an item was at a time is what was said of it until then: it takes all batches to know.
        if name != "items":
            assert folded(parts, name) == folded(whole, name)


@given(st.lists(json_values | plain, max_size=5), batches)
def test_every_message_ends_in_events_or_rejects(junk: list[Any], found: list[Any]) -> None:
    batch = read([*junk, *found])
    assert batch.events.height + batch.rejects.height + batch.duplicates == len(junk) + len(found)
    assert batch.rejects["reason"].null_count() == 0


@given(st.lists(plain, max_size=8))
def test_every_line_of_text_ends_in_events_or_rejects(lines: list[str]) -> None:
    batch = unpack(pl.DataFrame({"line": lines}, schema={"line": pl.String}), source="web", keyring=KEYRING)
    assert batch.rejects["position"].to_list() == list(range(len(lines)))
    assert batch.rejects["payload"].to_list() == lines


@given(
    st.sampled_from(["type", "event", "timestamp", "userId", "context", "properties", "traits", "messageId"]),
    json_values,
)
def test_a_field_of_any_value_is_accepted_or_refused_with_a_reason(field: str, value: Any) -> None:
    message = {"type": "track", "event": "E", "userId": "u", "timestamp": time(0), "messageId": "m", field: value}
    batch = read([message])
    assert batch.events.height + batch.rejects.height == 1
    if field in {"context", "properties", "traits"} and not isinstance(value, dict | None):
        assert batch.events.is_empty()


@given(batches)
def test_every_frame_keeps_the_rules_of_its_table(found: list[Any]) -> None:
    for name, frame in read(found).tables().items():
        if name not in {"identities", "records"}:
            split = TABLES[name].split(frame)
            assert split.bad.is_empty(), split.bad["reason"].to_list()


@given(batches)
def test_every_identity_that_a_row_points_at_is_delivered(found: list[Any]) -> None:
    batch = read(found)
    known = set(batch.identities["record_id"])
    for frame in (batch.events, batch.order_lines, batch.answers, batch.account_links):
        assert set(frame["record_id"].drop_nulls()) <= known


@given(st.lists(st.sampled_from("abcdefghijklmnop") | st.none(), max_size=40))
def test_identities_come_in_the_order_of_first_sight(names: list[str | None]) -> None:
    named = pl.DataFrame({"identity_name": pl.Series(names, dtype=pl.String)}).with_columns(
        user="identity_name", occurred_at=pl.lit(START)
    )
    record_ids, seen = point(named, source="web", keyring=KEYRING)
    once = record_ids.drop_nulls().unique(maintain_order=True)
    assert identities(seen, source="web")["record_id"].to_list() == once.to_list()


@given(batches)
def test_an_event_without_identifiers_is_about_nobody_and_stays(found: list[Any]) -> None:
    nameless = [
        {**each, "userId": None, "anonymousId": ""} for each in found if each["type"] in {"track", "page", "screen"}
    ]
    batch = read(nameless)
    assert batch.events.height == len(nameless)
    assert batch.events["record_id"].null_count() == len(nameless)
    assert batch.identities.is_empty()


@given(batches)
def test_reasons_and_findings_hold_no_value_of_a_person(found: list[Any]) -> None:
    secret = "Ann-Secret"
    broken = [
        {**each, "userId": secret, "timestamp": secret, "messageId": secret, "traits": {"email": [secret]}}
        for each in found
    ]
    batch = read(
        [*broken, {"type": secret, "userId": secret}, {**found[0], "userId": secret, "context": {"page": secret}}]
    )
    said = [*batch.rejects["reason"], *batch.reports["finding"], *batch.reports["field"]]
    assert not [text for text in said if secret in text]


@given(st.sampled_from(["u1", "7"]), st.sampled_from(["a1", "7"]), st.sampled_from(["x@y.test", None]))
def test_columns_and_messages_point_at_the_same_identity(user: str, visitor: str, email: str | None) -> None:
    message = {
        "type": "track",
        "event": "E",
        "userId": user,
        "anonymousId": visitor,
        "timestamp": time(0),
        "messageId": "m",
    }
    sent = read([{**message, "context": {"traits": {"email": email}}}])
    row = {
        "event_id": "m",
        "name": "E",
        "occurred_at": time(0),
        "user_id": user,
        "anonymous_id": visitor,
        "email": email,
    }
    flat = flat_events(
        pl.DataFrame([row], schema_overrides={"email": pl.String}), source="web", keyring=KEYRING, identifiers=["email"]
    )
    value_keys = [set(batch.identifiers.select("kind", "value_key").rows()) for batch in (sent, flat)]
    assert value_keys[0] == value_keys[1]


@given(ids, ids)
def test_an_alias_holds_both_ids(old: str | None, new: str | None) -> None:
    batch = read([{"type": "alias", "previousId": old, "userId": new, "timestamp": time(0)}])
    both = bool(old and old.strip() and new and new.strip())
    assert batch.rejects.is_empty() == both
    assert len(batch.identifiers) == 2 * both


@given(st.integers(0, 9).flatmap(orders))
def test_lines_cost_exactly_price_times_quantity(order: dict[str, Any]) -> None:
    numbers = [{**each, "price": float(each["price"])} for each in order["properties"]["products"]]
    body = line({**order["properties"], "products": numbers})
    raw = f'{{"type":"track","event":"Order Completed","timestamp":"{time(0)}","properties":{body}}}'
    batch = unpack(pl.DataFrame({"line": [raw]}), source="web", keyring=KEYRING)
    exact = [Decimal(each["price"]) * each["quantity"] for each in order["properties"]["products"]]
    assert batch.order_lines["amount"].to_list() == exact


@given(st.integers(0, 9).flatmap(orders), st.sampled_from(["Order Refunded", "Order Cancelled"]))
def test_an_order_that_came_back_whole_sums_to_nothing(order: dict[str, Any], back: str) -> None:
    sale = {**order, "userId": "u", "timestamp": time(0), "messageId": "sale"}
    lines = read([sale, {**sale, "event": back, "timestamp": time(1), "messageId": "back"}]).order_lines
    assert lines.height == 2 * len(order["properties"]["products"])
    assert lines["amount"].sum() == lines["quantity"].sum() == 0


@given(st.integers(0, 9).flatmap(orders), st.integers(2, 4))
def test_an_order_told_by_several_events_is_one_order(order: dict[str, Any], times: int) -> None:
    told_again = [{**order, "userId": "u", "timestamp": time(at), "messageId": f"m{at}"} for at in range(times)]
    batch = read(told_again[::-1])
    assert batch.events.height == times
    assert batch.order_lines["event_id"].to_list() == ["m0"] * len(order["properties"]["products"])


@given(batches, st.randoms(use_true_random=False))
def test_of_messages_that_share_an_id_the_same_one_is_kept_in_any_order(one: list[Any], random: Any) -> None:
    found = [*one, *({**each, "userId": "someone else"} for each in one)]
    shuffled = read(random.sample(found, len(found)))
    assert told(shuffled) == told(read(found))
    assert shuffled.events.height + shuffled.rejects.height + shuffled.duplicates == len(found)


@given(st.lists(st.integers(0, 60), unique=True, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_the_latest_group_call_tells_of_an_organisation_in_any_order(minutes: list[int], random: Any) -> None:
    calls = [
        {"type": "group", "groupId": "g", "userId": "u", "timestamp": time(at), "traits": {"name": f"ACME {at}"}}
        for at in random.sample(minutes, len(minutes))
    ]
    batch = read(calls)
    assert batch.accounts["name"].to_list() == [f"ACME {max(minutes)}"]
    assert batch.account_links["valid_from"].to_list() == [START + timedelta(minutes=min(minutes))]


@given(st.text("ab", min_size=1, max_size=3), st.text("ab", min_size=1, max_size=3))
def test_two_tuples_of_identifiers_are_two_identities(user: str, visitor: str) -> None:
    tuples = {(user, None), (None, visitor), (user, visitor), (visitor, user), (user + visitor, None), (None, user)}
    calls = [
        {"type": "page", "timestamp": time(at), "userId": known, "anonymousId": unknown}
        for at, (known, unknown) in enumerate(tuples)
    ]
    assert read(calls).events["record_id"].n_unique() == len(tuples)


@given(batches)
def test_each_event_states_each_purpose_of_each_category_for_each_id(found: list[Any]) -> None:
    batch, number = read(found), {"ads": 1, "stats": 2, "unmapped": 0}
    expected = 0
    for message in found:
        preferences = message.get("context", {}).get("consent", {}).get("categoryPreferences", {})
        kept = message["messageId"] in set(batch.events["event_id"])
        who = sum(bool(message[name] and message[name].strip()) for name in ("userId", "anonymousId"))
        expected += kept * who * sum(number[category] for category in preferences)
    assert batch.consents["statement_id"].n_unique() == batch.consents.height == expected


@given(st.dictionaries(st.sampled_from(["ads", "stats", "unmapped"]), st.booleans()), ids, ids)
def test_consent_ids_and_consent_categories_say_the_same(said: dict[str, bool], user: Any, visitor: Any) -> None:
    call = {"type": "page", "messageId": "m", "timestamp": time(1), "userId": user, "anonymousId": visitor}
    allowed, denied = ([name for name, given in said.items() if given is answer] for answer in (True, False))
    managed = {"allowedConsentIds": allowed, "deniedConsentIds": denied, "provider": "custom"}
    rudder = read([{**call, "context": {"consentManagement": managed}}])
    segment = read([{**call, "context": {"consent": {"categoryPreferences": said}}}])
    assert sorted(rudder.consents.rows(), key=repr) == sorted(segment.consents.rows(), key=repr)


rows_of_a_till = st.lists(
    st.tuples(st.sampled_from(["L1", "L2", "", None]), st.integers(0, 5), st.decimals(0, 99, places=2)), max_size=8
)


@given(rows_of_a_till, st.randoms(use_true_random=False), st.booleans())
# Drawn or given by the test's table.
def test_columns_delivered_twice_and_shuffled_are_delivered_once(found: list[Any], random: Any, named: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    till = pl.DataFrame(
        [(f"r{at}", "E", START + timedelta(hours=hour), card, paid) for at, (card, hour, paid) in enumerate(found)],
        schema={"event_id": pl.String, "name": pl.String, "occurred_at": pl.Datetime("us", "UTC"), "loyalty_id": pl.String, "amount": pl.Decimal(18, 4)},
        orient="row",
    )  # fmt: skip
    till = till if named else till.drop("event_id").unique(maintain_order=True)
    twice = pl.concat([till, till])[random.sample(range(2 * till.height), 2 * till.height)]
    once, again = (
        flat_events(each, source="till", keyring=KEYRING, identifiers=["loyalty_id"]) for each in (till, twice)
    )
    assert told(again) == told(once)
    assert again.events.height + again.duplicates == twice.height
    assert not named or once.events.height == till.height


TICKET_EVENTS = [meaning.name for meaning in pack("support").events]
steps = st.lists(
    st.tuples(
        st.integers(0, 20), st.sampled_from(TICKET_EVENTS), st.sampled_from(["t1", "t2"]), st.sampled_from("abc")
    ),
    max_size=12,
)


def tickets(found: list[tuple[int, str, str, str]]) -> pl.DataFrame:
    rows = [
        {
            "event_id": f"e{number:02d}", "source": "desk", "type": "track", "name": name, "object_kind": "ticket",
            "object_id": ticket, "occurred_at": START + timedelta(minutes=at), "record_id": who,
            "properties": line({"ticket_id": ticket, "agent_id": who}),
        }
        for number, (at, name, ticket, who) in enumerate(found)
    ]  # fmt: skip
    return EVENTS.conform(pl.DataFrame(rows, schema_overrides=EVENTS.columns) if rows else EVENTS.empty())


@given(steps, st.integers(0, 21))
def test_states_ignore_the_future(found: list[Any], minute: int) -> None:
    events, as_of = tickets(found), START + timedelta(minutes=minute)
    past = events.filter(pl.col("occurred_at") < as_of)
    assert states(events, "ticket", as_of=as_of).equals(states(past, "ticket", as_of=START + timedelta(days=1)))


@given(steps, st.randoms(use_true_random=False))
def test_a_fold_of_shuffled_events_is_the_fold_of_sorted_ones(found: list[Any], random: Any) -> None:
    events, as_of = tickets(found), START + timedelta(days=1)
    order = random.sample(range(events.height), events.height)
    twice = pl.concat([events[order], events])
    assert states(twice, "ticket", as_of=as_of).equals(states(events, "ticket", as_of=as_of))


@given(steps)
def test_a_state_is_the_one_of_the_last_event_that_says_one(found: list[Any]) -> None:
    events = tickets(found).sort("occurred_at", "event_id")
    last: dict[str, str | None] = {}
    for ticket, name in events.select("object_id", "name").iter_rows():
        meaning = built_in().meaning(name)
        assert meaning is not None
        last[ticket] = meaning.state or last.get(ticket)
    folded_states = states(events, "ticket", as_of=START + timedelta(days=1))
    assert dict(folded_states.select("object_id", "state").iter_rows()) == last


snapshots = st.lists(
    st.dictionaries(st.sampled_from(["d1", "d2", "d3"]), st.tuples(st.sampled_from(["new", "won"]), st.integers(0, 3))),
    min_size=1, max_size=4,
)  # fmt: skip


@given(snapshots)
def test_the_fold_of_the_events_of_snapshots_is_the_last_snapshot(found: list[dict[str, tuple[str, int]]]) -> None:
    schema = {"id": pl.String, "stage": pl.String, "value": pl.Int64}
    frames = [
        pl.DataFrame([(name, *rest) for name, rest in each.items()], schema=schema, orient="row") for each in found
    ]
    events = [
        snapshot_events(was, now, kind="deal", source="crm", key="id", at=START + timedelta(days=day), state="stage")
        for day, (was, now) in enumerate(zip([None, *frames], frames, strict=False))
    ]
    batch = flat_events(pl.concat(events), source="crm", keyring=KEYRING)
    folded_states = states(batch.events, "deal", as_of=START + timedelta(days=9)).filter(pl.col("state") != "gone")
    got = {
        row["object_id"]: (row["state"], json.loads(row["fields"])["value"])
        for row in folded_states.iter_rows(named=True)
    }
    assert got == found[-1]


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_event_name_of_a_pack_has_one_meaning(name: str) -> None:
    for meaning in pack(name).events:
        for spelling in (meaning.name, *meaning.aliases):
            assert built_in().meaning(spelling) == meaning
            assert built_in().meaning(spelling.upper().replace(" ", "_")) == meaning


@given(batches)
def test_unknown_names_are_accepted_and_reported(found: list[Any]) -> None:
    batch = read(found)
    own = batch.events.filter(pl.col("name") == "Something of ours")
    violations = check(batch.events, built_in())
    assert set(own["event_id"]) == set(violations.filter(pl.col("rule") == "unknown name")["event_id"])
    reported = batch.reports.filter(pl.col("field") == "Something of ours")
    assert reported["events"].sum() == own.height


@pytest.mark.parametrize("client", CLIENTS)
def test_every_captured_request_of_a_real_client_is_accepted(client: str) -> None:
    if not (SAMPLES / client).is_dir():
        pytest.skip(f"no captured requests at {SAMPLES}")
    for file in sorted((SAMPLES / client).glob("*.json")):
        request = json.loads(file.read_text(encoding="utf-8"))
        found = unbatch(request["body"], path=request["path"])
        batch = read(found)
        assert batch.rejects.is_empty()
        assert batch.events.height == len(found)
        assert batch.events["record_id"].null_count() == 0
        whole = read([request["body"]]) if "batch" in request["body"] else batch
        assert whole.events.equals(batch.events)
