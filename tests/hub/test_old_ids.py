"""Ids that were merged away: whatever takes a customer takes any id ever issued."""

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.errors import UnknownCustomerError

PURPOSE = "marketing"
MAPPING = uc.Mapping(table="records", key="id", fields={"email": "mail", "given_name": "name"})
PEOPLE = pl.DataFrame({"id": ["1", "2"], "mail": ["ann@example.com", "a.lee@example.com"], "name": ["Ann", "Ann"]})


@pytest.fixture
def merged(hub: uc.CustomerHub) -> tuple[uc.CustomerHub, str, str]:
    hub.load(uc.source("dataframe", PEOPLE, table="records", name="crm", mapping=MAPPING))
    hub.resolve()
    one, other = hub.customers(purpose="analytics")["customer_id"]
    new = hub.merge(one, other)
    return hub, new, other if new == one else one


def test_reads_name_the_customer_by_an_old_id(merged: tuple[uc.CustomerHub, str, str]) -> None:
    hub, new, old = merged
    read = hub.read("records", purpose="analytics", customers=[old])
    assert read["customer_id"].to_list() == [new, new]
    assert hub.profile(old, purpose="analytics").customer_id == new


def test_statements_are_recorded_under_an_old_id(merged: tuple[uc.CustomerHub, str, str]) -> None:
    hub, new, old = merged
    hub.consent.record(PURPOSE, "granted", customer_id=old)
    assert hub.customers(purpose=PURPOSE)["customer_id"].to_list() == [new]
    assert hub.consent.statements(customer_id=old).height == 4


def test_a_customer_is_erased_under_an_old_id(merged: tuple[uc.CustomerHub, str, str]) -> None:
    hub, new, old = merged
    receipt = hub.rights.erase(old)
    assert hub.customers(purpose="analytics").is_empty()
    for each in (new, old):
        with pytest.raises(UnknownCustomerError, match="was erased"):
            hub.history(each)
        assert hub.rights.erase(each) == receipt
        assert hub.read("records", purpose="analytics", customers=[each]).is_empty()


def test_an_id_that_was_never_issued_is_a_clear_error(merged: tuple[uc.CustomerHub, str, str]) -> None:
    hub, new, _ = merged
    with pytest.raises(UnknownCustomerError, match=r"1 of the 2 ids were never issued.*hub\.customers"):
        hub.read("records", purpose="analytics", customers=[new, "0" * 24])
    with pytest.raises(UnknownCustomerError, match="No record of that id"):
        hub.history("0" * 24)


def test_an_id_whose_record_is_not_resolved_yet_says_so(merged: tuple[uc.CustomerHub, str, str]) -> None:
    hub, _, _ = merged
    hub.load(uc.source("dataframe", PEOPLE, table="records", name="shop", mapping=MAPPING))
    fresh = hub._store.read("identities", where=[uc.Where("source", "==", "shop")])["record_id"][0]
    with pytest.raises(UnknownCustomerError, match=r"hub\.resolve"):
        hub.history(fresh)
    assert hub.read("records", purpose="analytics", customers=[fresh]).is_empty()
