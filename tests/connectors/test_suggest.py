"""Suggested mappings for exports as well-known systems write them, and for real data."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from unified_customer.connectors import Batch, FieldMap, Mapping, source, suggest_mapping
from unified_customer.connectors.evidence import date_evidence
from unified_customer.connectors.judging import number_form
from unified_customer.connectors.suggest import suggested
from unified_customer.connectors.synonyms import plain_name
from unified_customer.core.errors import MappingError

HUBSPOT = (
    "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Lead Status,Create Date,Last Modified Date,"
    "Street Address,City,State/Region,Postal Code,Country/Region,Job Title,Company Name,Website URL"
)
SHOPIFY = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,"
    "Default Address City,Default Address Province Code,Default Address Country Code,Default Address Zip,Phone,Total Spent"
)
MAILCHIMP = (
    "Email Address,First Name,Last Name,Phone Number,Birthday,MEMBER_RATING,OPTIN_TIME,LAST_CHANGED,LEID,EUID,TAGS"
)
SALESFORCE = (
    "Id,IsDeleted,AccountId,LastName,FirstName,Salutation,Name,MailingStreet,MailingCity,MailingState,MailingPostalCode,"
    "MailingCountry,Phone,MobilePhone,Email,Title,Birthdate,CreatedDate,LastModifiedDate"
)
GERMAN = "Kundennr;Anrede;Vorname;Nachname;Straße;PLZ;Ort;Land;Telefon;E-Mail;Geb.Datum".replace(";", ",")
FRENCH = "Numéro client,Civilité,Prénom,Nom,Adresse,Code postal,Ville,Pays,Téléphone,Courriel,Date de naissance"


def columns_of(header: str, table: str = "records") -> dict[str, str | None]:
    mapping = suggested(pl.DataFrame(schema=dict.fromkeys(header.split(","), pl.String)), table=table)
    assert Mapping.from_toml(mapping.to_toml()) == mapping
    return {name: how.column for name, how in mapping.fields.items()} | {"key": ",".join(mapping.key)}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (HUBSPOT, {"key": "Record ID", "region": "State/Region", "job_title": "Job Title", "street": "Street Address"}),
        (SHOPIFY, {"key": "Customer ID", "postcode": "Default Address Zip", "street": "Default Address Address1"}),
        (MAILCHIMP, {"key": "EUID", "email": "Email Address", "birth_date": "Birthday"}),
        (SALESFORCE, {"key": "Id", "honorific": "Salutation", "job_title": "Title", "street": "MailingStreet"}),
        (GERMAN, {"key": "Kundennr", "street": "Straße", "birth_date": "Geb.Datum", "email": "E-Mail"}),
        (FRENCH, {"key": "Numéro client", "family_name": "Nom", "email": "Courriel", "honorific": "Civilité"}),
    ],
)
def test_exports_of_well_known_systems(header: str, expected: dict[str, str]) -> None:
    found = columns_of(header)
    assert expected.items() <= found.items()
    assert {"email", "phone", "given_name", "family_name"} <= found.keys()


def test_an_order_export_with_items_in_it() -> None:
    header = "Name,Email,Currency,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku"
    assert columns_of(header, "order_lines") == {
        "order_id": "Name", "item_id": "Lineitem sku", "name": "Lineitem name", "quantity": "Lineitem quantity",
        "unit_price": "Lineitem price", "currency": "Currency", "occurred_at": "Created at", "key": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("table", "header", "expected"),
    [
        ("events", "message_id,event,timestamp,user_id,email", {"event_id", "name", "occurred_at", "user_id"}),
        ("items", "sku,title,price,valid_from", {"item_id", "name", "price", "valid_from"}),
        (
            "answers",
            "response_id,survey,question,score,submitted_at",
            {"instrument", "question", "value", "answered_at"},
        ),
        ("spend", "date,platform,campaign,spend,currency,clicks", {"period_start", "period_end", "channel", "amount"}),
        ("accounts", "company_id,company_name,industry,employees", {"account_id", "name", "industry", "employees"}),
        ("consents", "email,purpose,status,timestamp", {"subject_value", "subject_kind", "purpose", "stated_at"}),
    ],
)
def test_other_tables_are_suggested_too(table: str, header: str, expected: set[str]) -> None:
    assert expected <= columns_of(header, table).keys()


def people(**columns: list[Any]) -> Mapping:
    height = len(next(iter(columns.values())))
    return suggested(pl.DataFrame({"id": range(height), **columns}), table="records")


def test_a_name_is_not_enough_where_the_values_disagree() -> None:
    mapping = people(email=["yes", "no"], phone=["red", "green"], zip=["?", "!"], gender=["a", "b"], dob=["x", "y"])
    assert set(mapping.fields) == {"gender"}
    assert "named like email, but its values are not of that form" in mapping.explain()
    assert "named like birth_date, but its values are no dates" in mapping.explain()


def test_values_alone_show_an_e_mail_address() -> None:
    mapping = people(kontakt=[f"a{number}@example.org" for number in range(5)], other=["x"] * 5)
    assert mapping.fields["email"] == FieldMap(column="kontakt")
    assert "nearly all values are e-mail addresses" in mapping.explain()


def test_a_key_has_to_be_different_in_every_row() -> None:
    frame = pl.DataFrame({"customer_id": ["1", "1"], "Email": ["a@b.de", "c@d.de"]})
    mapping = suggested(frame, table="records")
    assert mapping.key == ("Email",)
    assert mapping.fields["email"].column == "Email"
    assert "named like a key, but its values repeat" in mapping.explain()
    with pytest.raises(MappingError, match="No column is sure to be a key"):
        suggested(frame.drop("Email"), table="records")
    with pytest.raises(MappingError, match="sure to be order_id, occurred_at, quantity"):
        suggested(frame, table="order_lines")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["2026-01-31", "2026-02-01"], (None, False)),
        (["31/01/2026", "01/02/2026"], ("%d/%m/%Y", False)),
        (["01/31/2026", "02/01/2026"], ("%m/%d/%Y", False)),
        (["01/02/2026", "02/01/2026"], (None, True)),
        (["31.01.2026 10:30", "01.02.2026 09:00"], ("%d.%m.%Y %H:%M", False)),
        (["20260131", "20260201"], ("%Y%m%d", False)),
        (["31 Jan 2026", "1 Feb 2026"], ("%d %b %Y", False)),
        (["Jan 31, 2026 5:06 PM", "Feb 1, 2026 5:06 AM"], ("%b %d, %Y %I:%M %p", False)),
        (["31/01/2026 10:30", "01/02/2026 10:30"], ("%d/%m/%Y %H:%M", False)),
        (["x1", "y2"], (None, False)),
        ([date(2026, 1, 1)], (None, False)),
        ([datetime(2026, 1, 1)], (None, False)),  # noqa: DTZ001 (a time without a zone is what is tested)
    ],
)
def test_formats_of_dates_follow_from_the_values(values: list[Any], expected: tuple[str | None, bool]) -> None:
    found = date_evidence(pl.Series(values))
    assert (found.format, found.ambiguous) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1.5", "2"], {}),
        (["1,5", "2"], {"decimal": ","}),
        (["1.234,50", "2,00"], {"decimal": ",", "thousands": "."}),
        (["1,5", "2.5"], None),
        (["a", "b"], None),
        ([1, 2], {}),
        ([None], {}),
    ],
)
def test_forms_of_numbers_follow_from_the_values(values: list[Any], expected: dict[str, str] | None) -> None:
    found = number_form(pl.Series(values, dtype=pl.String if values == [None] else None))
    assert (None if found is None else found[0]) == expected


def test_times_without_a_zone_are_mapped_when_one_is_given() -> None:
    frame = pl.DataFrame({"id": [1], "updated_at": ["2026-01-01 10:00"]})
    assert suggested(frame, table="records").observed_at is None
    assert suggested(frame, table="records", zone="Europe/Paris").observed_at == FieldMap(
        column="updated_at", zone="Europe/Paris"
    )
    zoned = frame.with_columns(updated_at=pl.lit("2026-01-01T10:00:00Z"))
    assert suggested(zoned, table="records").observed_at == FieldMap(column="updated_at")


def test_counts_since_1970_are_known_by_their_size() -> None:
    for unit, count in (("s", 1_767_323_045), ("ms", 1_767_323_045_000), ("us", 1_767_323_045_000_000)):
        mapping = suggested(pl.DataFrame({"event": ["x"], "timestamp": [count]}), table="events")
        assert mapping.fields["occurred_at"].unit == unit
    with pytest.raises(MappingError, match="occurred_at"):
        suggested(pl.DataFrame({"event": ["x"], "timestamp": [99_999]}), table="events")


def test_returns_are_known_by_their_sign() -> None:
    frame = pl.DataFrame({"order_id": ["1", "2"], "qty": [1, -1], "order_date": ["2026-01-01T00:00:00Z"] * 2})
    kind = suggested(frame, table="order_lines").fields["kind"]
    assert kind == FieldMap(column="qty", patterns={"^-": "return"}, otherwise="sale")


def test_a_name_becomes_plain() -> None:
    names = ["E-Mail", "firstName", "URLPath", "Straße", "Téléphone (mobile)", "address1", "  "]
    assert [plain_name(name) for name in names] == [
        "e_mail", "first_name", "url_path", "strasse", "telephone_mobile", "address_1", "",
    ]  # fmt: skip


@pytest.mark.needs_shared_data
@pytest.mark.parametrize("name", ["fake_1000", "febrl1", "febrl3", "febrl4", "historical_50k"])
def test_the_people_sets_load_with_their_suggestion(shared_data: Path, name: str) -> None:
    found = source("parquet", shared_data / "people" / name / "records.parquet", table="records")
    mapping = suggest_mapping(found)
    assert mapping.key == ("record_id",)
    assert {"given_name", "family_name", "birth_date"} <= mapping.fields.keys()
    rows = rejected = 0
    for batch in found.with_mapping(mapping).read():
        if isinstance(batch, Batch):
            mapped = found.with_mapping(mapping).mapper().apply(batch)
            rows += mapped.frame.height + mapped.rejects.height
            rejected += mapped.rejects.height
    assert rows == pl.scan_parquet(found.location).select(pl.len()).collect().item()
    assert rejected < rows / 20


@pytest.mark.slow
@pytest.mark.needs_shared_data
def test_no_line_of_online_retail_is_lost(shared_data: Path) -> None:
    path = shared_data / "transactions" / "online_retail" / "transactions.parquet"
    found = source("parquet", path, table="order_lines", name="shop")
    bound = found.with_mapping(suggest_mapping(found, zone="Europe/London"))
    mapper = bound.mapper()
    parts = [mapper.apply(item) for item in bound.read() if isinstance(item, Batch)]
    lines = pl.concat(part.frame for part in parts)
    assert sum(part.rejects.height for part in parts) == 0
    assert lines.select(pl.len(), pl.col("line_id").n_unique(), pl.col("source_id").null_count()).row(0) == (
        541_909, 541_909, 135_080,
    )  # fmt: skip
    assert lines.filter(pl.col("kind") == "cancellation").height == 9_288


def test_a_key_of_which_a_few_values_come_again_is_a_key() -> None:
    ids = [*map(str, range(20)), "3"]
    frame = pl.DataFrame({"customer_id": ids, "email": [f"p{each}@example.org" for each in ids]})
    mapping = suggested(frame, table="records")
    assert mapping.key == ("customer_id",)
    assert "5% of the rows repeat one" in mapping.explain()


def test_a_column_named_like_a_key_of_which_most_values_come_again_is_none() -> None:
    with pytest.raises(MappingError, match="No column is sure to be a key"):
        suggested(pl.DataFrame({"customer_id": ["1", "1", "2", "2"], "city": list("abcd")}), table="records")
