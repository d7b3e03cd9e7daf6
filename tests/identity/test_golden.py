"""The golden record, by example."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from unified_customer.core.errors import SchemaError, UnknownCustomerError
from unified_customer.core.tables import CUSTOMERS, RECORDS
from unified_customer.identity import Survivorship

T1 = datetime(2026, 1, 1, tzinfo=UTC)
T2, T3 = T1 + timedelta(days=1), T1 + timedelta(days=2)
LINKS = pl.DataFrame({"record_id": ["r1", "r2", "r3"], "customer_id": ["r1", "r1", "r1"]})
IDENTITIES = pl.DataFrame({"record_id": ["r1", "r2", "r3"], "source": ["crm", "shop", "web"]})


def records(*rows: dict[str, Any]) -> pl.DataFrame:
    """Rows of `records`: `r` is the number of the record, `at` its observed time."""
    sources = ["crm", "shop", "web"]
    full = [
        {
            "record_id": f"r{row['r']}", "source": sources[row["r"] - 1], "source_id": str(row["r"]),
            "version": str(number), "observed_at": row.get("at"), "deleted": False,
            **{key: value for key, value in row.items() if key not in {"r", "at"}},
        }
        for number, row in enumerate(rows)
    ]  # fmt: skip
    schema = {name: RECORDS.columns[name] for name in dict.fromkeys(key for row in full for key in row)}
    frame = RECORDS.conform(pl.DataFrame(full, schema=schema))
    return frame.with_columns(seq=pl.Series(range(len(rows)), dtype=pl.Int64))


def golden(frame: pl.DataFrame, spec: Survivorship | None = None, **options: Any) -> dict[str, Any]:
    customers = (spec or Survivorship()).survive(frame, LINKS, IDENTITIES, **options)
    assert CUSTOMERS.split(customers).bad.is_empty()
    return customers.row(0, named=True)


def test_the_latest_word_and_where_it_came_from() -> None:
    one = golden(records({"r": 1, "at": T1, "email": "old@x.org"}, {"r": 2, "at": T2, "email": "new@x.org"}, {"r": 3}))
    assert (one["email"], one["email_source"], one["email_observed_at"]) == ("new@x.org", "shop", T2)
    assert (one["record_count"], one["sources"]) == (3, ["crm", "shop", "web"])
    assert (one["first_observed_at"], one["last_observed_at"]) == (T1, T2)


def test_an_address_is_one_address_and_a_country_alone_is_none() -> None:
    one = golden(
        records(
            {"r": 1, "at": T1, "street": "Old Street 1", "city": "Leeds", "country": "GB"},
            {"r": 2, "at": T2, "street": "New Street 2", "city": "York"},
            {"r": 3, "at": T3, "country": "DE"},
        )
    )
    assert (one["street"], one["city"], one["country"], one["country_source"]) == ("New Street 2", "York", None, None)


def test_parts_survive_alone_where_nobody_fills_the_first_field_of_the_group() -> None:
    assert golden(records({"r": 1, "at": T1, "country": "GB"}, {"r": 2, "at": T2, "country": "DE"}))["country"] == "DE"


def test_what_a_later_version_leaves_out_is_gone() -> None:
    one = golden(records({"r": 1, "at": T1, "email": "old@x.org"}, {"r": 1, "at": T2, "phone": "+4930123456"}))
    assert (one["email"], one["phone"]) == (None, "+4930123456")


def test_a_record_that_its_source_deleted_is_silent() -> None:
    one = golden(records({"r": 1, "at": T1, "email": "a@x.org"}, {"r": 1, "at": T2, "deleted": True}))
    assert (one["email"], one["sources"]) == (None, ["shop", "web"])
    assert golden(records({"r": 1, "at": T1, "email": "a@x.org"}, {"r": 1, "at": T2, "deleted": True}), as_of=T2)[
        "email"
    ]


def test_rules_by_field() -> None:
    frame = records(
        {
            "r": 1,
            "at": T1,
            "email": "crm@x.org",
            "job_title": "Chief of many things",
            "language": "en",
            "family_name": "Lee",
        },
        {"r": 2, "at": T2, "email": "shop@x.org", "job_title": "Chief", "language": "en", "family_name": "Li"},
        {"r": 3, "at": T3, "email": "web@x.org", "job_title": "Boss", "language": "de", "given_name": "Ann"},
    )
    rules = {
        "email": "most_trusted",
        "job_title": "longest",
        "language": "most_frequent",
        "family_name": "most_trusted",
    }
    one = golden(frame, Survivorship.model_validate({"rules": rules, "trusted": ["crm", "web"]}))
    assert (one["email"], one["job_title"], one["language"]) == ("crm@x.org", "Chief of many things", "en")
    assert (one["language_observed_at"], one["family_name"], one["given_name"]) == (T2, "Lee", None)


def test_ties_go_to_the_content() -> None:
    one = golden(records({"r": 2, "at": T1, "email": "b@x.org"}, {"r": 1, "at": T1, "email": "c@x.org"}))
    assert one["email"] == "c@x.org"


def test_traits_are_merged_key_by_key_and_keep_their_text() -> None:
    frame = records(
        {"r": 1, "at": T1, "traits": '{"tier":"silver","score":1.50,"old":true}'},
        {"r": 2, "at": T2, "traits": '{"tier":"gold","score":null}'},
    )
    one = golden(frame)
    assert one["traits"] == '{"old":true,"score":1.50,"tier":"gold"}'
    assert one["traits_source"] == "shop"
    trusted = golden(frame, Survivorship(rules={"traits": "most_trusted"}, trusted=("crm",)))
    assert trusted["traits"] == '{"old":true,"score":1.50,"tier":"silver"}'


def test_traits_of_one_record_stand_as_they_are() -> None:
    assert golden(records({"r": 1, "at": T1, "traits": '{ "b": 1, "a": 2 }'}))["traits"] == '{ "b": 1, "a": 2 }'


def test_traits_that_are_no_object_are_refused_without_their_content() -> None:
    frame = records({"r": 1, "at": T1, "traits": '["secret"]'}, {"r": 2, "at": T1, "traits": "{}"})
    with pytest.raises(SchemaError, match="not a JSON object") as caught:
        golden(frame)
    assert "secret" not in str(caught.value)


def test_an_explanation_lists_every_voice() -> None:
    frame = records({"r": 1, "at": T1, "email": "old@x.org"}, {"r": 2, "at": T2, "email": "new@x.org"})
    told = Survivorship().explain("r1", frame, LINKS)
    assert told.select("field", "value", "record_id", "rule", "survived").rows() == [
        ("email", "new@x.org", "r2", "most_recent", True),
        ("email", "old@x.org", "r1", "most_recent", False),
    ]
    with pytest.raises(UnknownCustomerError, match="'x'"):
        Survivorship().explain("x", frame, LINKS)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"rules": {"emial": "longest"}}, "emial"),
        ({"groups": [["email", "phone"], ["phone"]]}, "one group only"),
        ({"groups": [["traits"]]}, "traits stand in none"),
        ({"groups": [[]]}, "no group is empty"),
        ({"default": "most_trusted"}, "needs the names of sources"),
    ],
)
def test_specs_that_cannot_be_meant(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Survivorship.model_validate(wrong)


def test_specs_are_values() -> None:
    spec = Survivorship(rules={"email": "most_trusted"}, trusted=("crm",))
    assert Survivorship.from_json(spec.to_json()) == spec
    assert spec.rule("given_name") == "most_recent"
