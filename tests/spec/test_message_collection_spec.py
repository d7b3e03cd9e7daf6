"""Laws of the collection policy on messages of the Segment shape."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

import unified_customer as uc
from unified_customer.connectors import Batch, Collected
from unified_customer.connectors.cards import is_card_number
from unified_customer.connectors.collection import WITHHELD
from unified_customer.connectors.message_collection import collect_messages
from unified_customer.connectors.message_fields import CATEGORIES, message_category
from unified_customer.policy.rules import DEFAULT_COLLECTION

CANARY = "canary-9f"
SECRETS = ["password", "userPassword", "PASSWD", "pwd2", "client_secret", "accessToken", "x-api-key", "apiKey", "token"]

words = st.sampled_from(["a", "plan", "name", "price", "note", "device", "tab\t", "ö", 'q"', "$set", "city", "items"])
numbers = st.sampled_from(
    ["0", "-1.50", "1e5", "12345678901234567890123", "0.1000000000000000055511151231257827", "1E-2"]
)
cards = (
    st.from_regex(r"(4[0-9]{14}|5[1-5][0-9]{13}|3[47][0-9]{12})", fullmatch=True)
    .map(lambda digits: next(each for last in "0123456789" if is_card_number(each := digits + last)))
    .map(lambda digits: (digits, f"{digits[:4]} {digits[4:8]} {digits[8:12]} {digits[12:]}", f"pay {digits}."))
    .flatmap(st.sampled_from)
)
plain = st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=8)
trees = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3))
objects = st.dictionaries(words, trees, max_size=4)
parts = st.sampled_from(["properties", "traits", "context", "integrations"])
messages = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "identify", "group", None]), "userId": st.sampled_from(["u1", 7])},
    optional=dict.fromkeys(("properties", "traits", "context", "integrations", "other"), objects),
)
roads = st.lists(words | st.just(0), max_size=3)


def collected(
    *texts: str, rules: Mapping[str, Any] = DEFAULT_COLLECTION, hashed: str = "h"
) -> tuple[Batch, tuple[Collected, ...]]:
    batch = Batch.of(pl.DataFrame({"message": list(texts)}, schema={"message": pl.String}))
    return collect_messages(batch, actions=rules, hash_value=lambda text: f"{hashed}{len(text)}")


def put(held: dict[str, Any], message: dict[str, Any], *, part: str, road: list[str | int]) -> dict[str, Any]:
    """Return the message with what is `held`, some way below `part`."""
    inner: Any = held
    for step in reversed(road):
        inner = [inner] if isinstance(step, int) else {step: inner}
    return {**message, part: {**message.get(part, {}), "here": inner}}


def everything(batch: Batch, found: tuple[Collected, ...]) -> str:
    return f"{batch.frame.rows()} {batch.rejects.rows()} {found}"


@given(messages=st.lists(messages, max_size=4), indent=st.sampled_from([None, 1]))
def test_what_the_policy_keeps_stays_byte_for_byte(messages: list[Any], indent: int | None) -> None:
    texts = [json.dumps(each, indent=indent, ensure_ascii=bool(indent)) for each in messages]
    for rules in (
        DEFAULT_COLLECTION,
        {**DEFAULT_COLLECTION, "user.health_and_medical": "drop", "user.content": "hash"},
    ):
        batch, found = collected(*texts, rules=rules)
        assert (batch.frame["message"].to_list(), batch.rejects.height, found) == (texts, 0, ())


@given(message=messages, part=parts, road=roads, secret=st.sampled_from(SECRETS), enveloped=st.booleans())
def test_secrets_are_dropped_by_default_however_deep_they_stand(
    *, message: dict[str, Any], part: str, road: list[str | int], secret: str, enveloped: bool
) -> None:
    place: Any = {"part": part, "road": [*road, "inner"]}  # `device.token` is no secret
    told, bare = (put({**held, "kept": 1}, message, **place) for held in ({secret: CANARY}, {}))
    batch, found = collected(json.dumps({"batch": [told]} if enveloped else told))
    assert CANARY not in everything(batch, found)
    assert [(each.action, each.values) for each in found] == [("drop", 1)]
    assert found[0].column.startswith(f"batch[].{part}" if enveloped else part)
    assert json.loads(batch.frame["message"].item()) == ({"batch": [bare]} if enveloped else bare)


@given(message=messages, part=parts, road=roads, card=cards, escaped=st.booleans(), as_name=st.booleans())
def test_a_message_with_a_card_number_is_rejected_and_the_number_is_nowhere(
    *, message: dict[str, Any], part: str, road: list[str | int], card: str, escaped: bool, as_name: bool
) -> None:
    told = put({card: "x"} if as_name else {"x": card}, message, part=part, road=road)
    text = json.dumps(told)
    written = text.replace(card, "".join(f"\\u{ord(each):04x}" for each in card)) if escaped else text
    batch, found = collected(json.dumps(message), written, json.dumps(message))
    digits = "".join(filter(str.isdigit, card))
    assert digits[:8] not in everything(batch, found).replace(" ", "")
    assert (batch.frame.height, batch.rows.to_list(), batch.rejects["row"].to_list()) == (2, [1, 3], [2])
    assert batch.rejects["payload"].item() == WITHHELD
    assert batch.rejects["reason"].item() == f"{found[0].column}: refused by the collection policy"
    assert [(each.category, each.action, each.values) for each in found] == [
        ("user.financial.credit_card", "refuse", 1)
    ]


@given(message=messages, card=cards, action=st.sampled_from(["drop", "hash"]), road=roads)
def test_a_card_number_that_the_policy_drops_or_hashes_is_nowhere(
    message: dict[str, Any], card: str, action: str, road: list[str | int]
) -> None:
    text = json.dumps(put({"x": card}, message, part="properties", road=road))
    batch, found = collected(text, rules={"user.financial.credit_card": action})
    assert card not in everything(batch, found)
    assert (batch.frame.height, batch.rejects.height) == (1, 0)
    assert (f'"x":"h{len(card)}"' in batch.frame["message"].item()) == (action == "hash")


@given(message=messages, action=st.sampled_from(["drop", "hash", "refuse"]), text=st.sampled_from([CANARY, "<b>é\\"]))
def test_what_a_rule_leaves_out_comes_out_nowhere(message: dict[str, Any], action: str, text: str) -> None:
    value = f"{CANARY}{text}"
    told = {
        **message,
        "type": "identify",
        "traits": {"email": value, "first": 1},
        "context": {"traits": {"e-mail": value}},
    }
    batch, found = collected(json.dumps(told), rules={"user.contact.email": action})
    assert CANARY not in everything(batch, found)
    assert sum(each.values for each in found) == 2
    assert batch.rejects.height == (action == "refuse")


@given(numbers=st.lists(numbers, min_size=1, max_size=5))
def test_numbers_keep_their_digits_when_a_message_is_rewritten(numbers: list[str]) -> None:
    text = f'{{"type":"track","properties":{{"password":"{CANARY}","n":[{",".join(numbers)}]}}}}'
    batch, _ = collected(text)
    assert batch.frame["message"].item() == text.replace(f'"password":"{CANARY}",', "")


@given(numbers=st.lists(st.decimals(allow_nan=False, allow_infinity=False), max_size=5), name=words)
def test_any_number_reads_as_before_after_rewriting(numbers: list[Decimal], name: str) -> None:
    body = f"[{','.join(f'{number:e}' for number in numbers)}]"
    batch, _ = collected(f'{{"secret": "{CANARY}", {json.dumps(name)}: {body}}}')
    assert json.loads(batch.frame["message"].item(), parse_float=Decimal, parse_int=Decimal)[name] == numbers


@given(cut=st.integers(1, 60), said=st.sampled_from(["4111 1111 1111 1111", "4111111111111111"]), strict=st.booleans())
def test_a_text_that_is_no_message_is_withheld_where_it_holds_what_must_not_be_stored(
    *, cut: int, said: str, strict: bool
) -> None:
    text = json.dumps({"type": "track", "properties": {"c": said}})
    broken = text[: max(text.index(said) + len(said), len(text) - cut)]
    harmless = '{"type": "track", "properties": {"city": "Bonn'
    rules = {**DEFAULT_COLLECTION, **({"user.name": "drop"} if strict else {})}
    batch, found = collected(broken if broken != text else "x" + text, harmless, rules=rules)
    assert said not in everything(batch, found)
    assert batch.frame["message"].to_list() == ([] if strict else [harmless])
    assert batch.rejects["payload"].to_list() == [WITHHELD] * (1 + strict)


@given(
    path=st.lists(words | st.sampled_from(SECRETS) | parts | st.just("[]"), max_size=4).map(tuple), group=st.booleans()
)
def test_every_category_is_one_that_a_policy_may_name(*, path: tuple[str, ...], group: bool) -> None:
    category = message_category(path, group=group)
    assert category in CATEGORIES | {"user.authorization.password", "user.authorization.credentials"}
    assert uc.Policy(collection={category: "drop"}).collect(category) == "drop"
