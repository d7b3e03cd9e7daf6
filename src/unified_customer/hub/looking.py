"""What a publication would be by one state of the store, and which of its tables are not so yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from unified_customer.core.errors import ChangesExpiredError
from unified_customer.core.spec import canonical_json, content_hash
from unified_customer.core.tables import SEQ, TABLES
from unified_customer.governance.door import Opened, Query, query
from unified_customer.hub.publications import Part, Publication
from unified_customer.reports.publishing import Naming, Schema, Sources, build, columns_to_read
from unified_customer.store import Reader, Where


@dataclass(frozen=True, eq=False)
class Look:
    """What a publication would be by one state of the store.

    Attributes:
        asked: The publication.
        schema: What it may hold.
        opened: The state, and the decision.
        naming: Gives keys.
        position: The position of the store.
        counts: Rows by table that it is made of.
    """

    asked: Publication
    schema: Schema
    opened: Opened
    naming: Naming
    position: int
    counts: Mapping[str, int]

    @property
    def names(self) -> list[str]:
        """Its tables."""
        return [table.name for table in self.schema]

    def stale(self, digests: Mapping[str, str], *, together: bool = False) -> list[str]:
        """Return the tables that are not as they would be written now.

        Args:
            digests: Of what lies there, by table.
            together: All of them, if any is not.
        """
        intact = [name for name, part in self.asked.parts.items() if digests.get(name) == part.digest]
        found = [name for name in self.names if name not in intact or self.changed(name)]
        dropped = set(self.asked.parts) - set(self.names)
        return self.names if dropped or (together and found) else found

    def changed(self, name: str) -> bool:
        """Return whether a table would be another than when it was last written."""
        part = self.asked.parts.get(name)
        if part is None or part.basis != self.basis(name):
            return True
        reader = self.opened.reader
        return any(
            _moved(reader, source, part.position, part.counts[source]) for source in self.schema.table(name).reads
        )

    def part(self, name: str, *, rows: int, digest: str) -> Part:
        """Return what is remembered of a table that was written."""
        counts = {source: self.counts[source] for source in self.schema.table(name).reads}
        return Part(rows=rows, position=self.position, counts=counts, basis=self.basis(name), digest=digest)

    def basis(self, name: str) -> str:
        """Return a hash of what a table is made of beside rows: its people, columns, calendar and purpose."""
        table = self.schema.table(name)
        return content_hash(self._settings, self._people if table.about_people else "", name)

    def tables(self, names: Sequence[str]) -> tuple[dict[str, pl.DataFrame], pl.Series]:
        """Return some tables as they are now, and the customers who are in the publication."""
        past = self.asked.as_of is not None
        asking = queries(self.asked, columns_to_read(self.schema, names, past=past)) if names else {}
        frames = dict(zip(asking, self.opened.read(list(asking.values())), strict=True)) if asking else {}
        people = self._customers(frames)
        sources = Sources(self.schema, frames, people, self.naming, self.asked.calendar, self.asked.as_of)
        return dict(build(sources, names)), people

    def _customers(self, frames: Mapping[str, pl.DataFrame]) -> pl.Series:
        """Return who is in it: everybody whom the purpose may see, or of whom it could have told then."""
        if "dim_customer" not in self.schema:
            return pl.Series("customer_id", dtype=pl.String)
        if self.asked.as_of is None:
            return self.opened.admission.customers["customer_id"]
        seen = [frame["customer_id"] for frame in frames.values() if "customer_id" in frame.columns]
        return pl.concat([pl.Series("customer_id", dtype=pl.String), *seen]).drop_nulls().unique().sort()

    @cached_property
    def _settings(self) -> str:
        tables = {table.name: table.names for table in self.schema}
        return canonical_json({**self.asked.head.said(), "tables": tables})

    @cached_property
    def _people(self) -> str:
        return self.naming.content(self.opened.admission.records.select("record_id", "customer_id"))


def _moved(reader: Reader, name: str, position: int, count: int) -> bool:
    """Return whether a table that had so many rows at a position changed since."""
    try:
        return not reader.changes(name, since=position, limit=1).is_empty()
    except ChangesExpiredError:
        # Deletions are no longer kept: where nothing is newer, they are what is missing.
        return bool(reader.count(name, where=[Where(SEQ, ">", position)])) or reader.count(name) != count


def queries(asked: Publication, columns: Mapping[str, Sequence[str] | None]) -> dict[str, Query]:
    """Return what is asked of each table; rows about nobody known are not personal data, and come along."""
    return {name: _query(asked, name, wanted) for name, wanted in columns.items()}


def _query(asked: Publication, name: str, columns: Sequence[str] | None) -> Query:
    return query(
        name,
        asked.purpose,
        actor=asked.actor,
        channel=asked.channel,
        recipient=asked.recipient,
        as_of=asked.as_of,
        columns=columns,
        anonymous="include" if TABLES[name].subject == "record" else "exclude",
    )
