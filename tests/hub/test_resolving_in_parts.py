"""The single customer view, built some customers at a time."""

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.hub import resolving

MAPPING = uc.Mapping(table="records", key="id", fields={"email": "mail", "given_name": "name"})


def view() -> list[tuple[object, ...]]:
    rows = [{"id": str(number), "mail": f"p{number % 7}@example.com", "name": "Ann"} for number in range(20)]
    with uc.CustomerHub(policy=uc.Policy.quickstart(), keys=uc.MemoryKeyProvider(b"k" * 32)) as hub:
        hub.load(uc.source("dataframe", pl.DataFrame(rows), table="records", name="crm", mapping=MAPPING))
        hub.resolve()
        return hub.customers(purpose="analytics").rows()


def test_the_view_is_the_same_however_many_customers_are_built_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = view()
    monkeypatch.setattr(resolving, "AT_ONCE", 2)
    assert view() == whole
    assert len(whole) == 7


def test_all_links_of_a_customer_stay_together() -> None:
    links = pl.DataFrame({"record_id": list("abcdef"), "customer_id": list("aacdda")})
    parts = list(resolving.some_at_a_time(links, 2))
    assert [sorted(part["customer_id"].unique()) for part in parts] == [["a", "c"], ["d"]]


def test_without_links_there_are_no_parts() -> None:
    links = pl.DataFrame(schema={"record_id": pl.String, "customer_id": pl.String})
    assert list(resolving.some_at_a_time(links, 2)) == []
