"""Vocabularies as data: what is refused when one is read, and what derives from names."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from unified_customer.core.errors import ConfigurationError, PluginError
from unified_customer.core.tables import EVENTS
from unified_customer.methods.events import (
    Derived,
    Meaning,
    Vocabulary,
    built_in,
    check,
    derive,
    merged,
    pack,
    parse,
    registered,
)
from unified_customer.methods.events import vocabulary as module

AT = datetime(2026, 1, 2, tzinfo=UTC)
FIELDS = Path(__file__).parents[3] / "shared" / "samples" / "segment_ecommerce_fields.json"
TEA = Vocabulary(name="tea", events=(Meaning(name="Tea Poured", category="user.behavior", role="service"),))


def events(*told: tuple[str, Any]) -> pl.DataFrame:
    rows = [
        {
            "event_id": f"e{at}", "source": "web", "type": "track", "name": name, "occurred_at": AT + timedelta(hours=at),
            "properties": None if properties is None else json.dumps(properties),
        }
        for at, (name, properties) in enumerate(told)
    ]  # fmt: skip
    return EVENTS.conform(pl.DataFrame(rows, schema_overrides={"properties": pl.String}))


def found(*told: tuple[str, Any], **options: Any) -> Derived:
    return derive(events(*told), vocabulary=built_in(), source="web", **options)


def said(derived: Derived) -> set[tuple[str, str]]:
    return {(finding, field) for _, finding, field in derived.findings}


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("name = ", "TOMLDecodeError"),
        ('name = "x"\n[events.A]\ncategory = "user"', "role"),
        ('name = "x"\n[events.A]\ncategory = "User!"\nrole = "service"', "category"),
        ('name = "x"\n[events.A]\ncategory = "user"\nrole = "service"\ncolour = "red"', "colour"),
        ('name = "x"\n[events.A]\ncategory = "user"\nrole = "service"\nwith = ["nothing"]', "nothing"),
        ('name = "x"\n[events.A]\ncategory = "user"\nrole = "service"\nrequired = ["a"]', "no type is given"),
        ('name = "x"\n[events.A]\ncategory = "user"\nrole = "service"\ncloses = true', "closes"),
        ('name = "x"\n[events.A]\ncategory = "user"\nrole = "service"\nobject_kind = "order"', "needs object_id"),
        ('name = "x"\n[events.A]\ncategory = "user"\nrole = "service"\nderives = ["order_lines"]', "line_kind"),
        ('name = "x"\n[events.A]\ncategory = "user"\nrole = "service"\nderives = ["answers"]', "answer rule"),
        ('name = "x"\n[events.A]\ncategory = "user"\nrole = "service"\naliases = ["b"]\n[events.B]\ncategory = "user"\nrole = "service"', "two meanings"),
    ],
)  # fmt: skip
def test_what_is_no_vocabulary_is_refused_when_it_is_read(text: str, match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        parse(text)


def test_vocabularies_that_contradict_each_other_do_not_merge() -> None:
    with pytest.raises(ConfigurationError, match="two meanings"):
        merged(TEA, Vocabulary(name="other", events=(Meaning(name="tea_poured", category="user", role="churn"),)))


def test_there_is_no_pack_of_another_name() -> None:
    with pytest.raises(ConfigurationError, match="ecommerce"):
        pack("weather")


@pytest.mark.parametrize("value", [TEA, lambda: TEA])
def test_other_packages_register_theirs(monkeypatch: pytest.MonkeyPatch, value: Any) -> None:
    monkeypatch.setattr(module, "plugins", lambda group: {"tea": None, "ecommerce": None})
    monkeypatch.setattr(module, "load_plugin", lambda group, name: value)
    assert registered().meaning("Tea Poured") == TEA.events[0]
    assert registered().meaning("Order Completed") is not None


def test_what_is_registered_must_be_a_vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "plugins", lambda group: {"tea": None})
    monkeypatch.setattr(module, "load_plugin", lambda group, name: 7)
    with pytest.raises(PluginError, match="'tea'"):
        registered()


def test_all_events_and_fields_of_the_published_e_commerce_specification_are_known() -> None:
    assert len(pack("ecommerce").events) == 28
    if not FIELDS.is_file():
        pytest.skip(f"no field list at {FIELDS}")
    types = {"String": {"text", "any"}, "Number": {"number"}, "Array": {"list"}}
    for name, fields in json.loads(FIELDS.read_text(encoding="utf-8")).items():
        meaning = pack("ecommerce").meaning(name)
        assert meaning is not None
        assert {field for field, kind in fields.items() if meaning.fields.get(field) not in types[kind]} == set()


class TestOrderLines:
    def test_the_shape_of_google_analytics(self) -> None:
        items = [{"item_id": "p", "item_name": "Pot", "price": 3, "quantity": 2}]
        lines = found(("purchase", {"transaction_id": "t", "value": 6, "currency": "eur", "items": items})).order_lines
        assert lines.select("order_id", "item_id", "name", "amount", "currency").row(0) == (
            "t",
            "p",
            "Pot",
            Decimal(6),
            "EUR",
        )

    def test_a_line_takes_its_own_amount_discount_tax_and_coupon(self) -> None:
        products = [
            {"product_id": "p", "price": "10.00", "quantity": 2, "discount": 1.5, "tax": 0.3, "coupon": "C"},
            {"product_id": "q", "amount": 4, "line_id": "L"},
        ]
        lines = found(
            ("Order Completed", {"order_id": "o", "currency": "EUR", "coupon": "D", "products": products})
        ).order_lines
        assert lines.select("line_id", "quantity", "amount", "discount", "tax", "coupon").rows() == [
            ("1", Decimal(2), Decimal("18.5"), Decimal("1.5"), Decimal("0.3"), "C"),
            ("L", Decimal(1), Decimal(4), None, None, "D"),
        ]

    def test_an_order_without_products_is_one_line(self) -> None:
        sale, back = {"order_id": "o", "revenue": 12.5, "tax": 2}, {"order_id": "o", "total": 12.5}
        derived = found(("Order Completed", sale), ("Order Refunded", back), currency="EUR")
        assert derived.order_lines.select("line_id", "kind", "quantity", "amount").rows() == [
            ("order", "sale", Decimal(1), Decimal("12.5")),
            ("e1:order", "return", Decimal(-1), Decimal("-12.5")),
        ]
        assert derived.events["amount"].to_list() == [Decimal("12.5"), Decimal("-12.5")]

    @pytest.mark.parametrize(
        ("name", "properties", "finding"),
        [
            ("Order Refunded", {"order_id": "o"}, ("what came back is not said: neither products nor an amount", "products")),
            ("Order Completed", {"total": 1}, ("an order without an id is named by its event", "order_id")),
            ("Order Completed", {"order_id": "o", "products": "p"}, ("products is no list", "products")),
            ("Order Completed", {"order_id": "o", "products": ["p"]}, ("an entry of products is no object", "products")),
            ("Order Completed", {"order_id": "o", "products": [{"quantity": "two"}]}, ("a quantity that is no number: the line was left out", "products.$.quantity")),
            ("Order Completed", {"order_id": "o", "products": [{"price": 1.23456}]}, ("an amount with more than four decimal places was rounded", "products.$.price")),
            ("Order Completed", {"order_id": "o", "products": [{"price": "cheap"}]}, ("an amount that is no number was left out", "products.$.price")),
            ("Order Completed", {"order_id": "o", "products": [{"price": 10**15}]}, ("an amount beyond 14 digits was left out", "products.$.price")),
            ("Order Completed", {"order_id": "o", "total": True}, ("an amount that is no number was left out", "total")),
            ("Order Completed", {"order_id": "o", "total": 1}, ("an amount without currency", "currency")),
            ("Order Completed", {"order_id": "o", "total": 1, "currency": "Euro"}, ("a currency that is no ISO 4217 code was left out", "currency")),
        ],
    )  # fmt: skip
    def test_what_is_not_as_it_should_be_is_reported(
        self, name: str, properties: Any, finding: tuple[str, str]
    ) -> None:
        derived = found((name, properties))
        assert finding in said(derived)
        assert derived.events.height == 1

    def test_two_events_that_tell_one_order_differently_are_reported(self) -> None:
        derived = found(
            ("Order Completed", {"order_id": "o", "total": 1}), ("Order Completed", {"order_id": "o", "total": 2})
        )
        assert derived.order_lines["amount"].to_list() == [Decimal(1)]
        assert ("an order line that two events tell differently", "order_id") in said(derived)


def test_items_are_as_they_were_last_said_to_be() -> None:
    derived = found(
        ("Product Viewed", {"product_id": "p", "name": "Pot", "price": 10, "currency": "EUR"}),
        ("Product Viewed", {"product_id": "p", "price": 10}),
        ("Cart Viewed", {"products": [{"product_id": "p", "price": 12, "currency": "EUR"}, {"name": "nameless"}]}),
    )
    assert derived.items.select("name", "price", "currency", "valid_from", "valid_to").rows() == [
        ("Pot", Decimal(10), "EUR", AT, AT + timedelta(hours=2)),
        ("Pot", Decimal(12), "EUR", AT + timedelta(hours=2), None),
    ]


@pytest.mark.parametrize(
    ("name", "properties", "expected"),
    [
        ("NPS Answered", {"score": 9, "comment": "good"}, ("e0", "nps", "likelihood to recommend", 9.0, "good", "0-10")),
        ("CSAT Answered", {"score": "4", "response_id": "r"}, ("r:satisfaction", "csat", "satisfaction", 4.0, None, "1-5")),
        ("Survey Answered", {"survey_id": "s", "question": "Why?", "answer": "so"}, ("e0", "s", "Why?", None, "so", None)),
        ("Survey Answered", {"value": "often"}, ("e0", "survey", "answer", None, "often", None)),
        ("Product Reviewed", {"product_id": "p", "rating": 4.5, "review_body": "nice"}, ("e0", "product review", "rating", 4.5, "nice", None)),
        ("NPS Answered", {"score": "inf"}, ("e0", "nps", "likelihood to recommend", None, "inf", "0-10")),
    ],
)  # fmt: skip
def test_answers(name: str, properties: Any, expected: tuple[Any, ...]) -> None:
    answers = found((name, properties)).answers
    assert answers.select("answer_id", "instrument", "question", "value", "text", "scale").row(0) == expected


def test_an_answer_without_a_value_is_reported() -> None:
    derived = found(("NPS Answered", {"score": True}), ("NPS Answered", None))
    assert derived.answers.is_empty()
    assert ("an answer without a value", "score") in said(derived)


def test_messages_have_the_channel_of_their_kind_and_tickets_a_body() -> None:
    derived = found(
        ("Email Opened", {"email_id": "m"}), ("SMS Sent", None), ("Ticket Opened", {"ticket_id": 7, "body": "Help"})
    )
    assert derived.events["channel"].to_list() == ["email", "sms", None]
    assert derived.events.select("object_kind", "object_id", "text").row(2) == ("ticket", "7", "Help")


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("text", "a", 1), ("number", 1.5, "1.5"), ("whole", 3, 3.5), ("flag", False, 0), ("list", [], {}),
        ("object", {}, []), ("time", "2026-01-02T03:04:05Z", "soon"), ("any", True, None),
    ],
)  # fmt: skip
def test_the_types_of_a_tracking_plan(field: Any, good: Any, bad: Any) -> None:
    meaning = Meaning(name="E", category="user", role="service", fields={"a": field, "list.$.a": field})
    plan = Vocabulary(name="p", events=(meaning,))
    fine = check(events(("E", {"a": good, "list": [{"a": good}], "other": object.__name__}), ("E", None)), plan)
    wrong = check(events(("E", {"a": bad, "list": [{"a": bad}, 7]})), plan)
    assert fine.is_empty()
    assert wrong["field"].to_list() == ([] if bad is None else ["a", "list.$.a"])


def test_a_tracking_plan_takes_fields_under_their_other_names() -> None:
    told = events(("purchase", {"transaction_id": "o"}), ("purchase", {}), ("Whatever", {}))
    violations = check(told, pack("ecommerce"))
    assert violations.select("event_id", "rule", "field").rows() == [
        ("e1", "missing field", "order_id"), ("e2", "unknown name", None),
    ]  # fmt: skip
