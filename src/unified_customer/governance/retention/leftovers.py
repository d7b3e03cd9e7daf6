"""What goes with the rows that end: identifiers that name nothing any more, and customers of whom nothing is kept.

A record of which no row is kept stays as a stub in `identities`: its id, which may be that of a customer, stays in
place. Nothing keeps its person out: whoever comes back is taken in like anybody else. So there are no tombstones, and
a no that was said about an identifier stays as the keyed hash that it is.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Protocol

import polars as pl

from unified_customer.core.kinds import RECORD
from unified_customer.core.models import Actor
from unified_customer.core.tables import CONSENTS, IDENTIFIERS, RECORDED_AT, SEQ, TABLES
from unified_customer.governance.retention.blanking import blank
from unified_customer.governance.retention.surroundings import ACTIVE_IN, Surroundings, last_active
from unified_customer.governance.retention.tally import Tally
from unified_customer.policy.lapse import HOLDER
from unified_customer.policy.sharing import UTTERED, YES_STATUS
from unified_customer.store import Keys, Reader, Where, Writer

REMEMBERED_IN: Final = ("records", "events", "order_lines", "answers", "exposures", "outcomes")
"""Tables of which a row keeps its record: its identifiers and its place in a customer."""

NAMING: Final = ("identifiers", "account_links")
"""Tables that go with the record."""

CALLED: Final = ["record_id", "kind", "value_key"]
SPOKEN_OF: Final = ["subject_kind", "subject_key"]
SUBJECTS: Final = [pl.col("kind").alias("subject_kind"), pl.col("value_key").alias("subject_key")]


class Remaining(Protocol):
    """What has to be done about customers that lose a part: the hub knows how they are joined and shown."""

    def anchor(self, writer: Writer, records: pl.DataFrame, *, at: datetime, actor: Actor) -> None:
        """Hold customers together of whom `records` (`record_id`) lose what joined them to the others."""
        ...

    def rebuild(self, writer: Writer, customers: pl.DataFrame) -> None:
        """Build the single customer view of `customers` (`customer_id`) anew."""
        ...

    def settled(self) -> None:
        """Let nothing that was read before outlast what was done."""
        ...


class Cleared(NamedTuple):
    """What is left of customers after clearing up.

    Attributes:
        staying: The records that lost rows or what named them, of customers of whom something is kept: `record_id`,
            customer.
        stubs: Those of them of which nothing is kept themselves.
    """

    staying: pl.DataFrame
    stubs: pl.DataFrame


@dataclass(frozen=True)
class Leftovers:
    """Clears up inside one transaction after rows were deleted or blanked.

    Attributes:
        writer: The transaction.
        around: What was known of customers before.
        tally: Where what goes is counted.
    """

    writer: Writer
    around: Surroundings
    tally: Tally

    def remember_activity(self, table: str, rows: pl.DataFrame) -> None:
        """Remember when people were last active, of rows that are about to go: `record_id`, time, `recorded_at`."""
        if table not in ACTIVE_IN:
            return
        latest = last_active(rows, str(TABLES[table].time))
        keys = Keys(latest.select("record_id"), ("record_id",))
        known = self.writer.read("activity", columns=["record_id", "last_active_at"], keys=keys)
        both = pl.concat([known, latest.select(known.columns)])
        self.writer.upsert("activity", both.group_by("record_id", maintain_order=True).agg(pl.all().max()))

    def unsay(self, going: pl.DataFrame) -> None:
        """Delete the yeses about identifiers (`record_id`, `kind`, `value_key`) that go, unless others said them too.

        A yes about an identifier that nobody carries speaks for nobody, and one about an identifier that others carry
        too opens nobody while it is shared (see `policy.sharing`): it must not open whoever is left alone with it.
        """
        carrying = self._carrying(going.select("kind", "value_key").unique())
        after = carrying.join(going, on=CALLED, how="anti")
        left = carrying.join(after, on=["kind", "value_key", HOLDER], how="anti", nulls_equal=True)
        held = carrying.filter(self.around.held(CONSENTS, None))
        about = left.join(held, on=["kind", "value_key"], how="anti").select(SUBJECTS).unique()
        others = about.join(after.select(SUBJECTS).unique(), on=SPOKEN_OF, how="semi")
        yes = self._yeses(about)
        theirs = self._yeses(after.select(subject_kind=pl.lit(RECORD), subject_key="record_id"))
        said = yes.join(others, on=SPOKEN_OF, how="semi").join(theirs, on=UTTERED, how="semi", nulls_equal=True)
        self._delete("consents", yes.join(said, on="statement_id", how="anti"))
        self._conceal(about.join(others, on=SPOKEN_OF, how="anti"))

    def _carrying(self, named: pl.DataFrame) -> pl.DataFrame:
        """Return who carries identifiers: `record_id`, `kind`, `value_key`, customer."""
        rows = self.writer.read("identifiers", columns=CALLED, keys=Keys(named, ("kind", "value_key")))
        return self.around.placed(self.writer, IDENTIFIERS, rows)

    def _yeses(self, subjects: pl.DataFrame) -> pl.DataFrame:
        columns = ["statement_id", "subject_kind", "subject_key", *UTTERED, SEQ]
        keys = Keys(subjects.unique(), ("subject_kind", "subject_key"))
        return self.writer.read("consents", columns=columns, where=[Where("status", "in", YES_STATUS)], keys=keys)

    def clear(self, records: pl.DataFrame) -> "Cleared":
        """Remove what is kept of nobody any more, after rows of `records` (`record_id`, customer) were deleted."""
        mates = self._mates(records)
        kept = mates.join(remembered(self.writer, mates.select("record_id")), on="record_id", how="semi")
        held = mates.filter(self.around.held_in([*NAMING, "links", "customers"]))
        bare = mates.join(pl.concat([kept, held]), on="record_id", how="anti")
        unnamed = self._forget(bare)
        staying = pl.concat([kept, held]).select(HOLDER).unique()
        self._leave(bare.join(staying, on=HOLDER, how="anti"))
        touched = pl.concat([records.select(bare.columns), bare.join(unnamed, on="record_id", how="semi")]).unique()
        losing = touched.join(staying, on=HOLDER, how="semi")
        return Cleared(losing, losing.join(bare, on="record_id", how="semi"))

    def _mates(self, records: pl.DataFrame) -> pl.DataFrame:
        """Return all records of the customers of some: `record_id`, customer."""
        others = self.around.owners.join(records, on=HOLDER, how="semi").select("record_id", HOLDER)
        return pl.concat([others, records.select("record_id", HOLDER)]).unique("record_id", maintain_order=True)

    def _forget(self, bare: pl.DataFrame) -> pl.DataFrame:
        """Delete what names records of which nothing is kept; return whom something named: `record_id`."""
        keys = Keys(bare.select("record_id"), ("record_id",))
        going = self.writer.read("identifiers", columns=CALLED, keys=keys)
        if going.height:
            self.unsay(going)
        for name in NAMING:
            self._delete_of(name, bare, "record_id")
        return going.select("record_id").unique()

    def _leave(self, gone: pl.DataFrame) -> None:
        """Delete what is left of customers of whom nothing is kept."""
        records = gone.select("record_id")
        own = gone.filter(~self.around.held(CONSENTS, "evidence"))
        self._conceal(own.select(subject_kind=pl.lit(RECORD), subject_key="record_id"))
        for side in ("record_a", "record_b"):
            self.writer.delete("link_decisions", records.rename({"record_id": side}))
        for name in ("activity", "links"):
            self.writer.delete(name, records)
        self.writer.delete("customers", records.rename({"record_id": "customer_id"}))
        for name in ("memberships", "scores"):
            self._delete_of(name, gone, "customer_id")

    def _conceal(self, subjects: pl.DataFrame) -> None:
        """Blank where the proof is kept of what was said about subjects that leave."""
        keys = Keys(subjects, tuple(SPOKEN_OF))
        told = self.writer.read("consents", columns=[SEQ], where=[Where("evidence", "is_not_null")], keys=keys)
        blank(self.writer, CONSENTS, {"evidence": told[SEQ]})

    def _delete_of(self, name: str, records: pl.DataFrame, column: str) -> None:
        keys = Keys(records.select(pl.col("record_id").alias(column), HOLDER), (column,))
        time = TABLES[name].time
        going = self.writer.read(name, columns=[column, SEQ, RECORDED_AT, *([time] if time else [])], keys=keys)
        self._delete(name, going.filter(~self.around.held(TABLES[name], None)))

    def _delete(self, name: str, rows: pl.DataFrame) -> None:
        if rows.height:
            self.tally.count_rest(name, rows)
            self.writer.delete(name, rows.select(SEQ))


def remembered(reader: Reader, records: pl.DataFrame) -> pl.DataFrame:
    """Return those of `records` of which anything is kept that says or did something: `record_id`, each once."""
    found = [_named_in(reader, name, records, "record_id") for name in REMEMBERED_IN]
    found += [_named_in(reader, name, records, "customer_id") for name in ("exposures", "outcomes")]
    found.append(_granting(reader, records))
    return pl.concat(found).unique()


def _named_in(reader: Reader, name: str, records: pl.DataFrame, column: str) -> pl.DataFrame:
    keys = Keys(records.rename({"record_id": column}), (column,))
    return reader.read(name, columns=[column], keys=keys).unique().select(record_id=column)


def _granting(reader: Reader, records: pl.DataFrame) -> pl.DataFrame:
    """Return those of `records` that carry what somebody said yes about."""
    carried = reader.read("identifiers", columns=CALLED, keys=Keys(records, ("record_id",)))
    own = records.select("record_id", kind=pl.lit(RECORD), value_key="record_id")
    named = pl.concat([carried, own.select(CALLED)]).select("record_id", *SUBJECTS)
    keys = Keys(named.select(SPOKEN_OF).unique(), tuple(SPOKEN_OF))
    yes = reader.read("consents", columns=SPOKEN_OF, where=[Where("status", "in", YES_STATUS)], keys=keys)
    return named.join(yes, on=SPOKEN_OF, how="semi").select("record_id").unique()
