"""The usual shapes never reach the libraries, and importing loads none of them."""

import subprocess
import sys

import polars as pl
import pytest

from unified_customer.identity.normalise import emails, mailbox, people, phones, split_full_names, telephone


def _refuse(*_: object) -> None:
    pytest.fail("a usual shape was passed on to the library")


@pytest.fixture
def _no_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "email_by_library", _refuse)
    monkeypatch.setattr(telephone, "phone_by_library", _refuse)
    monkeypatch.setattr(people, "name_parts_by_library", _refuse)


@pytest.mark.usefixtures("_no_libraries")
@pytest.mark.parametrize(
    ("raw", "region"),
    [
        ("+442079460018", None), ("020 7946 0018", "GB"), ("(212) 555-0123", "US"), ("1-212-555-0123", "US"),
        ("+49 (0)30 1234567", "DE"), ("0049 30 1234567", "DE"), ("06 12 34 56 78", "FR"), ("06 1234567", "IT"),
        ("(11) 98765-4321", "BR"), ("0412 345 678", "AU"), ("8 912 345-67-89", "RU"), ("030 1234567", None),
    ],
)  # fmt: skip
def test_usual_phone_numbers_are_read_without_the_library(raw: str, region: str | None) -> None:
    # Of a single number the library is asked at once, which is quicker for one.
    phones(pl.Series([raw, raw]), region)


@pytest.mark.usefixtures("_no_libraries")
def test_usual_emails_and_names_are_read_without_the_library() -> None:
    emails(pl.Series([" Ann.Lee+x@Shop-1.Example.COM ", "ann@shop.local", None, " "]))
    split_full_names(pl.Series(["Anna Lee", "ANNA MÜLLER-LEE", "Lee, Anna", "Anna Maria Lee", None]))


def test_importing_loads_no_heavy_package() -> None:
    heavy = "phonenumbers", "email_validator", "idna", "nameparser", "pycountry", "anyascii"
    script = (
        f"import sys, unified_customer.identity.normalise; print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
