"""When a row or a value is over: the instant, and the rule that says so, as Polars expressions over a table's rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final

import polars as pl

from unified_customer.core.fields import Party, covers
from unified_customer.core.tables import IDENTIFIERS, RECORDED_AT, RECORDS, Table
from unified_customer.policy.periods import Period
from unified_customer.policy.retention import (
    KEPT_OF_NOBODY,
    OPEN_COLUMNS,
    STILL_HEARD,
    UNTIL,
    RetentionRule,
    default_rule,
    field_of,
    in_order,
    rules_about,
)

LAST_ACTIVITY: Final = "_last_activity"
"""Column to be given beside those of the table: when the customer of the row was last active."""

HOLDER: Final = "_customer"
"""Column to be given beside those of the table: whose the row is; null: nobody's."""

SHORTEST_MONTH: Final = 28
BEGINNING: Final = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class Terms:
    """The rules that a column of a table, or its rows as a whole, are under.

    Attributes:
        table: The table.
        column: A column; None: the rows as a whole.
        rules: The rules of a policy.
        parties: Source -> who it is, where it is not whom the field dictionary says.
    """

    table: Table
    column: str | None
    rules: tuple[RetentionRule, ...] = ()
    parties: Mapping[str, Party] = field(default_factory=dict)

    @cached_property
    def about(self) -> tuple[RetentionRule, ...]:
        """The rules that can be about it."""
        return rules_about(self.table, self.column, self.rules)

    @cached_property
    def defaults(self) -> dict[Party | None, RetentionRule]:
        """What the field dictionary says, by who the source is; None: whoever it is not told of."""
        told = sorted(set(self.parties.values())) if self._has_sources else []
        parties: list[Party | None] = [None, *told]
        found = {party: default_rule(self.table, self.column, party=party) for party in parties}
        return {party: rule for party, rule in found.items() if rule is not None}

    @cached_property
    def all(self) -> tuple[RetentionRule, ...]:
        """Every rule that can decide, in an order of their own."""
        return in_order([*self.about, *self.defaults.values()])

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table that the expressions read."""
        named = ("source", "purpose", "kind", "status")
        own = {self.table.time, UNTIL.get(self.table.name), *(each for each in named if each in self.table.columns)}
        return tuple(name for name in (*self.table.columns, RECORDED_AT) if name in {*own, RECORDED_AT})

    def ends(self) -> pl.Expr:
        """Return the instant from which on it is over; null where no rule ends it."""
        return pl.min_horizontal(pl.lit(None, dtype=pl.Datetime("us", "UTC")), *self._instants())

    def decided_by(self) -> pl.Expr:
        """Return the place in `all` of the rule that ends it; null where none does."""
        ends = self.ends()
        first = (pl.when(each == ends).then(pl.lit(place)) for place, each in enumerate(self._instants()))
        return pl.coalesce(pl.lit(None, dtype=pl.Int32), *first)

    def started_before(self, as_of: datetime, *, since: str) -> datetime | None:
        """Return the latest start of anything that is over at `as_of`; None where no rule counts from there."""
        lengths = [shortest(rule.keep) for rule in self.all if rule.since == since]
        if not lengths:
            return None
        length = min(lengths)
        return as_of - length if length < as_of - BEGINNING else BEGINNING

    def _instants(self) -> list[pl.Expr]:
        starts = {"event": self.start(), "last_activity": pl.col(LAST_ACTIVITY)}
        return [
            pl.when(self._applies(rule) & self._can_end()).then(after(rule.keep, starts[rule.since]))
            for rule in self.all
        ]

    def start(self) -> pl.Expr:
        """Return the instant from which the rules count: the row's own time, or when it was recorded."""
        if self.table.name in UNTIL:
            return pl.col(UNTIL[self.table.name])
        return pl.col(RECORDED_AT) if self.table.time is None else pl.coalesce(self.table.time, RECORDED_AT)

    def _can_end(self) -> pl.Expr:
        if self.table.name == "consents" and self.column is None:
            return ~pl.col("status").is_in(STILL_HEARD)
        if self.table.name in KEPT_OF_NOBODY and self.column not in OPEN_COLUMNS:
            return pl.col(HOLDER).is_not_null()
        return pl.lit(value=True)

    def _applies(self, rule: RetentionRule) -> pl.Expr:
        if rule in self.about:
            return self._fits(rule)
        replaced = pl.any_horizontal(pl.lit(value=False), *(self._fits(each) for each in self.about if each.specific))
        owner = next(party for party, default in self.defaults.items() if default == rule)
        return ~replaced & self._of_party(owner)

    def _of_party(self, party: Party | None) -> pl.Expr:
        """Return whether the row comes from whom a default is for; one that is not told of is None."""
        if not self._has_sources or not self.parties:
            return pl.lit(value=party is None)
        sources = sorted(name for name, each in self.parties.items() if party is None or each == party)
        among = pl.col("source").is_in(sources)
        return ~among if party is None else among

    def _fits(self, rule: RetentionRule) -> pl.Expr:
        conditions = [pl.lit(value=True)]
        if rule.sources:
            conditions.append(pl.col("source").is_in(rule.sources))
        if rule.party is not None:
            conditions.append(self._party() == rule.party)
        if rule.purpose is not None:
            purpose = pl.col("purpose")
            conditions.append((purpose == rule.purpose) | purpose.str.starts_with(f"{rule.purpose}."))
        if rule.since == "last_activity":
            conditions.append(pl.col(LAST_ACTIVITY).is_not_null())
        if rule.category is not None and self.table is IDENTIFIERS:
            conditions.append(_of_kind(rule.category))
        return pl.all_horizontal(conditions)

    def _party(self) -> pl.Expr:
        about = field_of(self.table, self.column)
        own = pl.lit(None if about is None else about.party, dtype=pl.String)
        if not self._has_sources or not self.parties:
            return own
        return pl.coalesce(
            pl.col("source").replace_strict(dict(self.parties), default=None, return_dtype=pl.String), own
        )

    @property
    def _has_sources(self) -> bool:
        return "source" in self.table.columns


def _of_kind(category: str) -> pl.Expr:
    """Return whether an identifier is of a category: an e-mail address is one wherever it stands."""
    plain = IDENTIFIERS.fields["value"].category
    own = {kind: RECORDS.fields[kind].category for kind in ("email", "phone")}
    kinds = [kind for kind, each in own.items() if covers(category, each)]
    return pl.lit(value=covers(category, plain)) | pl.col("kind").is_in(kinds)


def after(keep: Period, start: pl.Expr) -> pl.Expr:
    """Return the instants at which periods that begin at `start` are over: `Period.after` for a column.

    Examples:
        >>> frame = pl.DataFrame({"start": [datetime(2026, 1, 31, tzinfo=UTC)]})
        >>> frame.select(after(Period(months=1), pl.col("start"))).item().date().isoformat()
        '2026-02-28'
    """
    over = start.dt.offset_by(f"{keep.months}mo") if keep.months else start
    over += pl.duration(days=keep.days, hours=keep.hours, time_unit="us")
    return over.dt.add_business_days(keep.business_days, roll="backward") if keep.business_days else over


def shortest(keep: Period) -> timedelta:
    """Return a length that no period of this kind falls short of, whenever it begins."""
    return timedelta(days=keep.months * SHORTEST_MONTH + keep.days + keep.business_days, hours=keep.hours)
