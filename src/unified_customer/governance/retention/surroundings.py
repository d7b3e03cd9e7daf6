"""What the rules of retention ask beside the row itself: whose it is, when they were last active, what is held."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import polars as pl

from unified_customer.core.fields import covers
from unified_customer.core.kinds import RECORD
from unified_customer.core.tables import IDENTIFIERS, RECORDED_AT, RECORDS, TABLES, Table
from unified_customer.governance.holds import held_customers, standing_holds
from unified_customer.governance.naming import CURRENT
from unified_customer.policy.lapse import HOLDER, LAST_ACTIVITY
from unified_customer.policy.retention import SUBJECT_MATTER
from unified_customer.store import Keys, Reader

ACTIVE_IN: Final = ("records", "events", "order_lines", "answers")
"""Tables whose rows say that somebody was active: the last of them counts."""

HELD: Final = "_held"
INSTANT: Final = pl.Datetime("us", "UTC")
SUBJECT: Final = ("subject_kind", "subject_key")


@dataclass(frozen=True)
class Surroundings:
    """What is known of customers in one state of the store.

    Attributes:
        owners: `record_id` and whose it is: a record that nobody resolved yet is its own.
        activity: Customer and when it was last active; empty where no rule asks.
        holds: The holds that stand, with their `holder`.
    """

    owners: pl.DataFrame
    activity: pl.DataFrame
    holds: pl.DataFrame
    _inactive: dict[datetime, pl.DataFrame] = field(default_factory=dict, repr=False)

    def placed(self, reader: Reader, table: Table, rows: pl.DataFrame) -> pl.DataFrame:
        """Return rows with whose they are and when these were last active.

        A statement about an identifier that several hold is told once for each of them.
        """
        if table.name == "consents":
            owned = rows.join(self._speakers(reader, rows), on=list(SUBJECT), how="left")
        else:
            owned = self._owned(rows, [name for name in ("customer_id", "record_id") if name in table.columns])
        return owned.join(self.activity, on=HOLDER, how="left")

    def _owned(self, rows: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
        if not columns:
            return rows.with_columns(pl.lit(None, dtype=pl.String).alias(HOLDER))
        named = rows.with_columns(pl.coalesce(columns).alias("_named"))
        owned = named.join(self.owners, left_on="_named", right_on="record_id", how="left")
        return owned.with_columns(pl.coalesce(HOLDER, "_named").alias(HOLDER)).drop("_named")

    def _speakers(self, reader: Reader, rows: pl.DataFrame) -> pl.DataFrame:
        asked = rows.select(kind="subject_kind", value_key="subject_key").unique()
        carried = reader.read(
            "identifiers", columns=["record_id", "kind", "value_key"], keys=Keys(asked, ("kind", "value_key"))
        )
        own = asked.filter(kind=RECORD).with_columns(record_id="value_key")
        speaking = pl.concat([carried, own.select(carried.columns)])
        owned = self._owned(speaking, ["record_id"])
        return owned.select(subject_kind="kind", subject_key="value_key", **{HOLDER: HOLDER}).unique()

    def inactive_records(self, since: datetime) -> pl.DataFrame:
        """Return `record_id` of all records of customers who were last active at `since` or before, and their own ids."""
        if since not in self._inactive:
            customers = self.activity.filter(pl.col(LAST_ACTIVITY) <= since).select(HOLDER)
            records = self.owners.join(customers, on=HOLDER, how="semi").select("record_id")
            self._inactive[since] = pl.concat([records, customers.select(record_id=HOLDER)]).unique()
        return self._inactive[since]

    def held(self, table: Table, column: str | None) -> pl.Expr:
        """Return whether a row, or the value in one column, is held."""
        about = self.holds.filter(
            (pl.col("subject_table").is_null() | (pl.col("subject_table") == table.name))
            & self._in_category(table, column)
        )
        return _among(about["holder"])

    def held_in(self, tables: Collection[str]) -> pl.Expr:
        """Return whether anything in one of `tables` is held of the customer of a row."""
        about = self.holds.filter(pl.col("subject_table").is_null() | pl.col("subject_table").is_in(list(tables)))
        return _among(about["holder"])

    def _in_category(self, table: Table, column: str | None) -> pl.Expr:
        categories = held_categories(table, column)
        covered = {each for each in self.holds["category"].drop_nulls() if any(covers(each, one) for one in categories)}
        return pl.col("category").is_null() | pl.col("category").is_in(sorted(covered))


def _among(holders: pl.Series) -> pl.Expr:
    if holders.null_count():
        return pl.lit(value=True)
    return pl.col(HOLDER).is_in(holders.unique().implode()).fill_null(value=False)


def held_categories(table: Table, column: str | None) -> set[str]:
    """Return the data categories by which a value, or a row with all that it holds, can be held."""
    if column is not None:
        return {table.fields[column].category}
    contacts = {RECORDS.fields[kind].category for kind in ("email", "phone")} if table is IDENTIFIERS else set()
    matter = {SUBJECT_MATTER[table.name].category} if table.name in SUBJECT_MATTER else set()
    return {field.category for field in table.fields.values() if field.personal} | contacts | matter


def look_around(reader: Reader, *, active: bool) -> Surroundings:
    """Return what is known of customers; when they were last active only if a rule asks."""
    links = reader.read("links", columns=["record_id", "customer_id"], where=[CURRENT])
    owners = links.rename({"customer_id": HOLDER})
    holds = held_customers(reader, standing_holds(reader))
    return Surroundings(owners, _activity(reader, owners, active=active), holds)


def _activity(reader: Reader, owners: pl.DataFrame, *, active: bool) -> pl.DataFrame:
    empty = pl.DataFrame(schema={HOLDER: pl.String(), LAST_ACTIVITY: INSTANT})
    if not active:
        return empty
    remembered = reader.read("activity", columns=["record_id", "last_active_at"])
    told = [remembered.rename({"last_active_at": LAST_ACTIVITY}), *_latest_rows(reader)]
    latest = pl.concat(told).group_by("record_id").agg(pl.col(LAST_ACTIVITY).max())
    owned = latest.join(owners, on="record_id", how="left")
    by_customer = owned.group_by(pl.coalesce(HOLDER, "record_id").alias(HOLDER)).agg(pl.col(LAST_ACTIVITY).max())
    return by_customer.select(empty.columns)


def _latest_rows(reader: Reader) -> Iterator[pl.DataFrame]:
    for name in ACTIVE_IN:
        time = str(TABLES[name].time)
        for part in reader.batches(name, columns=["record_id", time, RECORDED_AT]):
            yield last_active(part, time).rename({"last_active_at": LAST_ACTIVITY})


def last_active(rows: pl.DataFrame, time: str) -> pl.DataFrame:
    """Return `record_id` and `last_active_at` of rows about somebody."""
    known = rows.filter(pl.col("record_id").is_not_null())
    return known.group_by("record_id").agg(last_active_at=pl.coalesce(time, RECORDED_AT).max())
