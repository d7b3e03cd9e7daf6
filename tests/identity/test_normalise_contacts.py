"""E-mail addresses, telephone numbers and junk, by example."""

import polars as pl
import pytest

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.identity.normalise import email_mailbox, emails, is_junk, junk_values, phones
from unified_customer.identity.normalise.junk import Kind


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Ann.Lee@Example.COM", "ann.lee@example.com"),
        ("\u00a0ann@example.com\u200b", "ann@example.com"),
        ("mailto:ann@example.com?subject=Hi", "ann@example.com"),
        ("Ann Lee <ann@example.com>", "ann@example.com"),
        ("<ann@example.com", "ann@example.com"),
        ("'ann@example.com'", "ann@example.com"),
        ("ann@example.com;", "ann@example.com"),
        ("ann@example.com.", "ann@example.com"),
        ("ann＠example．com", "ann@example.com"),
        ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
        ("jörg@example.com", "jörg@example.com"),
        ("ann+shop@example.com", "ann+shop@example.com"),
        ("ann@shop.test", "ann@shop.test"),
        ("ann@shop.invalid", "ann@shop.invalid"),
        ("ann@BÜRO.local", "ann@xn--bro-hoa.local"),
        ("ann@localhost", None),
        ("ann@example", None),
        ("ann..lee@example.com", None),
        ("ann lee@example.com", None),
        ("@example.com", None),
        ("ann@", None),
        ("ann@-example.com", None),
        ("ann@192.0.2.1", None),
        ("ann@[192.0.2.1]", None),
        ('"ann lee"@example.com', None),
        ("a" * 250 + "@example.com", None),
        ("ann@" + "a" * 64 + ".com", None),
        ("n/a", None),
    ],
)
def test_email(raw: str, expected: str | None) -> None:
    assert emails(pl.Series([raw])).item() == expected


def test_a_mailbox_drops_tags_and_the_dots_of_gmail_alone() -> None:
    raw = pl.Series(["A.B+x@GoogleMail.com", "a.b+x@example.com", "+x@example.com", "none", None])
    assert email_mailbox(raw).to_list() == ["ab@gmail.com", "a.b@example.com", "+x@example.com", None, None]


@pytest.mark.parametrize(
    ("raw", "region", "expected"),
    [
        ("+44 20 7946 0018", None, "+442079460018"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("020 7946 0018", "gb", "+442079460018"),
        ("020 7946 0018", None, None),
        ("020 7946 0018", "XX", None),
        ("0044 20 7946 0018", "DE", "+442079460018"),
        ("011 44 20 7946 0018", "US", "+442079460018"),
        ("+44 (0)20 7946 0018", None, "+442079460018"),
        ("1 (212) 555-0123", "US", "+12125550123"),
        ("212.555.0123", "CA", "+12125550123"),
        ("555-0123", "US", None),
        ("06 1234 5678", "IT", "+390612345678"),
        ("8 (912) 345-67-89", "RU", "+79123456789"),
        ("030/1234567-8", "DE", "+493012345678"),
        ("+49 30 1234567 x12", None, "+49301234567;ext=12"),
        ("tel:+49-30-1234567;ext=12", None, "+49301234567;ext=12"),
        ("+٤٤٢٠٧٩٤٦٠٠١٨", None, "+442079460018"),
        ("+999 123456", None, None),
        ("+44", None, None),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("call me", "US", None),
        ("", "US", None),
    ],
)
def test_phone(raw: str, region: str | None, expected: str | None) -> None:
    assert phones(pl.Series([raw]), region).item() == expected


def test_each_phone_number_is_dialled_in_its_own_region() -> None:
    raw, regions = pl.Series(["020 7946 0018", "030 1234567", None]), pl.Series(["GB", "DE", "FR"])
    assert phones(raw, regions).to_list() == ["+442079460018", "+49301234567", None]


@pytest.mark.parametrize(
    ("kind", "junk", "kept"),
    [
        ("any", ["", "-", "0-0", "-1", "NULL", "None", "n/a", "anonymous", "1111", "keine Angabe"], ["Ann", "10"]),
        ("email", ["test@test.com", "NoReply@shop.com", "a.b@none.com"], ["me@ann.name", "tester.ann@shop.com"]),
        ("phone", ["0000000000", "1234567890", "+49 000 0000000", "112"], ["+12125550123", "+4930123456"]),
        ("name", ["John Doe", "test test", "xxx", "123", "Unknown"], ["Na", "Blank", "Nan", "Guest"]),
        ("date", ["1900-01-01", "9999-12-31"], ["1985-03-12", "19000101"]),
        ("postcode", ["00000", "12345"], ["11111", "10115"]),
        ("address", ["street", "no fixed abode"], ["1 High Street"]),
        ("id", ["00000000-0000-0000-0000-000000000000", "x"], ["a7", "c0ffee"]),
    ],
)
def test_junk(kind: Kind, junk: list[str], kept: list[str]) -> None:
    assert is_junk(pl.Series(junk), kind).all()
    assert not is_junk(pl.Series(kept), kind).any()


def test_junk_dates_may_be_dates() -> None:
    assert is_junk(pl.Series(["1900-01-01", "1985-03-12"]).str.to_date(), "date").to_list() == [True, False]


def test_every_kind_of_junk_says_why() -> None:
    assert all(pattern.reason and not pattern.reason[0].isupper() for pattern in junk_values("email"))


def test_an_unknown_kind_of_junk_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="email, id, name"):
        junk_values("colour")  # type: ignore[arg-type]  # not of that type, on purpose


def test_numbers_are_not_text() -> None:
    with pytest.raises(SchemaError, match="'phone' is Int64"):
        phones(pl.Series("phone", [442079460018]))


@pytest.mark.parametrize("dtype", [pl.Categorical, pl.Enum(["a@b.co"])])
def test_categories_are_text(dtype: pl.DataType) -> None:
    assert emails(pl.Series(["a@b.co"], dtype=dtype)).to_list() == ["a@b.co"]


def test_a_column_of_nothing_stays_one() -> None:
    assert emails(pl.Series([None, None])).to_list() == [None, None]
    assert phones(pl.Series([], dtype=pl.String), pl.Series([], dtype=pl.String)).to_list() == []
