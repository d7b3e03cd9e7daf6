"""Deleting what a plan says from every table, and counting for whom."""

from collections.abc import Iterable
from typing import Final

import polars as pl

from unified_customer.core.tables import QUARANTINE, TABLES
from unified_customer.governance.erasure.plan import OWNER, Plan
from unified_customer.store import Keys, Reader, Writer

KEPT: Final = {
    "identities": "The name and place of each record (a keyed hash and a number), so that no other id moves.",
    "tombstones": "Keyed hashes of records and of identifiers that were theirs alone, so that they stay out.",
    "consents": "What was said, as proofs without a name: who has the key can show that an identifier said it.",
    "audit": "Who did what under which id of a customer; never a value.",
    "artifact_subjects": "Which fits they went into, so that these are followed up.",
    "request_events": "What was asked for and when, under an id of a customer.",
    "erasure_steps": "How far this erasure is.",
    "holds": "Why data could not be deleted.",
}
"""Tables that keep something of people who were erased, and why."""

QUARANTINED: Final = QUARANTINE.name
CUSTOMER_TABLES: Final = tuple(name for name, each in TABLES.items() if each.subject == "customer" and name not in KEPT)
RECORD_TABLES: Final = tuple(
    name for name, each in TABLES.items() if each.subject == "record" and name not in {*KEPT, QUARANTINED}
)
SIDES: Final = ("record_a", "record_b")
COUNTED: Final = {OWNER: pl.String(), "table": pl.String(), "rows": pl.Int64()}


def going() -> Iterable[tuple[str, str]]:
    """Yield which tables rows go from, and by which column."""
    for name in CUSTOMER_TABLES:
        yield name, "customer_id"
        if "record_id" in TABLES[name].columns:
            yield name, "record_id"
    yield from ((name, "record_id") for name in RECORD_TABLES)
    yield from (("link_decisions", side) for side in SIDES)


def remove(writer: Writer, plan: Plan) -> pl.DataFrame:
    """Delete the rows of all tables but the quarantine; return `owner`, `table`, `rows`."""
    counted = [_removed(writer, name, plan.people.rename({"record_id": column}), column) for name, column in going()]
    accounts = own_accounts(writer, plan)
    counted.append(_tally(accounts, "accounts"))
    writer.delete("accounts", accounts.select("source", "account_id"))
    return _sum(counted)


def foreseen(reader: Reader, plan: Plan) -> pl.DataFrame:
    """Return what `remove` would, without deleting anything."""
    parts = []
    for name, column in going():
        key = list(TABLES[name].key)
        found = reader.read(name, columns=key, keys=Keys(plan.people.rename({"record_id": column}), (column,)))
        parts.append(found.select(OWNER, pl.lit(name).alias("table"), found.select(key).hash_rows().alias("row")))
    once = pl.concat(parts).unique(["table", "row"], keep="first", maintain_order=True)
    rows = once.group_by(OWNER, "table", maintain_order=True).agg(rows=pl.len().cast(pl.Int64))
    return _sum([rows, _tally(own_accounts(reader, plan), "accounts")])


def _removed(writer: Writer, name: str, keys: pl.DataFrame, column: str) -> pl.DataFrame:
    found = writer.read(name, columns=[column], keys=Keys(keys, (column,)))
    if found.height:
        writer.delete(name, keys.select(column))
    return _tally(found, name)


def _tally(found: pl.DataFrame, name: str) -> pl.DataFrame:
    counted = found.group_by(OWNER).agg(rows=pl.len().cast(pl.Int64))
    return counted.select(OWNER, pl.lit(name).alias("table"), "rows")


def _sum(counted: list[pl.DataFrame]) -> pl.DataFrame:
    together = pl.concat([pl.DataFrame(schema=COUNTED), *counted])
    return together.group_by(OWNER, "table", maintain_order=True).agg(pl.col("rows").sum())


def own_accounts(reader: Reader, plan: Plan) -> pl.DataFrame:
    """Return accounts that are a person rather than an organisation: `source`, `account_id`, `owner`.

    Nobody else belongs to them, and they bear a name or an identifier of the person.
    """
    accounts = reader.read("accounts", columns=["source", "account_id", "name", "website", "traits"])
    if accounts.is_empty():
        return accounts.select("source", "account_id").with_columns(pl.lit(None, dtype=pl.String).alias(OWNER))
    linked = reader.read("account_links", columns=["source", "account_id", "record_id"])
    others = linked.join(plan.people, on="record_id", how="anti").select("source", "account_id").unique()
    alone = accounts.join(others, on=["source", "account_id"], how="anti")
    owners = [_named_by(plan, *row) for row in alone.select("name", "website", "traits").iter_rows()]
    return alone.select("source", "account_id", pl.Series(OWNER, owners, dtype=pl.String)).drop_nulls(OWNER)


def _named_by(plan: Plan, *texts: str | None) -> str | None:
    said = [text for text in texts if text]
    found: set[str] = set()
    for text in said:
        found |= plan.traces.named(text)
    return max(found, default=None)


def in_quarantine(reader: Reader, plan: Plan) -> pl.DataFrame:
    """Return rows in quarantine that are about the people, also where nobody could read whose: `quarantine_id`, `owner`."""
    named = reader.read(QUARANTINED, columns=["quarantine_id"], keys=Keys(plan.people, ("record_id",)))
    parts = [named.select("quarantine_id", OWNER)]
    for held in reader.batches(QUARANTINED, columns=["quarantine_id", "source", "payload"]):
        texts = held.drop_nulls("payload")
        owners = [max(plan.traces.owners(text, source), default=None) for _, source, text in texts.iter_rows()]
        found = texts.select("quarantine_id", pl.Series(OWNER, owners, dtype=pl.String))
        parts.append(found.drop_nulls(OWNER))
    return pl.concat(parts).unique("quarantine_id", keep="first", maintain_order=True)
