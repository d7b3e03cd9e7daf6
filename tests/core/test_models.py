"""Models of one thing at a boundary: frozen, strict about their fields, and of one mind with the tables."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from unified_customer.core import models
from unified_customer.core.models import Actor, Consent, Customer, GoldenValue, Identifier, SourceRecord
from unified_customer.core.models.base import Model
from unified_customer.core.tables import TABLES
from unified_customer.core.tables.governance import LEGAL_BASES, STATUSES

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STATEMENT: dict[str, Any] = {
    "statement_id": "s",
    "subject_kind": "email",
    "subject_key": "0" * 24,
    "purpose": "marketing",
    "status": "granted",
    "stated_at": NOW,
    "source": "crm",
}
MODELS = sorted({each for each in vars(models).values() if isinstance(each, type) and issubclass(each, Model)}, key=str)


@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_frozen_and_refuses_what_it_does_not_know(model: type[Model]) -> None:
    assert model.model_config["frozen"]
    assert model.model_config["extra"] == "forbid"
    assert model.__doc__


def test_a_statement_has_the_fields_of_its_table() -> None:
    assert set(Consent.model_fields) == set(TABLES["consents"].columns)


def test_a_record_has_fields_of_its_table_only() -> None:
    assert set(SourceRecord.model_fields) <= set(TABLES["records"].columns)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("basis", LEGAL_BASES)
def test_statuses_and_bases_are_those_of_the_table(status: Any, basis: Any) -> None:
    assert Consent(**{**STATEMENT, "status": status, "legal_basis": basis}).status == status


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "maybe"},
        {"legal_basis": "whim"},
        {"stated_at": datetime(2026, 1, 1)},  # noqa: DTZ001 (that is what is wrong)
        {"subject_key": "short"},
        {"purpose": ""},
        {"source": ""},
        {"colour": "red"},
    ],
)
def test_a_statement_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Consent(**{**STATEMENT, **wrong})


@pytest.mark.parametrize("wrong", [{"country": "Germany"}, {"gender": "x"}, {"source": ""}, {"birth_date": "soon"}])
def test_a_record_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SourceRecord(**{"source": "crm", "source_id": "1", **wrong})


def test_an_actor_and_an_identifier_have_a_name() -> None:
    assert (Actor().id, Actor().roles) == ("local", ())
    with pytest.raises(ValidationError):
        Actor(id="")
    with pytest.raises(ValidationError):
        Identifier(kind="")


def test_a_customer_gives_values_by_name_and_keeps_what_was_withheld() -> None:
    value = GoldenValue(value="Ann", source="crm", observed_at=NOW)
    customer = Customer(
        customer_id="c", purpose="analytics", fields={"given_name": value}, identifiers=(), records=("c",),
        sources=("crm",), consents=(), withheld=("email",), first_observed_at=NOW, last_observed_at=NOW,
    )  # fmt: skip
    assert (customer["given_name"], customer["family_name"]) == ("Ann", None)
    with pytest.raises(KeyError, match="'email' is withheld from the purpose 'analytics'"):
        customer["email"]
    with pytest.raises(ValidationError, match="frozen"):
        customer.purpose = "marketing"  # type: ignore[misc]  # frozen, which is what is tested
