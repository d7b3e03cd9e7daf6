"""Columns of flat sources that hold consent signals, and answers that state preferences."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from unified_customer.connectors import Batch, Mapped, Mapper, Mapping, Statement
from unified_customer.connectors.signals import OPT_OUT, said_in

DAY, SEEN = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
TCF = "CQdWToAQdWToAAKABBENAwFgAPIAAAAAAAAAF5wAwABAAGAXmAAAAAAA.IF5wBAABAAGAAQAvMAAA.YAAAAAAAAAAA"
"""Of 1 January 2026, in a law that is not told: vendors 2, 6 and 755, of which 8 was refused."""
USCA = "DBABBg~BAUAAABA.YA"


def mapped(*rules: Statement, observed: bool = True, **columns: list[Any]) -> Mapped:
    height = len(next(iter(columns.values())))
    fields: dict[str, Any] = {"observed_at": "at"} if observed else {}
    mapping = Mapping(table="records", key="id", **fields, fields={"email": "mail"}, consents=rules)
    frame = pl.DataFrame(
        {
            "id": [str(row) for row in range(height)],
            "mail": [None, *["b@example.com"] * (height - 1)],
            "at": [SEEN.isoformat()] * height,
            **columns,
        },
        schema_overrides={"mail": pl.String},
    )
    return Mapper(mapping).apply(Batch.of(frame))


def test_a_column_of_tcf_strings_says_what_each_string_says() -> None:
    found = mapped(Statement(column="tc", signal="tcf", about="email"), tc=[f" {TCF} ", None, TCF, " "])
    assert found.rejects.is_empty()
    expected = sorted((each.purpose, each.status) for each in said_in("tcf", TCF))
    for row, kind in ((1, "record"), (3, "email")):
        theirs = found.statements.filter(row=row)
        assert sorted(theirs.select("purpose", "status").rows()) == expected
        assert theirs["subject_kind"].unique().to_list() == [kind]
    told = found.statements.select("stated_at", "evidence", "method", "notice", "language").unique()
    assert told.rows() == [(DAY, f"tcf {TCF}", "signal", "IAB TCF", "en")]


def test_a_signal_that_tells_its_time_needs_no_other() -> None:
    found = mapped(Statement(column="tc", signal="tcf"), observed=False, tc=[TCF])
    assert found.statements["stated_at"].unique().to_list() == [DAY]
    with pytest.raises(ValueError, match="needs stated_at"):
        mapped(Statement(column="gpc", signal="gpc"), observed=False, gpc=["1"])


def test_a_time_that_the_source_tells_counts_before_that_of_the_signal() -> None:
    rule = Statement(column="tc", signal="tcf", stated_at="said")
    found = mapped(rule, tc=[TCF, TCF], said=["2026-02-01T00:00:00Z", None])
    assert found.statements.select("row", "stated_at").unique().sort("row").rows() == [
        (1, datetime(2026, 2, 1, tzinfo=UTC)),
        (2, SEEN),
    ]


def test_a_string_that_cannot_be_read_goes_to_quarantine_with_a_reason() -> None:
    found = mapped(Statement(column="tc", signal="tcf"), tc=[TCF, TCF[:50], "no"])
    assert found.rejects.select("row", "reason").rows() == [
        (2, "tc: unreadable_signal"),
        (3, "tc: unreadable_signal"),
    ]
    assert found.frame["row"].to_list() == found.statements["row"].unique().to_list() == [1]


def test_a_vendor_hears_what_was_said_to_it() -> None:
    found = mapped(Statement(column="tc", signal="tcf", vendor_id=8), tc=[TCF])
    assert set(found.statements["status"]) == {"denied", "objected"}


def test_opt_outs_are_about_the_purposes_that_are_named() -> None:
    rules = [
        Statement(column="usp", signal="us_privacy", jurisdiction="US", recipient="acme", channel="web"),
        Statement(column="gpc", signal="gpc", opt_out=["sales"], jurisdiction="US-CO"),
        Statement(column="gpp", signal="gpp"),
    ]
    columns: dict[str, Any] = {"usp": ["1YYN", "1YNN", "1---"], "gpc": [True, False, None], "gpp": [None, None, USCA]}
    found = mapped(*rules, **columns).statements.select(
        "row", "purpose", "status", "jurisdiction", "recipient", "channel"
    )
    assert set(found.rows()) == {
        *((1, purpose, "objected", "US-CA", "acme", "web") for purpose in OPT_OUT),
        (1, "sales", "objected", "US-CO", None, None),
        *((3, purpose, "objected", "US-CA", None, None) for purpose in OPT_OUT),
    }


def test_what_the_policy_names_holds_where_a_rule_names_nothing() -> None:
    rules = [Statement(column="a", signal="gpc"), Statement(column="b", signal="gpc", opt_out=["sales"])]
    mapping = Mapping(table="records", key="id", observed_at="at", consents=rules)
    assert [rule.opt_out for rule in mapping.with_opt_out(["finance"]).consents] == [("finance",), ("sales",)]
    said_in_words = Mapping(table="records", key="id")
    assert said_in_words.with_opt_out(["finance"]) is said_in_words


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"purpose": "marketing", "values": {"y": "granted"}, "signal": "tcf"},
        {"signal": "tcf", "values": {"y": "granted"}},
        {"signal": "iab"},
        {"signal": "tcf", "vendor_id": 0},
        {"purpose": "marketing", "values": {"y": "granted"}, "vendor_id": 7},
        {"purpose": "marketing", "values": {"y": "granted"}, "opt_out": ("sales",)},
        {"signal": "gpc", "opt_out": ("Not a purpose",)},
    ],
)
def test_rules_about_signals_that_cannot_be_meant_are_refused(how: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="1 validation error for Statement"):
        Statement(column="x", **how)


def test_a_mapping_with_signals_reads_well_as_toml() -> None:
    rules = [
        Statement(column="tc", signal="tcf", vendor_id=755),
        Statement(
            column="value",
            purpose="marketing",
            values={"yes": "granted", "-": None},
            where={"q": "news", "form": ["a", "b"]},
        ),
    ]
    mapping = Mapping(table="records", key="id", observed_at="at", consents=rules)
    text = mapping.to_toml()
    assert 'signal = "tcf"\nvendor_id = 755' in text
    assert 'where = { q = "news", form = ["a", "b"] }' in text
    assert Mapping.from_toml(text) == mapping
    assert mapping.columns[-4:] == ("tc", "value", "q", "form")
    assert "tc: consent signal tcf" in mapping.explain()


ANSWERS = Mapping(
    table="answers",
    key="no",
    person="customer",
    fields={"instrument": "form", "question": "question", "text": "answer", "answered_at": "at"},
    consents=[
        Statement(
            column="answer",
            purpose=purpose,
            values={"yes": "granted", "no": "withdrawn"},
            where={"form": "preferences", "question": question},
            method="preference centre",
        )
        for question, purpose in (("newsletter", "marketing.communications.email"), ("profile", "personalize"))
    ],
)


def test_answers_about_preferences_are_statements_and_other_answers_are_not() -> None:
    answers = pl.DataFrame(
        {
            "no": ["1", "2", "3", "4", "5"],
            "customer": ["7", "7", "7", "7", "8"],
            "form": ["preferences", " preferences", "preferences", "nps", "preferences"],
            "question": ["newsletter", "profile", "colour", "newsletter", "newsletter"],
            "answer": ["yes", "no", "blue", "yes", "perhaps"],
            "at": ["2026-01-01T00:00:00Z"] * 5,
        }
    )
    found = Mapper(ANSWERS).apply(Batch.of(answers))
    assert found.statements.select("row", "subject_kind", "subject_value", "purpose", "status", "method").rows() == [
        (1, "record", "7", "marketing.communications.email", "granted", "preference centre"),
        (2, "record", "7", "personalize", "withdrawn", "preference centre"),
    ]
    assert found.rejects.select("row", "reason").rows() == [(5, "answer: unknown_value")]
    assert found.frame["row"].to_list() == [1, 2, 3, 4]
