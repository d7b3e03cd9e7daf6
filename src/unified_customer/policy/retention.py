"""For how long data are kept: rules as data, and which of them a row or a value is under.

A row ends as a whole when its subject matter does: an event with the behaviour that it tells, an order line with the
purchase. A value that has to go sooner (the device in an event) is blanked before. What names a person or says
whose a row is goes with the row. When exactly something ends is worked out in `unified_customer.policy.lapse`.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from unified_customer.core.fields import FieldSpec, Party, covers
from unified_customer.core.models.base import Model
from unified_customer.core.models.purposes import Purpose
from unified_customer.core.tables import (
    ACCOUNT_LINKS,
    ANSWERS,
    CONSENTS,
    EVENTS,
    EXPOSURES,
    IDENTIFIERS,
    MEMBERSHIPS,
    ORDER_LINES,
    OUTCOMES,
    QUARANTINE,
    RECORDS,
    SCORES,
    TABLES,
    Table,
)
from unified_customer.policy.periods import Period
from unified_customer.policy.rules import Category

Since = Literal["event", "last_activity"]
Then = Literal["delete", "anonymise"]

SUBJECT_MATTER: Final[Mapping[str, FieldSpec]] = MappingProxyType(
    {
        "records": FieldSpec(category="user", meaning="What a source says of a person."),
        "identifiers": IDENTIFIERS.fields["value"],
        "account_links": ACCOUNT_LINKS.fields["account_id"],
        "events": EVENTS.fields["occurred_at"],
        "order_lines": ORDER_LINES.fields["occurred_at"],
        "answers": ANSWERS.fields["text"],
        "memberships": MEMBERSHIPS.fields["segment"],
        "scores": SCORES.fields["value"],
        "exposures": EXPOSURES.fields["exposed_at"],
        "outcomes": OUTCOMES.fields["occurred_at"],
        "consents": CONSENTS.fields["subject_key"],
        "quarantine": QUARANTINE.fields["payload"],
    }
)
"""What a row of each table is about: with it the row ends. Rows of other tables do not end, single values may."""

OUT_OF_REACH: Final = (
    "identities",
    "links",
    "link_decisions",
    "customers",
    "artifact_subjects",
    "tombstones",
    "audit",
    "request_events",
    "erasure_steps",
    "holds",
    "policies",
    "activity",
    "checkpoints",
)
"""Tables that no rule is about: stubs, what follows from other tables, and the proof of what was done."""

KEPT_OF_NOBODY: Final = ("events", "order_lines", "answers", "exposures", "outcomes")
"""Tables whose rows may be about nobody: such rows are no personal data and do not end."""

OPEN_COLUMNS: Final = ("url", "text", "properties", "context")
"""Columns that can hold anything, personal values too; they end in rows about nobody as well."""

UNTIL: Final[Mapping[str, str]] = MappingProxyType({"memberships": "left_at", "account_links": "valid_to"})
"""Tables of what lasts, and the column that says when it was over: while it lasts it is observed."""

STILL_HEARD: Final = ("denied", "withdrawn", "objected", "restricted")
"""Statements that never end by a rule: without them people would be addressed who said no."""


class RetentionRule(Model):
    """One rule: which data, for how long, and what becomes of them then.

    Everything that is given has to fit a value for the rule to be about it; what is left out fits everything. Of
    several rules about one value the shortest counts; at one instant deleting goes before anonymising. A rule that
    names a table, a category, a purpose, a party or sources stands in the place of the default of the field dictionary;
    one that names none of them is an upper bound beside the defaults.

    Raises:
        pydantic.ValidationError: There is no such table, or it is one that rules are not about.

    Examples:
        >>> rule = RetentionRule(table="events", keep=Period(months=25))
        >>> rule.since, str(rule)
        ('event', 'events: 25 months')
        >>> str(RetentionRule(keep=Period(months=36), since="last_activity"))
        'everything: 36 months after the last activity'
    """

    keep: Period
    table: str | None = None
    """Only rows of this table."""
    category: Category | None = None
    """Only values of this data category and below."""
    purpose: Purpose | None = None
    """Only rows that are kept for this purpose and below, in tables that say so."""
    party: Party | None = None
    """Only what comes from: the person (zero), our own observation (first), a partner (second), a broker (third)."""
    sources: tuple[str, ...] = ()
    """Only rows of these sources; none: of all."""
    since: Since = "event"
    """Counted from the row's own time, or from the last thing that its customer did."""
    then: Then = "delete"
    """Delete the rows, or keep them about nobody; what cannot be kept about nobody is deleted."""
    k: int = Field(default=5, ge=2)
    """Rows about nobody are kept in groups of at least so many that look alike; the others are deleted."""

    @model_validator(mode="after")
    def _know_the_table(self) -> Self:
        if self.table is not None and self.table not in TABLES:
            message = f"there is no table {self.table!r}"
            raise ValueError(message)
        if self.table in OUT_OF_REACH:
            message = (
                f"rows of table {self.table!r} do not end by a rule: they prove what was done, or keep ids in place"
            )
            raise ValueError(message)
        return self

    @property
    def specific(self) -> bool:
        """Whether it stands in the place of a default: it says what it is about."""
        return any((self.table, self.category, self.purpose, self.party, self.sources))

    def __str__(self) -> str:
        """Return the rule in words."""
        party = self.party and f"{self.party} party"
        named = [self.table, self.category, self.purpose and f"for {self.purpose}", party, *self.sources]
        about = ", ".join(each for each in named if each) or "everything"
        since = " after the last activity" if self.since == "last_activity" else ""
        return f"{about}: {self.keep}{since}{', then anonymise' if self.then == 'anonymise' else ''}"


def in_order(rules: Collection[RetentionRule]) -> tuple[RetentionRule, ...]:
    """Return each rule once, in an order of their own: deleting before anonymising, then by what they say."""
    return tuple(sorted(set(rules), key=lambda rule: (rule.then != "delete", rule.model_dump_json())))


def rules_about(
    table: Table, column: str | None, rules: Collection[RetentionRule], *, kinds: bool = True
) -> tuple[RetentionRule, ...]:
    """Return the rules that can be about a column of a table, or about its rows, in their order.

    Args:
        table: The table.
        column: A column; None: the rows as a whole.
        rules: All rules.
        kinds: Count a rule about e-mail addresses among those about identifiers, of which some are.

    Examples:
        >>> brief = RetentionRule(category="user.device", keep=Period(days=30))
        >>> rules_about(EVENTS, "context", [brief]) == (brief,), rules_about(EVENTS, None, [brief])
        (True, ())
    """
    about = field_of(table, column)
    if about is None:
        return ()
    categories = [about.category]
    if kinds and table is IDENTIFIERS and column in {None, "value"}:
        categories += [RECORDS.fields[kind].category for kind in ("email", "phone")]
    return tuple(rule for rule in in_order(rules) if _can_fit(rule, table, categories))


def _can_fit(rule: RetentionRule, table: Table, categories: Collection[str]) -> bool:
    return (
        (rule.table is None or rule.table == table.name)
        and (rule.category is None or any(covers(rule.category, each) for each in categories))
        and (rule.purpose is None or "purpose" in table.columns)
        and (not rule.sources or "source" in table.columns)
    )


def field_of(table: Table, column: str | None) -> FieldSpec | None:
    """Return what a column, or a row as a whole, is about; None where a row does not end."""
    return SUBJECT_MATTER.get(table.name) if column is None else table.fields[column]


def ending_columns(table: Table) -> tuple[str, ...]:
    """Return the columns whose values can end before their row: personal, not required, and not whose the row is.

    Examples:
        >>> ending_columns(ANSWERS)
        ('value', 'text', 'channel')
    """
    if table.name in OUT_OF_REACH:
        return ()
    whose = {"record_id", "customer_id"}
    nullable = {name for name, column in table.schema.columns().items() if column.nullable}
    return tuple(name for name, field in table.fields.items() if field.personal and name in nullable - whose)


def default_rule(table: Table, column: str | None, *, party: Party | None = None) -> RetentionRule | None:
    """Return the default of the field dictionary for a column or a row, None where it is kept as long as the customer.

    Args:
        table: The table.
        column: A column; None: the rows as a whole.
        party: Who the source of the row is; None: as the dictionary says.

    Examples:
        >>> str(default_rule(EVENTS, "context")), str(default_rule(RECORDS, None, party="third"))
        ('events, user.device: 395 days', 'records, user, third party: 90 days')
    """
    about = field_of(table, column)
    if about is None:
        return None
    kept = about.kept_days if party is None else about.model_copy(update={"party": party}).kept_days
    if kept is None:
        return None
    return RetentionRule(table=table.name, category=about.category, party=party, keep=Period(days=kept))
