"""Accounts in a hub: found in what sources and records say, read for a purpose, kept and erased with people."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.errors import FieldWithheldError
from unified_customer.identity.account_rows import FOUND
from unified_customer.identity.accounts import AccountMatching

PEOPLE = [
    ("1", "Ann Lee", "ann@acme.com", "Acme GmbH", "2024-01-01T00:00:00Z"),
    ("2", "Bob Roy", "bob@acme.com", None, "2024-02-01T00:00:00Z"),
    ("3", "Cy Fox", "cy@gmail.com", "ACME", "2024-03-01T00:00:00Z"),
    ("4", "Di Ray", "di@gmail.com", None, None),
    ("5", "Eve Orr", "eve@gmx.net", "self-employed", None),
    ("6", "Flo Orr", "flo@orr.example", "Flo Orr Consulting", None),
]
MAPPING = uc.Mapping(
    table="records",
    key="id",
    fields={"full_name": "name", "email": "mail", "organisation": "firm"},
    observed_at="seen",
)
MAIL = "marketing.communications.email"


def load(hub: uc.CustomerHub, rows: list[tuple[Any, ...]], name: str = "crm") -> None:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(("id", "name", "mail", "firm", "seen"), pl.String), orient="row")
    hub.load(uc.source("dataframe", frame, table="records", name=name, mapping=MAPPING))


def group(folder: Path, **traits: Any) -> uc.connectors.BoundSource:
    said = {
        "type": "group", "messageId": "m1", "groupId": "g-7", "userId": "u9", "timestamp": "2024-05-01T00:00:00Z",
        "traits": {"name": "Acme", "website": "https://www.acme.com", "industry": "Tools", **traits},
    }  # fmt: skip
    path = folder / "group.jsonl"
    path.write_text(json.dumps(said) + "\n")
    return uc.source("jsonl", path, table="events", name="web", shape="segment")


@pytest.fixture
def firms(hub: uc.CustomerHub) -> uc.CustomerHub:
    load(hub, PEOPLE)
    hub.resolve()
    hub.identity.resolve_accounts()
    return hub


def names(hub: uc.CustomerHub, purpose: str = "analytics") -> dict[str, int]:
    found = hub.identity.accounts(purpose=purpose).accounts
    return dict(found.select("name", "customers").sort("customers", descending=True).iter_rows())


def customer(hub: uc.CustomerHub, name: str) -> str:
    return str(hub.customers(purpose="analytics").filter(full_name=name)["customer_id"].item())


def test_people_of_one_domain_or_name_belong_to_one_account(firms: uc.CustomerHub) -> None:
    assert names(firms) == {"Acme GmbH": 3, "Flo Orr Consulting": 1}


def test_mailboxes_of_everybody_and_the_self_employed_have_none(firms: uc.CustomerHub) -> None:
    linked = set(firms.identity.accounts(purpose="analytics").links["customer_id"])
    assert {customer(firms, "Di Ray"), customer(firms, "Eve Orr")}.isdisjoint(linked)


def test_links_say_from_when_to_when(firms: uc.CustomerHub) -> None:
    load(firms, [("1", "Ann Lee", "ann@quill.example", "Quill Ltd", "2024-06-01T00:00:00Z")])
    firms.resolve()
    firms.identity.resolve_accounts()
    view = firms.identity.accounts(purpose="analytics")
    named = view.links.join(view.accounts.select("account_id", "name"), on="account_id")
    periods = (
        named.filter(customer_id=customer(firms, "Ann Lee")).sort("valid_from").select("name", "valid_from", "valid_to")
    )
    start, moved = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC)
    assert periods.rows()[1] == ("Quill Ltd", moved, None)
    assert periods.rows()[0][1:] == (start, moved)
    assert dict(view.accounts.select("name", "customers").iter_rows())["Quill Ltd"] == 1


def test_accounts_of_sources_and_group_calls_join_what_people_say(firms: uc.CustomerHub, tmp_path: Path) -> None:
    before = firms.identity.accounts(purpose="analytics").accounts.filter(name="Acme GmbH")["account_id"].item()
    firms.load(group(tmp_path))
    firms.resolve()
    report = firms.identity.resolve_accounts()
    view = firms.identity.accounts(purpose="analytics")
    acme = view.accounts.filter(account_id=before).row(0, named=True)
    assert (acme["name"], acme["industry"], acme["website"], acme["customers"]) == (
        "Acme",
        "Tools",
        "https://www.acme.com",
        4,
    )
    assert view.crosswalk.rows() == [(before, "web", "g-7")]
    assert str(report) == f"{report.namings} namings are 2 accounts, with 5 links of records"


def test_to_resolve_again_changes_nothing(firms: uc.CustomerHub, stored: Any) -> None:
    before = {name: stored(firms, name) for name in ("accounts", "account_links")}
    firms.identity.resolve_accounts()
    assert all(stored(firms, name).equals(frame) for name, frame in before.items())


def test_what_sources_state_is_left_as_it_is(firms: uc.CustomerHub, tmp_path: Path, stored: Any) -> None:
    firms.load(group(tmp_path))
    stated = [stored(firms, name).filter(pl.col("source") != FOUND) for name in ("accounts", "account_links")]
    firms.identity.resolve_accounts()
    after = [stored(firms, name).filter(pl.col("source") != FOUND) for name in ("accounts", "account_links")]
    assert all(one.equals(other) for one, other in zip(stated, after, strict=True))


def test_an_erased_person_leaves_no_link_and_no_name(firms: uc.CustomerHub, stored: Any) -> None:
    firms.rights.erase(customer(firms, "Flo Orr"))
    assert names(firms) == {"Acme GmbH": 3}
    assert "orr" not in str(stored(firms, "accounts").rows()).lower()
    firms.identity.resolve_accounts()
    assert stored(firms, "accounts").height == 1


def test_an_account_keeps_its_id_when_who_named_it_first_is_erased(firms: uc.CustomerHub) -> None:
    before = firms.identity.accounts(purpose="analytics").accounts.filter(customers=3)["account_id"].item()
    firms.rights.erase(customer(firms, "Ann Lee"))
    firms.identity.resolve_accounts()
    assert firms.identity.accounts(purpose="analytics").accounts.filter(name="ACME")["account_id"].item() == before


def test_a_purpose_sees_the_accounts_of_those_whom_it_may_see(firms: uc.CustomerHub) -> None:
    firms.consent.record(MAIL, "granted", customer_id=customer(firms, "Flo Orr"))
    assert names(firms, MAIL) == {"Flo Orr Consulting": 1}
    assert firms.audit.entries()["action"].to_list().count("accounts") == 1


def test_names_that_people_gave_are_withheld_where_the_purpose_may_not_see_them(new_hub: Any) -> None:
    policy = uc.Policy(
        bases={"analytics": "legitimate_interests"}, forbidden={"analytics": ("user.contact.organization",)}
    )
    with new_hub(policy=policy) as hub, pytest.raises(FieldWithheldError, match="account_id"):
        hub.identity.accounts(purpose="analytics")


def test_a_domain_without_a_name_makes_an_account_from_enough_people_on(new_hub: Any) -> None:
    rows = [(str(n), None, f"x{n}@tools.example", None, None) for n in range(3)]
    for count, told in ((2, {}), (3, {"tools.example": 3})):
        with new_hub() as hub:
            load(hub, rows[:count])
            hub.resolve()
            hub.identity.resolve_accounts()
            found = hub.identity.accounts(purpose="analytics").accounts
            assert dict(found.select("website", "customers").iter_rows()) == told
            hub.identity.resolve_accounts(AccountMatching(fewest=1, free_domains=("tools.example",)))
            assert hub.identity.accounts(purpose="analytics").accounts.is_empty()


@pytest.mark.parametrize("table", ["records", "accounts"])
def test_a_source_that_is_called_as_what_is_found_is_refused(hub: uc.CustomerHub, table: str) -> None:
    mapping = MAPPING if table == "records" else uc.Mapping(table="accounts", key="id", fields={"name": "name"})
    frame = pl.DataFrame(PEOPLE, schema=["id", "name", "mail", "firm", "seen"], orient="row")
    hub.load(uc.source("dataframe", frame, table=table, name=FOUND, mapping=mapping))
    with pytest.raises(uc.errors.ConfigurationError, match="another name"):
        hub.identity.resolve_accounts()


def test_a_version_that_is_silent_takes_nothing_back(firms: uc.CustomerHub) -> None:
    before = firms.identity.accounts(purpose="analytics").links
    load(firms, [("1", "Ann Lee", None, None, "2024-06-01T00:00:00Z")])
    firms.resolve()
    firms.identity.resolve_accounts()
    assert firms.identity.accounts(purpose="analytics").links.equals(before)


@pytest.mark.parametrize("order", [1, -1])
def test_of_what_sources_state_the_latest_counts(hub: uc.CustomerHub, order: int) -> None:
    fields = {"name": "name", "plan": "plan", "website": "site"}
    mapping = uc.Mapping(table="accounts", key="id", fields=fields, observed_at="seen")
    rows = [
        ("crm", ("c1", "Acme Ltd", "free", "acme.com", "2024-01-01T00:00:00Z")),
        ("erp", ("e1", "Acme Limited", None, "acme.com", "2024-02-01T00:00:00Z")),
        ("erp", ("e2", "Other", "gold", "other.example", "2024-02-01T00:00:00Z")),
    ]
    for source, row in rows[::order]:
        frame = pl.DataFrame([row], schema=["id", "name", "plan", "site", "seen"], orient="row")
        frame = frame.with_columns(pl.all().cast(pl.String))
        hub.load(uc.source("dataframe", frame, table="accounts", name=source, mapping=mapping))
    hub.identity.resolve_accounts()
    found = hub.identity.accounts(purpose="analytics").accounts
    assert sorted(found.select("name", "plan").rows()) == [("Acme Limited", "free"), ("Other", "gold")]
