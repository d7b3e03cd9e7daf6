"""Rows of accounts that were found: ids that stay, what the sources say of each, and who belongs to which, from when to when.

Nothing that a person said becomes part of an account: of one that only people's records name there is an id and no
name.
"""

import json
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import polars as pl

from unified_customer.core.spec import canonical_json
from unified_customer.core.tables import ACCOUNT_LINKS, ACCOUNTS
from unified_customer.identity.accounts import Accounts

FOUND: Final = "unified_customer"
"""The source of the rows of `accounts` and `account_links` that are found, not stated."""

STATED: Final = ("name", "industry", "employees", "plan", "website", "country")

Keys = Callable[[pl.Series], pl.Series]


class AccountRows(NamedTuple):
    """What the tables hold of accounts that were found; `accounts` and `account_links` by their columns."""

    accounts: pl.DataFrame
    account_links: pl.DataFrame


def account_rows(
    found: Accounts, stated: pl.DataFrame, memberships: pl.DataFrame, known: pl.DataFrame, *, key_of: Keys
) -> AccountRows:
    """Return the rows of the accounts that were found.

    Args:
        found: Which organisations are one.
        stated: Rows of the table `accounts` as sources state them.
        memberships: Rows of the table `account_links` as sources state them.
        known: Rows of the table `accounts` that were found before. An organisation keeps its id; of those that became
            one, the one first seen keeps it; where one became several, the part that was seen first does.
        key_of: Names namings, by keyed hashes.
    """
    keyed = found.namings.with_columns(key=key_of(found.namings["naming"]), place=pl.int_range(pl.len()))
    ids = account_ids(keyed.select("account", "key"), _known_keys(known))
    named = keyed.join(ids, on="account", how="left", maintain_order="left")
    of_sources = named.select("source", "account_id", account="source_account_id").drop_nulls("source")
    by_naming = ids.rename({"account_id": "found"})
    said = found.said.join(by_naming, on="account", how="left", maintain_order="left")
    return AccountRows(_accounts(named, of_sources, stated), _links(of_sources, memberships, said))


def account_ids(namings: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Give each account its id.

    Args:
        namings: `account`, `key`, in the order in which they were first seen.
        known: `key`, `account_id`: which account each naming was of before.

    Returns:
        `account`, `account_id`: no two accounts with one id.

    Examples:
        >>> namings = pl.DataFrame({"account": ["a", "a", "b"], "key": ["1", "2", "3"]})
        >>> account_ids(namings, pl.DataFrame({"key": ["2", "3"], "account_id": ["2", "2"]})).rows()
        [('a', '2'), ('b', '3')]
    """
    placed = namings.with_row_index("place")
    named = known.select("account_id").unique().with_columns(key="account_id")
    claimed = pl.concat([known, named.select(known.columns)]).unique()
    claims = placed.join(claimed, on="key").with_columns(own=pl.col("key") == pl.col("account_id"))
    # Who holds the naming that an id is of has the first claim to it, then who was seen first.
    order = pl.struct(~pl.col("own"), "place")
    claims = claims.filter(order.rank("ordinal").over("account_id") == 1)
    kept = claims.sort(~pl.col("own"), "place").unique("account", keep="first", maintain_order=True)
    first = placed.unique("account", keep="first", maintain_order=True)
    return first.join(kept.select("account", "account_id"), on="account", how="left", maintain_order="left").select(
        "account", account_id=pl.coalesce("account_id", "key")
    )


def _known_keys(known: pl.DataFrame) -> pl.DataFrame:
    held = [
        (key, row) for row, text in known.select("account_id", "traits").iter_rows() for key in _loads(text)["namings"]
    ]
    return pl.DataFrame(held, schema={"key": pl.String, "account_id": pl.String}, orient="row")


def source_ids(accounts: pl.DataFrame) -> pl.DataFrame:
    """Return the accounts of sources that each account which was found is made of.

    Args:
        accounts: Rows of the table `accounts` that were found.

    Returns:
        `account_id`, `source`, `source_account_id`, ordered by all of them.
    """
    held = [
        (row, *each)
        for row, text in accounts.select("account_id", "traits").iter_rows()
        for each in _loads(text)["accounts"]
    ]
    schema = dict.fromkeys(("account_id", "source", "source_account_id"), pl.String)
    return pl.DataFrame(held, schema=schema, orient="row").sort("account_id", "source", "source_account_id")


def _loads(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def _accounts(named: pl.DataFrame, of_sources: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    said = stated.rename({"account_id": "account"}).join(of_sources, on=["source", "account"])
    parents = of_sources.select("source", parent_account_id="account", parent="account_id")
    said = said.join(parents, on=["source", "parent_account_id"], how="left")
    # What is said last counts, of equal times what comes first in the order of sources.
    latest = said.sort("observed_at", "source", "account", descending=[True, False, False], nulls_last=True)
    fields = (pl.col(name).drop_nulls().first() for name in STATED)
    parent = pl.col("parent").filter(pl.col("parent") != pl.col("account_id")).drop_nulls().first()
    of_account = latest.group_by("account_id").agg(
        *fields, parent_account_id=parent, observed_at=pl.col("observed_at").max()
    )
    rows = named.select("account_id").unique().join(of_account, on="account_id", how="left")
    rows = rows.join(_traits(named), on="account_id").with_columns(source=pl.lit(FOUND))
    return ACCOUNTS.conform(rows.sort("account_id"))


def _traits(named: pl.DataFrame) -> pl.DataFrame:
    """Return what an account is made of, as JSON: the accounts of sources, and all its namings by their keys."""
    of_source = pl.struct("source", "source_account_id").filter(pl.col("source").is_not_null())
    grouped = named.group_by("account_id").agg(accounts=of_source, namings=pl.col("key").sort())
    texts = [
        canonical_json({"accounts": sorted([*each.values()] for each in accounts), "namings": namings})
        for _, accounts, namings in grouped.iter_rows()
    ]
    return grouped.select("account_id", traits=pl.Series(texts, dtype=pl.String))


def _links(of_sources: pl.DataFrame, memberships: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    stated = memberships.rename({"account_id": "account"}).join(of_sources, on=["source", "account"])
    columns = ["record_id", "account_id", "valid_from", "valid_to", "role"]
    runs = _runs(said).with_columns(role=pl.lit(None, dtype=pl.String))
    both = pl.concat([stated.sort("source", "account").select(columns), runs.select(columns)])
    once = both.unique(["record_id", "account_id", "valid_from"], keep="first", maintain_order=True)
    return ACCOUNT_LINKS.conform(once.with_columns(source=pl.lit(FOUND)).sort(columns[:3]))


def _runs(said: pl.DataFrame) -> pl.DataFrame:
    """Return from when to when each record names an account: until it names another one, or is deleted."""
    changed = said.filter(pl.col("found").ne_missing(pl.col("found").shift(1).over("record_id")) | _first())
    ended = changed.with_columns(valid_to=pl.col("at").shift(-1).over("record_id"))
    return ended.drop_nulls("found").rename({"found": "account_id", "at": "valid_from"})


def _first() -> pl.Expr:
    return pl.int_range(pl.len()).over("record_id") == 0
