"""The laws of accounts: the same organisations from the same words in any order, ids that stay, and mailboxes of nobody."""

from datetime import UTC, datetime, timedelta
from random import Random

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from unified_customer.core.tables import ACCOUNT_LINKS, ACCOUNTS
from unified_customer.identity.account_rows import AccountRows, account_ids, account_rows, source_ids
from unified_customer.identity.accounts import AccountMatching
from unified_customer.identity.organisations import FREE_MAIL

START = datetime(2024, 1, 1, tzinfo=UTC)
NAMES = ("Acme GmbH", "ACME", "Brandt & Sons", "Quill Ltd", "self-employed", None)
DOMAINS = ("acme.com", "brandt.example", "gmail.com", "gmx.de", None)
EXACT = AccountMatching(matcher=None)
OF_RECORDS = {
    "record_id": pl.String(), "organisation": pl.String(), "email": pl.String(),
    "observed_at": pl.Datetime("us", "UTC"), "recorded_at": pl.Datetime("us", "UTC"), "deleted": pl.Boolean(),
    "seq": pl.Int64(),
}  # fmt: skip

versions = st.lists(
    st.tuples(
        st.sampled_from("abcdef"), st.sampled_from(NAMES), st.sampled_from(DOMAINS), st.integers(0, 4),
        st.sampled_from((False, False, False, True)),
    ),
    max_size=14,
)  # fmt: skip
statements = st.lists(
    st.tuples(
        st.sampled_from(("crm", "shop")), st.sampled_from("123"), st.sampled_from(NAMES), st.sampled_from(DOMAINS),
        st.sampled_from((None, "DE1", "DE2")),
    ),
    max_size=6, unique_by=lambda row: row[:2],
)  # fmt: skip
members = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(("crm", "shop")), st.sampled_from("1234"), st.integers(0, 4)),
    max_size=5,
    unique_by=lambda row: row,
)


class World:
    """What sources and records say, as tables."""

    def __init__(self, said: list[tuple], stated: list[tuple], members: list[tuple]) -> None:  # type: ignore[type-arg]  # rows of many shapes
        rows = [
            (record, name, box and f"{record}@{box}", START + timedelta(days=day), START, gone, 100 + place)
            for place, (record, name, box, day, gone) in enumerate(said)
        ]
        self.records = pl.DataFrame(rows, schema=OF_RECORDS, orient="row")
        accounts = [
            (number, source, name, box, tax and f'{{"vat_id": "{tax}"}}', START)
            for source, number, name, box, tax in stated
        ]
        named = ["account_id", "source", "name", "website", "traits", "observed_at"]
        of_accounts = pl.DataFrame(accounts, schema={name: ACCOUNTS.columns[name] for name in named}, orient="row")
        self.accounts = ACCOUNTS.conform(of_accounts).with_columns(seq=pl.int_range(pl.len(), dtype=pl.Int64))
        links = [(record, number, START + timedelta(days=day), source) for record, source, number, day in members]
        linked = ["record_id", "account_id", "valid_from", "source"]
        of_links = pl.DataFrame(links, schema={name: ACCOUNT_LINKS.columns[name] for name in linked}, orient="row")
        self.links = ACCOUNT_LINKS.conform(of_links).with_columns(seq=pl.int_range(50, 50 + pl.len(), dtype=pl.Int64))

    def rows(self, *, known: pl.DataFrame | None = None, seed: int | None = None) -> AccountRows:
        tables = [self.accounts, self.links, self.records]
        if seed is not None:
            tables = [each[Random(seed).sample(range(len(each)), len(each))] for each in tables]
        found = EXACT.resolve(*tables)
        before = ACCOUNTS.empty() if known is None else known
        return account_rows(found, tables[0].drop("seq"), tables[1].drop("seq"), before, key_of=lambda names: names)


worlds = st.builds(World, versions, statements, members)


@given(worlds, st.integers(0, 99))
def test_the_order_of_rows_changes_no_account(world: World, seed: int) -> None:
    for one, other in zip(world.rows(), world.rows(seed=seed), strict=True):
        assert_frame_equal(one, other)


@given(worlds)
def test_to_resolve_accounts_again_changes_nothing(world: World) -> None:
    first = world.rows()
    for one, other in zip(world.rows(known=first.accounts), first, strict=True):
        assert_frame_equal(one, other)


@given(worlds, worlds)
def test_an_account_keeps_its_id_whatever_else_is_said_or_taken_back(before: World, after: World) -> None:
    known = before.rows().accounts
    found = after.rows(known=known)
    assert found.accounts["account_id"].is_unique().all()
    assert set(found.account_links["account_id"]) <= set(found.accounts["account_id"])


@given(worlds)
def test_every_account_of_a_source_is_of_one_account(world: World) -> None:
    crosswalk = source_ids(world.rows().accounts)
    stated = pl.concat(
        [world.accounts.select("source", "account_id"), world.links.select("source", "account_id")]
    ).unique()
    assert sorted(crosswalk.select("source", "source_account_id").rows()) == sorted(stated.rows())


@given(worlds)
def test_no_account_is_named_after_what_only_people_said(world: World) -> None:
    found = world.rows().accounts
    of_sources = source_ids(found)["account_id"]
    nameless = found.filter(~pl.col("account_id").is_in(of_sources.implode()))
    assert nameless.select("name", "website", "country", "industry").null_count().row(0) == (nameless.height,) * 4


@given(worlds)
def test_domains_of_everybody_and_words_for_nobody_make_no_account(world: World) -> None:
    everybodys = world.records.filter(
        pl.col("email").str.contains("gmail|gmx") & pl.col("organisation").is_in(["self-employed"])
    )
    silent = World([], [], [])
    silent.records = everybodys
    assert silent.rows().accounts.is_empty()
    assert "gmail.com" not in EXACT.resolve(world.accounts, world.links, world.records).namings["domain"]


@given(worlds)
def test_a_record_belongs_to_one_account_at_a_time_by_what_it_says(world: World) -> None:
    alone = World([], [], [])
    alone.records = world.records
    links = alone.rows().account_links.sort("record_id", "valid_from")
    until = links.with_columns(next=pl.col("valid_from").shift(-1).over("record_id"))
    assert until.filter(pl.col("valid_to").is_null() & pl.col("next").is_not_null()).is_empty()
    assert until.filter(pl.col("valid_to") > pl.col("next")).is_empty()


@given(worlds)
def test_two_tax_ids_are_joined_only_where_name_and_domain_are_equal(world: World) -> None:
    found = EXACT.resolve(world.accounts, world.links, world.records).namings
    several = found.drop_nulls("tax_id").filter(pl.n_unique("tax_id").over("account") > 1)
    equal = several.drop_nulls(["name", "domain"]).filter(pl.n_unique("tax_id").over("account", "name", "domain") > 1)
    assert set(several["account"]) == set(equal["account"])


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=8, unique_by=lambda row: row[1]),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=8, unique_by=lambda row: row[0]),
)
def test_no_two_accounts_have_one_id(now: list[tuple[int, int]], before: list[tuple[int, int]]) -> None:
    texts = [
        pl.DataFrame(rows, schema=[("a", pl.Int64), ("b", pl.Int64)], orient="row").cast(pl.String)
        for rows in (now, before)
    ]
    ids = account_ids(texts[0].rename({"a": "account", "b": "key"}), texts[1].rename({"a": "key", "b": "account_id"}))
    assert ids["account_id"].is_unique().all()
    assert set(ids["account"]) == {str(account) for account, _ in now}


def test_the_domains_of_everybody_are_written_in_lower_case() -> None:
    assert all(domain == domain.lower() and "." in domain for domain in FREE_MAIL)
