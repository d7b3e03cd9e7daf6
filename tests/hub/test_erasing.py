"""Erasing a person from a hub: nothing of theirs is left or comes back, and nothing of others goes."""

from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.connectors import BoundSource
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.tables import EXPOSURES, TABLES

Stored = Callable[[uc.CustomerHub, str], pl.DataFrame]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = ("id", "mail", "tel", "name", "born", "card")
CRM = uc.Mapping(
    table="records",
    key="id",
    fields={"email": "mail", "phone": "tel", "given_name": "name", "birth_date": "born"},
    identifiers={"loyalty_id": "card"},
)
ANN = {"id": "7", "mail": "ann@example.com", "tel": "+44 20 7946 0018", "name": "Ann", "card": "L-1234"}
BOB = {"id": "1007", "mail": "joann@example.com", "name": "Bob"}


def crm(*rows: dict[str, str], name: str = "crm") -> BoundSource:
    frame = pl.DataFrame([{**dict.fromkeys(COLUMNS), **row} for row in rows], schema=dict.fromkeys(COLUMNS, pl.String))
    return uc.source("dataframe", frame, table="records", name=name, mapping=CRM)


def customer(hub: uc.CustomerHub, name: str = "Ann") -> str:
    people = hub.customers(purpose="analytics", columns=["given_name"])
    return str(people.filter(pl.col("given_name") == name)["customer_id"].item())


@pytest.fixture
def known(hub: uc.CustomerHub) -> uc.CustomerHub:
    hub.load(crm(ANN, BOB))
    hub.resolve()
    return hub


def test_records_that_nobody_resolved_yet_have_to_be_resolved_first(known: uc.CustomerHub, stored: Stored) -> None:
    known.load(crm({**ANN, "id": "x"}, name="shop"))
    with pytest.raises(ConfigurationError, match=r"1 records .* not resolved yet.*hub\.resolve\(\)"):
        known.rights.erase(customer(known))
    known.resolve()
    known.rights.erase(customer(known))
    assert not any("ann@example.com" in stored(known, name).rows().__str__().replace("joann", "") for name in TABLES)


@pytest.mark.parametrize(
    "row",
    [
        {"id": "7", "name": "Ann A."},
        {"id": "8", "mail": "ANN@example.com"},
        {"id": "8", "tel": "020 7946 0018"},
        {"id": "8", "name": "l-1234"},
    ],
)
def test_rows_in_quarantine_go_by_record_address_number_and_card(
    known: uc.CustomerHub, stored: Stored, row: dict[str, str]
) -> None:
    known.load(crm({**row, "born": "never"}))
    assert known.rights.erase(customer(known)).rows["quarantine"] == 1
    assert stored(known, "quarantine").is_empty()


def test_rows_in_quarantine_that_only_look_alike_stay(known: uc.CustomerHub, stored: Stored) -> None:
    known.load(crm({**BOB, "born": "in 7"}, {"id": "9", "card": "L-12345", "born": "7"}))
    known.rights.erase(customer(known))
    assert stored(known, "quarantine").height == 2


@pytest.mark.parametrize("row", [{"id": "7"}, {"id": "8", "mail": "Ann@Example.com"}, {"id": "8", "card": "L-1234"}])
def test_bad_rows_of_people_who_were_erased_are_counted_and_not_kept(
    known: uc.CustomerHub, stored: Stored, row: dict[str, str]
) -> None:
    known.rights.erase(customer(known))
    report = known.load(crm({**row, "born": "never"}, {**BOB, "born": "never"}))
    assert (report.rows, report.erased, report.quarantined, report.duplicates) == (2, 1, 1, 0)
    assert stored(known, "quarantine")["payload"].str.contains("joann").to_list() == [True]


def test_what_was_shown_to_a_visitor_goes_with_the_record(known: uc.CustomerHub, stored: Stored) -> None:
    shown = {"exposure_id": ["e"], "record_id": [customer(known)], "exposed_at": [NOW], "purpose": ["analytics"]}
    with known._store.transaction(recorded_at=NOW) as writer:
        writer.append(
            "exposures", EXPOSURES.conform(pl.DataFrame(shown).cast({"exposed_at": pl.Datetime("us", "UTC")}))
        )
    known.rights.erase(customer(known))
    assert stored(known, "exposures").is_empty()
