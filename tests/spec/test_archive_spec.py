"""Laws of export and import: a hub that was written out and read back is the same hub."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import unified_customer as uc
from unified_customer.connectors import FieldMap, Statement
from unified_customer.core.tables import TABLES
from unified_customer.hub.archive import archived_key, export_hub, import_hub
from unified_customer.store import Store

KEY = b"k" * 32
POLICY = uc.Policy(bases={"analytics": "legitimate_interests"})
CRM = uc.Mapping(
    table="records",
    key="id",
    fields={"email": "mail", "given_name": "name"},
    consents=(
        Statement(column="news", purpose="marketing", values={"yes": "granted"}, stated_at=FieldMap(column="said")),
    ),
)
SALES = uc.Mapping(
    table="order_lines",
    person="id",
    fields={"order_id": "order", "occurred_at": "when", "quantity": "units", "unit_price": "price"},
)

people = st.lists(
    st.fixed_dictionaries({
        "id": st.sampled_from(["1", "2", "3", "4", "5", ""]),
        "mail": st.sampled_from(["ann@example.com", "ANN@example.com", "bob@example.com", "no mail", ""]),
        "name": st.text(max_size=4) | st.sampled_from(["Ann", "Bob", "a\0b"]),
        "news": st.sampled_from(["yes", "", "perhaps"]),
        "said": st.sampled_from(["2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z"]),
    }),
    max_size=8,
)  # fmt: skip
sales = st.lists(
    st.fixed_dictionaries({
        "id": st.sampled_from(["1", "2", "7", ""]),
        "order": st.sampled_from(["A", "B"]),
        "when": st.sampled_from(["2025-03-01T00:00:00Z", "tomorrow"]),
        "units": st.sampled_from(["1", "-2", "many"]),
        "price": st.decimals(0, 10**9, places=4).map(str),
    }),
    max_size=6,
)  # fmt: skip

few = settings(max_examples=max(10, settings().max_examples // 4))  # each example writes and reads a folder of files


def clock() -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC)


def hub_at(url: str, key: bytes = KEY) -> uc.CustomerHub:
    return uc.CustomerHub(url, policy=POLICY, keys=uc.MemoryKeyProvider(key), clock=clock)


def fill(hub: uc.CustomerHub, crm: list[dict[str, Any]], sold: list[dict[str, Any]]) -> None:
    for rows, table, mapping in ((crm, "records", CRM), (sold, "order_lines", SALES)):
        if rows:
            frame = pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String))
            hub.load(uc.source("dataframe", frame, table=table, name="crm", mapping=mapping))
    hub.resolve()


@contextmanager
def round_trip(hub: uc.CustomerHub) -> Iterator[tuple[Store, uc.CustomerHub]]:
    """Give the store that a hub was imported into, and a hub on a copy of it."""
    with TemporaryDirectory() as folder, closing(uc.open_store("memory://")) as store:
        export, copied = Path(folder) / "export", Path(folder) / "copy.zip"
        export_hub(hub._store, key=KEY, folder=export)
        import_hub(export, store, clock=clock)
        store.backup(copied)
        with hub_at(f"memory:///{copied}", archived_key(export)) as copy:
            yield store, copy


@few
@given(crm=people, sold=sales)
def test_every_table_comes_back_with_its_sequence_and_its_times(
    crm: list[dict[str, Any]], sold: list[dict[str, Any]]
) -> None:
    with hub_at("memory://") as hub:
        fill(hub, crm, sold)
        with round_trip(hub) as (store, _):
            for name in TABLES:
                assert_frame_equal(store.read(name), hub._store.read(name), check_row_order=False)
            assert store.last_seq() == hub._store.last_seq()


@few
@given(crm=people, sold=sales)
def test_an_imported_hub_shows_the_same_customers(crm: list[dict[str, Any]], sold: list[dict[str, Any]]) -> None:
    with hub_at("memory://") as hub:
        fill(hub, crm, sold)
        with round_trip(hub) as (_, copy):
            assert_frame_equal(copy.customers(purpose="analytics"), hub.customers(purpose="analytics"))


@few
@given(before=people, after=people)
def test_what_is_loaded_after_an_import_gets_the_ids_it_would_have_got_without(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    with hub_at("memory://") as hub:
        fill(hub, before, [])
        with round_trip(hub) as (_, copy):
            fill(hub, after, [])
            fill(copy, after, [])
            assert_frame_equal(copy._store.read("links"), hub._store.read("links"), check_row_order=False)
            assert_frame_equal(copy._store.read("identities"), hub._store.read("identities"), check_row_order=False)
