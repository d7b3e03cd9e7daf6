"""Organisations in a store: finding them, and reading them for a purpose."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from unified_customer.core.clock import Clock
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.keys import Keyring
from unified_customer.core.models import Actor
from unified_customer.core.tables import ACCOUNT_LINKS, ACCOUNTS, TABLES
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.governance.door import Door, query
from unified_customer.governance.gate import Admission
from unified_customer.identity.account_rows import FOUND, AccountRows, account_rows, source_ids
from unified_customer.identity.accounts import AccountMatching
from unified_customer.identity.organisations import FREE_MAIL, said_by_records
from unified_customer.store import Reader, Store, Where, Writer

OF_RECORDS: Final = ["record_id", "organisation", "email", "observed_at", "recorded_at", "deleted", "seq"]
NAMED_BY: Final = ("organisation", "email")
HEAD: Final = ["account_id", "name", "industry", "employees", "plan", "website", "country", "parent_account_id"]
LINKED: Final = ["account_id", "record_id", "role", "valid_from", "valid_to"]

_FOUND: Final = [Where("source", "==", FOUND)]
_STATED: Final = [Where("source", "!=", FOUND)]


@dataclass(frozen=True)
class AccountReport:
    """What a resolution of accounts did.

    Attributes:
        namings: Ways in which organisations are named: accounts of sources, and names and domains on records.
        accounts: Accounts that they are.
        links: Who belongs to which, counted by record and period.
    """

    namings: int
    accounts: int
    links: int

    def __str__(self) -> str:
        """Return the report for people."""
        return f"{self.namings:,} namings are {self.accounts:,} accounts, with {self.links:,} links of records"


@dataclass(frozen=True)
class AccountView:
    """Accounts as a purpose may see them.

    Attributes:
        accounts: `account_id`, `name`, `industry`, `employees`, `plan`, `website`, `country`, `parent_account_id`, and
            `customers`: how many of those whom the purpose may see belong to it now. Ordered by id.
        links: `customer_id`, `account_id`, `record_id`, `role`, `valid_from`, `valid_to`; ordered by all of them.
        crosswalk: `account_id`, `source`, `source_account_id`: what each source calls the account.
    """

    accounts: pl.DataFrame
    links: pl.DataFrame
    crosswalk: pl.DataFrame


def resolve_accounts(
    store: Store, spec: AccountMatching, *, keyring: Keyring, clock: Clock, actor: Actor, purpose: str
) -> AccountReport:
    """Find the accounts of everything that is stored, and write what changed in one transaction."""
    now = clock()
    with store.transaction(recorded_at=now) as writer:
        _refuse_source(writer)
        stated = writer.read("accounts", columns=[*ACCOUNTS.columns, "seq"], where=_STATED)
        memberships = writer.read("account_links", columns=[*ACCOUNT_LINKS.columns, "seq"], where=_STATED)
        known = writer.read("accounts", columns=list(ACCOUNTS.columns), where=_FOUND)
        found = spec.resolve(stated, memberships, writer.read("records", columns=OF_RECORDS))
        rows = account_rows(
            found, stated, memberships, known, key_of=lambda names: keyring.value_key_series("account", names)
        )
        _write(writer, rows)
        report = AccountReport(found.namings.height, rows.accounts.height, rows.account_links.height)
        detail = {"namings": report.namings, "links": report.links}
        entry = Entry("resolve_accounts", table="accounts", purpose=purpose, rows=report.accounts, detail=detail)
        write_entry(writer, actor, entry, at=now)
    return report


def _refuse_source(reader: Reader) -> None:
    """Refuse to take the rows of a source that is called as what is found is for what was found before."""
    stated = reader.read("accounts", columns=["traits"], where=_FOUND)["traits"]
    foreign = reader.count("identities", where=_FOUND) + stated.is_null().sum()
    if foreign or not stated.str.contains('"namings":', literal=True).all():
        message = f"A source is called {FOUND!r}, which is the name of what is found. Load it under another name."
        raise ConfigurationError(message)


def _write(writer: Writer, rows: AccountRows) -> None:
    for name, frame in rows._asdict().items():
        key = list(TABLES[name].key)
        stored = writer.read(name, columns=key, where=_FOUND)
        writer.delete(name, stored.join(frame, on=key, how="anti"))
        writer.upsert(name, frame)


def read_accounts(door: Door, *, purpose: str, actor: Actor) -> AccountView:
    """Return the accounts as `purpose` may see them; see `IdentityMap.accounts`."""
    asked = query("account_links", purpose, columns=LINKED, actor=actor)
    visible = door.columns(query("records", purpose, actor=actor))
    with door.opened(asked, action="accounts") as (reader, admission):
        links = reader.read("account_links", columns=LINKED, where=_FOUND).join(admission.records, on="record_id")
        stored = reader.read("accounts", columns=[*HEAD, "traits"], where=_FOUND)
        told = _told(reader, admission, links, [name for name in NAMED_BY if name in visible])
    crosswalk = source_ids(stored)
    seen = pl.concat([links.select("account_id"), crosswalk.select("account_id")]).unique()
    now = links.filter(pl.col("valid_to").is_null()).group_by("account_id").agg(customers=pl.n_unique("customer_id"))
    accounts = stored.select(HEAD).join(seen, on="account_id", how="semi").join(told, on="account_id", how="left")
    accounts = accounts.join(now, on="account_id", how="left").with_columns(
        name=pl.coalesce("name", "organisation"),
        website=pl.coalesce("website", "email"),
        customers=pl.col("customers").fill_null(0).cast(pl.Int64),
    )
    columns = ["customer_id", *LINKED]
    return AccountView(
        accounts.select(*HEAD, "customers").sort("account_id"), links.select(columns).sort(columns), crosswalk
    )


def _told(reader: Reader, admission: Admission, links: pl.DataFrame, visible: list[str]) -> pl.DataFrame:
    """Return what the records of those who may be seen call each account most often: `organisation`, and a domain as `email`."""
    records = reader.read("records", columns=OF_RECORDS).join(admission.records, on="record_id", how="semi")
    blank = (pl.lit(None, dtype=pl.String).alias(name) for name in NAMED_BY if name not in visible)
    said = said_by_records(records.with_columns(*blank), free=FREE_MAIL)
    # A link begins with the version that names the account.
    began = links.select("account_id", "record_id", at="valid_from").join(said, on=["record_id", "at"])
    organisations = _most_said(began.rename({"said": "organisation"}), "organisation")
    domains = _most_said(began.rename({"domain": "email"}), "email")
    return organisations.join(domains, on="account_id", how="full", coalesce=True)


def _most_said(said: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return what is said most often of each account, of several the longest."""
    counted = said.drop_nulls(name).group_by("account_id", name).len().with_columns(chars=pl.col(name).str.len_chars())
    ordered = counted.sort("len", "chars", name, descending=[True, True, False])
    return ordered.unique("account_id", keep="first", maintain_order=True).select("account_id", name)
