"""Whom rows are about: from the rows of any table to the people of the hub."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import polars as pl

from unified_customer.core.kinds import RECORD
from unified_customer.core.tables import Table
from unified_customer.governance.graves import buried
from unified_customer.governance.naming import CURRENT
from unified_customer.store import Keys, Reader, Where

KnownAs = Literal["customer", "visitor", "unresolved", "erased"]
"""A customer of whom a source has a record; one of whom there are events or statements alone; a record that is not
resolved yet; a person who was erased since."""

NAMING: Final[Mapping[str, tuple[str, ...]]] = {"link_decisions": ("record_a", "record_b")}
"""Columns with ids of people in tables whose rows are about several of them."""

PEOPLE: Final = {"customer_id": pl.String, "known_as": pl.String}
SUBJECT: Final = ("subject_kind", "subject_key")


def naming_columns(table: Table) -> tuple[str, ...]:
    """Return the columns of `table` that name whom a row is about; none where its rows are about nobody.

    Examples:
        >>> from unified_customer.core.tables import CONSENTS, EVENTS, EXPOSURES, ITEMS
        >>> [naming_columns(each) for each in (EVENTS, EXPOSURES, CONSENTS, ITEMS)]
        [('record_id',), ('customer_id', 'record_id'), ('subject_kind', 'subject_key'), ()]
    """
    if table.name in NAMING:
        return NAMING[table.name]
    if set(SUBJECT) <= set(table.columns):
        return SUBJECT
    column = table.subject_column
    if column is None:
        return ()
    return tuple(dict.fromkeys([column, *(["record_id"] if "record_id" in table.columns else [])]))


@dataclass
class Concerned:
    """Collects, batch by batch, whom rows are about."""

    _ids: list[pl.Series] = field(default_factory=list)
    _subjects: list[pl.DataFrame] = field(default_factory=list)

    def add(self, table: Table, rows: pl.DataFrame) -> int:
        """Take in rows with the naming columns of their table; return how many of them name nobody."""
        columns = naming_columns(table)
        if not columns:
            return rows.height
        if columns == SUBJECT:
            self._subjects.append(rows.select(SUBJECT).unique())
            return 0
        self._ids += [rows[name].drop_nulls().unique() for name in columns]
        return rows.select(pl.all_horizontal(pl.col(name).is_null() for name in columns).sum()).item()  # type: ignore[no-any-return]  # the sum of truth values

    def add_ids(self, ids: Iterable[str] | pl.Series) -> None:
        """Take in ids of records or customers."""
        self._ids.append(pl.Series(ids, dtype=pl.String).drop_nulls())

    def people(self, reader: Reader) -> pl.DataFrame:
        """Return everybody whom the rows are about, each once: `customer_id`, `known_as`, sorted by id.

        Somebody without a customer (not resolved yet, or erased) goes by the id that the rows named.
        """
        return people_of(reader, self._records(reader))

    def _records(self, reader: Reader) -> pl.Series:
        subjects = pl.concat([pl.DataFrame(schema=dict.fromkeys(SUBJECT, pl.String)), *self._subjects]).unique()
        own = subjects.filter(subject_kind=RECORD)["subject_key"]
        named = subjects.filter(pl.col("subject_kind") != RECORD).select(kind="subject_kind", value_key="subject_key")
        held = reader.read("identifiers", columns=["record_id"], keys=Keys(named, ("kind", "value_key")))["record_id"]
        return pl.concat([pl.Series("record_id", [], dtype=pl.String), *self._ids, own, held]).unique()


def people_of(reader: Reader, ids: pl.Series) -> pl.DataFrame:
    """Return the people whom ids of records or customers stand for now: `customer_id`, `known_as`, sorted by id."""
    asked = pl.DataFrame({"record_id": ids.cast(pl.String)}).drop_nulls().unique()
    keys = Keys(asked, ("record_id",))
    held = reader.read("links", columns=["customer_id"], where=[CURRENT], keys=keys).unique()
    linked = reader.read("links", columns=["record_id"], where=[CURRENT], keys=keys)
    rest = asked.join(linked, on="record_id", how="anti")["record_id"]
    parts = [pl.DataFrame(schema=PEOPLE), _known(reader, held), _unknown(reader, rest)]
    return pl.concat(parts).sort("customer_id")


def _known(reader: Reader, customers: pl.DataFrame) -> pl.DataFrame:
    links = reader.read(
        "links", columns=["record_id", "customer_id"], where=[CURRENT], keys=Keys(customers, ("customer_id",))
    )
    keys, described = Keys(links.select("record_id"), ("record_id",)), [Where("origin", "==", RECORD)]
    recorded = reader.read("identities", columns=["record_id"], where=described, keys=keys)
    named = links.join(recorded, on="record_id", how="semi")["customer_id"].unique()
    visitor = (
        pl.when(pl.col("customer_id").is_in(named.implode())).then(pl.lit("customer")).otherwise(pl.lit("visitor"))
    )
    return customers.select("customer_id", known_as=visitor)


def _unknown(reader: Reader, ids: pl.Series) -> pl.DataFrame:
    gone = buried(reader, RECORD, ids)
    known_as = pl.when(pl.col("record_id").is_in(gone.implode())).then(pl.lit("erased")).otherwise(pl.lit("unresolved"))
    return ids.to_frame("record_id").select(customer_id="record_id", known_as=known_as)
