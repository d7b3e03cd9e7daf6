"""The field dictionary: categories cover their children, and every column of every table is described."""

from typing import Any

import pytest
from pydantic import ValidationError

from unified_customer.core.fields import SPECIAL_CATEGORIES, FieldSpec, covered, covers
from unified_customer.core.tables import TABLES

CELLS = [(name, field, spec) for name, table in TABLES.items() for field, spec in table.fields.items()]


@pytest.mark.parametrize(
    ("parent", "child", "answer"),
    [
        ("user", "user", True),
        ("user", "user.name", True),
        ("user.name", "user", False),
        ("user.contact", "user.contacts", False),
        ("", "user", False),
    ],
)
def test_a_category_covers_itself_and_its_children(parent: str, child: str, answer: bool) -> None:  # noqa: FBT001 (data)
    assert covers(parent, child) is answer
    assert covered(child, (parent,)) is answer
    assert covered(child, ()) is False


@pytest.mark.parametrize(
    ("category", "sensitivity"),
    [
        *((each, "special") for each in SPECIAL_CATEGORIES),
        ("user.health_and_medical.record", "special"),
        ("user.contact.email", "personal"),
        ("user.unclassified", "personal"),
        ("system.operations", "none"),
    ],
)
def test_the_category_says_how_sensitive_a_value_is(category: str, sensitivity: str) -> None:
    spec = FieldSpec(category=category, meaning="Something.")
    assert spec.sensitivity == sensitivity
    assert spec.personal is (sensitivity != "none")


@pytest.mark.parametrize("category", ["", "User", "user.", "user contact", "user.näme"])
def test_a_category_is_a_dotted_path(category: str) -> None:
    with pytest.raises(ValidationError):
        FieldSpec(category=category, meaning="Something.")


def test_the_nearest_category_says_how_long_a_value_is_kept() -> None:
    def days(category: str, **fields: Any) -> int | None:
        return FieldSpec(category=category, meaning="Something.", **fields).kept_days

    assert days("user.contact.email") is None
    assert (days("user.behavior.browsing_history"), days("user.behavior.purchase_history")) == (760, 3650)
    assert days("user.behavior", retention_days=7) == 7
    assert (days("user.contact", party="third"), days("user.device", party="third", retention_days=30)) == (90, 30)


def test_retention_is_a_positive_number_of_days() -> None:
    with pytest.raises(ValidationError):
        FieldSpec(category="user", meaning="Something.", retention_days=0)


def test_every_column_has_a_meaning_in_a_sentence() -> None:
    assert [(name, field) for name, field, spec in CELLS if not spec.meaning.strip()] == []
    assert {field for name, field, _ in CELLS if name == "records"} >= set(TABLES["records"].columns)


def test_what_names_a_person_is_personal() -> None:
    for name in ("full_name", "email", "phone", "birth_date", "street", "traits"):
        assert TABLES["records"].fields[name].personal
        if f"{name}_raw" in TABLES["records"].fields:
            assert TABLES["records"].fields[f"{name}_raw"].category == TABLES["records"].fields[name].category
