"""Finding what is over: the rows that may be, in windows that fit in memory, and the verdict on each of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from unified_customer.core.fields import Party
from unified_customer.core.tables import RECORDED_AT, SEQ, TABLES, Table
from unified_customer.governance.retention.surroundings import HELD, Surroundings
from unified_customer.policy.lapse import HOLDER, Terms
from unified_customer.policy.retention import OUT_OF_REACH, UNTIL, RetentionRule, ending_columns
from unified_customer.store import Keys, Reader, Where

ENDS: Final = "_ends"
STARTED: Final = "_started"
RULE: Final = "_rule"
FOUND: Final[Mapping[str, pl.DataType]] = {
    SEQ: pl.Int64(),
    "record_id": pl.String(),
    HOLDER: pl.String(),
    STARTED: pl.Datetime("us", "UTC"),
    ENDS: pl.Datetime("us", "UTC"),
    RULE: pl.Int32(),
}
"""What is told of what is over; `record_id` is null where a table has none."""


@dataclass(frozen=True)
class Rules:
    """What retention goes by: the rules of a policy, and who the sources are."""

    rules: tuple[RetentionRule, ...]
    parties: Mapping[str, Party]

    @property
    def count_activity(self) -> bool:
        """Whether any rule counts from the last activity."""
        return any(rule.since == "last_activity" for rule in self.rules)


@dataclass(frozen=True)
class Probe:
    """Where in a table to look for what may be over."""

    where: tuple[Where, ...] = ()
    keys: Keys | None = None


@dataclass(frozen=True)
class Verdict:
    """What a window of a table held.

    Attributes:
        over: `FOUND`: what is over, whose it is, when it began and ended, and the place of the rule that says so.
        last: The last position that was looked at; None: there is nothing beyond it.
    """

    over: pl.DataFrame
    last: int | None


@dataclass(frozen=True, eq=False)
class Search:
    """Looks for what is over at one instant: rows of a table, or the values of one column in rows that stay."""

    terms: Terms
    rows: Terms
    as_of: datetime
    size: int

    @property
    def table(self) -> Table:
        """The table."""
        return self.terms.table

    def probes(self, reader: Reader, around: Surroundings) -> Iterator[Probe]:
        """Yield where to look; a row may be found in several places."""
        present = () if self.terms.column is None else (Where(self.terms.column, "is_not_null"),)
        for where in self._by_time():
            yield Probe((*present, *where))
        for keys in self._by_activity(reader, around):
            yield Probe(present, keys)

    def look(self, reader: Reader, around: Surroundings, probe: Probe, *, after: int) -> Verdict:
        """Return the verdict on the next rows of a probe, those with a position beyond `after`."""
        window = reader.read(
            self.table.name,
            columns=self._columns(),
            where=[*probe.where, Where(SEQ, ">", after)],
            keys=probe.keys,
            order_by=[SEQ],
            limit=self.size,
        )
        if window.is_empty():
            return Verdict(pl.DataFrame(schema=FOUND), None)
        last = None if window.height < self.size else int(window[SEQ][-1])
        return Verdict(self._over(around.placed(reader, self.table, window), around), last)

    def _over(self, placed: pl.DataFrame, around: Surroundings) -> pl.DataFrame:
        judged = placed.with_columns(
            self.terms.ends().alias(ENDS),
            self.terms.decided_by().alias(RULE),
            self.terms.start().alias(STARTED),
            around.held(self.table, self.terms.column).alias(HELD),
            self._whole_row_goes(around).alias("_goes"),
        )
        single = _for_all_holders(judged) if self.table.name == "consents" else judged
        over = single.filter((pl.col(ENDS) <= self.as_of) & ~pl.col(HELD) & ~pl.col("_goes"))
        named = over if "record_id" in over.columns else over.with_columns(record_id=pl.lit(None, dtype=pl.String))
        return named.select(list(FOUND))

    def _whole_row_goes(self, around: Surroundings) -> pl.Expr:
        if self.terms.column is None:
            return pl.lit(value=False)
        ended = (self.rows.ends() <= self.as_of).fill_null(value=False)
        return ended & ~around.held(self.table, None)

    def _columns(self) -> list[str]:
        named = {
            "record_id",
            "customer_id",
            "subject_kind",
            "subject_key",
            SEQ,
            *self.terms.columns,
            *self.rows.columns,
        }
        return [name for name in self.table.stored_columns if name in named]

    def _by_time(self) -> Iterator[tuple[Where, ...]]:
        before = self.terms.started_before(self.as_of, since="event")
        if before is None or self.table.time is None:
            return
        time = UNTIL.get(self.table.name, self.table.time)
        yield (Where(time, "<=", before),)
        if self.table.name not in UNTIL and self.table.schema.columns()[time].nullable:
            yield Where(time, "is_null"), Where(RECORDED_AT, "<=", before)

    def _by_activity(self, reader: Reader, around: Surroundings) -> Iterator[Keys]:
        before = self.terms.started_before(self.as_of, since="last_activity")
        records = None if before is None else around.inactive_records(before)
        if records is None or records.is_empty():
            return
        if self.table.name == "consents":
            yield _spoken_of(reader, records)
        for name in ("record_id", "customer_id"):
            if name in self.table.columns:
                yield Keys(records.rename({"record_id": name}), (name,))


def _spoken_of(reader: Reader, records: pl.DataFrame) -> Keys:
    carried = reader.read("identifiers", columns=["kind", "value_key"], keys=Keys(records, ("record_id",)))
    own = records.select(kind=pl.lit("record"), value_key="record_id")
    subjects = pl.concat([carried, own]).unique().select(subject_kind="kind", subject_key="value_key")
    return Keys(subjects, ("subject_kind", "subject_key"))


def _for_all_holders(judged: pl.DataFrame) -> pl.DataFrame:
    """Return each statement once: it is over when it is for all who hold its identifier, and held if any is."""
    unending = pl.col(ENDS).is_null().any()
    return judged.group_by(SEQ, maintain_order=True).agg(
        pl.when(~unending).then(pl.col(ENDS).max()).alias(ENDS),
        pl.col(HOLDER, STARTED, RULE).min(),
        pl.col(HELD, "_goes").any(),
    )


def row_searches(rules: Rules, as_of: datetime, *, size: int) -> list[Search]:
    """Return what to look for as whole rows: statements while it is known who spoke, identifiers last."""
    order = ("consents", *(name for name in TABLES if name not in {"consents", "identifiers"}), "identifiers")
    every = (_search(TABLES[name], None, rules, as_of, size=size) for name in order if name not in OUT_OF_REACH)
    return [search for search in every if search.terms.all]


def column_searches(table: Table, rules: Rules, as_of: datetime, *, size: int) -> list[Search]:
    """Return what to look for as single values of a table."""
    every = (_search(table, column, rules, as_of, size=size) for column in ending_columns(table))
    return [search for search in every if search.terms.all]


def _search(table: Table, column: str | None, rules: Rules, as_of: datetime, *, size: int) -> Search:
    terms, whole = (Terms(table, each, rules.rules, rules.parties) for each in (column, None))
    return Search(terms, whole, as_of, size)
