"""One sweep through the store: what is over is deleted, kept about nobody, or emptied, some rows at a time.

Each portion is a transaction of its own, with the entry in the audit and with what follows from it: identifiers that
name nothing any more, and the single customer view of those who stay. So a sweep that is cut off leaves nothing half
done, and another one goes on where it ended. Inside a transaction holds and last activities are as they are then: if
others wrote in between, they are read anew.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import polars as pl

from unified_customer.core.models import Actor
from unified_customer.core.tables import RECORDED_AT, RECORDS, SEQ, TABLES, Table
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.governance.retention.anonymous import FORMS, about_nobody
from unified_customer.governance.retention.blanking import blank
from unified_customer.governance.retention.finding import (
    ENDS,
    FOUND,
    RULE,
    STARTED,
    Rules,
    Search,
    column_searches,
    row_searches,
)
from unified_customer.governance.retention.leftovers import Leftovers, Remaining
from unified_customer.governance.retention.surroundings import Surroundings, look_around
from unified_customer.governance.retention.tally import Tally
from unified_customer.policy.lapse import HOLDER
from unified_customer.store import Keys, Writer

JOINING: Final = ("records", "identifiers")
"""Tables whose rows join records, and make the single customer view."""

Turns = Callable[[], AbstractContextManager[Writer]]


@dataclass
class Sweep:
    """Carries out what the rules say at one instant.

    Attributes:
        turns: Opens a transaction for each portion.
        rules: The rules.
        as_of: What is over at this instant goes.
        at: The present instant.
        actor: Who sweeps.
        remaining: Looks after customers who lose a part; None: nothing is written that is not deleted (a dry run).
        size: Rows of a portion.
    """

    turns: Turns
    rules: Rules
    as_of: datetime
    at: datetime
    actor: Actor
    remaining: Remaining | None
    size: int
    tally: Tally = field(default_factory=Tally)
    _around: Surroundings | None = None
    _seen: int = -1

    def run(self) -> Tally:
        """Sweep through all tables, and return what went."""
        with self._turn() as leftovers:
            filled = {name for name in TABLES if leftovers.writer.count(name)}
        every = row_searches(self.rules, self.as_of, size=self.size)
        searches = [search for search in every if search.table.name in filled]
        for search in searches:
            self._rows(search)
        for search in searches:
            self._about_nobody(search)
        for name in sorted(filled):
            self._columns(TABLES[name])
        return self.tally

    @contextmanager
    def _turn(self) -> Iterator[Leftovers]:
        with self.turns() as writer:
            if self._around is None or writer.last_seq() != self._seen:
                self._around = look_around(writer, active=self.rules.count_activity)
            yield Leftovers(writer, self._around, self.tally)
            self._seen = writer.last_seq()

    # ---------------------------------------------------------------------------------------------------------- rows

    def _rows(self, search: Search) -> None:
        place, over = _Place(), None
        while place.more:
            with self._turn() as leftovers:
                over = self._next(leftovers, search, place)
                self._delete(leftovers, search, over)

    def _delete(self, leftovers: Leftovers, search: Search, over: pl.DataFrame) -> None:
        gone = _by(search, over, then="delete")
        if gone.is_empty():
            return
        self.tally.count(search, gone, then="delete")
        self._remove(leftovers, search.table, gone)
        self._enter(leftovers.writer, search.table, "delete", gone)

    def _remove(self, leftovers: Leftovers, table: Table, over: pl.DataFrame) -> None:
        writer, keys = leftovers.writer, Keys(over.select(SEQ), (SEQ,))
        if "record_id" in table.columns:
            time = [table.time] if table.time else []
            leftovers.remember_activity(
                table.name, writer.read(table.name, columns=["record_id", *time, RECORDED_AT], keys=keys)
            )
        if table.name == "identifiers":
            leftovers.unsay(writer.read(table.name, columns=["record_id", "kind", "value_key"], keys=keys))
        writer.delete(table.name, over.select(SEQ))
        self._look_after(leftovers, table, over)

    def _look_after(self, leftovers: Leftovers, table: Table, over: pl.DataFrame) -> None:
        about = over.filter(pl.col(HOLDER).is_not_null())
        records = about.select(pl.coalesce("record_id", HOLDER).alias("record_id"), HOLDER).unique()
        cleared = leftovers.clear(records)
        losing = cleared.staying if table.name in JOINING else cleared.stubs
        self._hold_together(leftovers.writer, losing, rebuild=table is RECORDS)

    def _hold_together(self, writer: Writer, losing: pl.DataFrame, *, rebuild: bool) -> None:
        if self.remaining is None or losing.is_empty():
            return
        self.remaining.anchor(writer, losing.select("record_id").unique(), at=self.at, actor=self.actor)
        if rebuild:
            self.remaining.rebuild(writer, losing.select(customer_id=HOLDER).unique())

    # ------------------------------------------------------------------------------------------------- about nobody

    def _about_nobody(self, search: Search) -> None:
        """Keep rows of a table about nobody: all at once, since they are to hide among each other."""
        if search.table.name not in FORMS or all(rule.then != "anonymise" for rule in search.terms.about):
            return
        with self._turn() as leftovers:
            over = _by(search, self._all_over(leftovers, search), then="anonymise")
            if over.height:
                self._anonymise(leftovers, search, over)

    def _all_over(self, leftovers: Leftovers, search: Search) -> pl.DataFrame:
        """Return all rows that are over, each once."""
        place, found = _Place(), [pl.DataFrame(schema=FOUND)]
        while place.more:
            found.append(self._next(leftovers, search, place))
        return pl.concat(found)

    def _anonymise(self, leftovers: Leftovers, search: Search, over: pl.DataFrame) -> None:
        writer, table = leftovers.writer, search.table
        rows = writer.read(table.name, keys=Keys(over.select(SEQ), (SEQ,)))
        k = max(search.terms.all[place].k for place in over[RULE].unique())
        kept, out = about_nobody(table, rows, k=k, after=writer.last_seq())
        self.tally.count(search, over.join(out, on=SEQ, how="anti"), then="anonymise")
        self.tally.count(search, over.join(out, on=SEQ, how="semi"), then="suppress")
        self._remove(leftovers, table, over)
        if self.remaining is not None:
            writer.append(table.name, kept)
        self._enter(writer, table, "anonymise", over)

    # ------------------------------------------------------------------------------------------------------- columns

    def _columns(self, table: Table) -> None:
        places = {each: _Place() for each in column_searches(table, self.rules, self.as_of, size=self.size)}
        while any(place.more for place in places.values()):
            with self._turn() as leftovers:
                found = {each: self._next(leftovers, each, place) for each, place in places.items() if place.more}
                self._blank(leftovers, table, {search: over for search, over in found.items() if over.height})

    def _next(self, leftovers: Leftovers, search: Search, place: "_Place") -> pl.DataFrame:
        """Return what is over in the next rows that a search looks at."""
        probes = list(search.probes(leftovers.writer, leftovers.around))
        while place.probe < len(probes):
            verdict = search.look(leftovers.writer, leftovers.around, probes[place.probe], after=place.after)
            place.move(verdict.last)
            over = place.anew(verdict.over)
            if over.height:
                return over
        place.more = False
        return pl.DataFrame(schema=FOUND)

    def _blank(self, leftovers: Leftovers, table: Table, over: Mapping[Search, pl.DataFrame]) -> None:
        if not over:
            return
        for search, rows in over.items():
            self.tally.count(search, rows, then="blank")
        together = pl.concat([rows.drop(RULE, STARTED, ENDS) for rows in over.values()]).unique(SEQ)
        if self.remaining is not None:
            blank(leftovers.writer, table, {str(search.terms.column): rows[SEQ] for search, rows in over.items()})
        if table is RECORDS:
            self._hold_together(leftovers.writer, together, rebuild=True)
        self._enter(leftovers.writer, table, "blank", together)

    def _enter(self, writer: Writer, table: Table, what: str, over: pl.DataFrame) -> None:
        people = over[HOLDER].drop_nulls().n_unique()
        detail = {"did": what}
        entry = Entry("retention", table=table.name, as_of=self.as_of, rows=over.height, people=people, detail=detail)
        write_entry(writer, self.actor, entry, at=self.at)


@dataclass
class _Place:
    """How far a search has come; where nothing is written, a row is met again in the next probe."""

    probe: int = 0
    after: int = 0
    more: bool = True
    met: list[pl.Series] = field(default_factory=list)

    def move(self, last: int | None) -> None:
        """Go on behind the last position that was looked at, or to the next probe."""
        if last is None:
            self.probe, self.after = self.probe + 1, 0
        else:
            self.after = last

    def anew(self, over: pl.DataFrame) -> pl.DataFrame:
        """Return the rows that were not met before."""
        new = over.filter(~pl.col(SEQ).is_in(pl.concat(self.met).implode())) if self.met else over
        self.met.append(new[SEQ])
        return new


def _by(search: Search, over: pl.DataFrame, *, then: str) -> pl.DataFrame:
    """Return the rows that a rule deletes, or keeps about nobody: what cannot be kept so is deleted."""
    wanted = [
        place
        for place, rule in enumerate(search.terms.all)
        if (rule.then if search.table.name in FORMS else "delete") == then
    ]
    return over.filter(pl.col(RULE).is_in(wanted))
