"""What is known of an incident: which data it touched, and what makes it a high risk to people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from pydantic import Field

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models.base import Model
from unified_customer.core.tables import TABLES, table
from unified_customer.governance.concerned import naming_columns
from unified_customer.policy.rules import Category

Kind = Literal["rows", "reads", "exports"]

ABOUT_PEOPLE: Final = tuple(name for name, each in TABLES.items() if naming_columns(each) and name != "audit")
"""Tables with rows about people; who read them is not a part of what they hold."""


class IncidentScope(Model):
    """Which data an incident touched: rows of tables, reads of somebody, or exports to somewhere.

    Examples:
        >>> IncidentScope(source="web", tables=("events",)).kind
        'rows'
    """

    tables: tuple[str, ...] | None = None
    """Only these tables; None: every one with rows about people."""
    source: str | None = None
    """Only rows that this source brought."""
    since: datetime | None = None
    """Only what happened (rows), was read (reads) or was made (exports) then or later."""
    until: datetime | None = None
    """Only what happened before."""
    reads_by: str | None = None
    """What this actor read, instead of rows: its credentials leaked."""
    destination: str | None = None
    """What was exported there, instead of rows: the recipient lost it."""
    description: str | None = None
    """What happened, in a few words; no values of people."""

    @property
    def kind(self) -> Kind:
        """What is looked through: rows, reads or exports."""
        if self.reads_by is not None:
            return "reads"
        return "rows" if self.destination is None else "exports"

    @property
    def looked_through(self) -> tuple[str, ...]:
        """The tables that are looked through."""
        if self.tables is not None:
            return self.tables
        return tuple(name for name in ABOUT_PEOPLE if self.source is None or "source" in TABLES[name].columns)


class RiskCriteria(Model):
    """From when an incident is taken for a high risk to people, so that they have to be told (GDPR Art. 34).

    The law leaves it to a judgement of the case. These are the criteria by which the report proposes one: the kind of
    data, the kind of people, and their number.

    References:
        EDPB Guidelines 9/2022 on personal data breach notification, part IV.
    """

    categories: tuple[Category, ...] = (
        "user.authorization",
        "user.financial.bank_account",
        "user.financial.credit_card",
        "user.government_id",
        "user.payment",
        "user.location.precise",
    )
    """Categories that let others impersonate, steal from or find somebody; the special ones always count."""
    children_below: int = Field(default=18, ge=0, le=25)
    """Years of age below which somebody is a child; 0: nobody."""
    people: int = Field(default=10_000, ge=1)
    """From how many affected people on their number alone counts."""


def scope_of(
    *,
    tables: Sequence[str] | None = None,
    source: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    reads_by: str | None = None,
    destination: str | None = None,
    description: str | None = None,
) -> IncidentScope:
    """Return what is known of an incident, checked.

    Raises:
        UnknownTableError: There is no such table.
        ConfigurationError: Nothing is said of it, it is said in two ways at once, or the period is empty.
    """
    scope = IncidentScope(
        tables=None if tables is None else tuple(table(name).name for name in tables),
        source=source,
        since=None if since is None else as_utc(since, name="since"),
        until=None if until is None else as_utc(until, name="until"),
        reads_by=reads_by,
        destination=destination,
        description=description,
    )
    _refuse(scope)
    return scope


def _refuse(scope: IncidentScope) -> None:
    given = (scope.tables, scope.source, scope.since, scope.until, scope.reads_by, scope.destination)
    if not any(given):
        message = "Say what the incident touched: tables=, source=, since=, until=, reads_by= or destination=."
    elif scope.reads_by is not None and scope.destination is not None:
        message = (
            "An incident is about reads or about exports: give reads_by= or destination=, and report the other apart."
        )
    elif scope.kind != "rows" and scope.source is not None:
        message = "source= is about rows. Leave it out with reads_by= and destination=."
    elif scope.kind == "exports" and scope.tables is not None:
        message = "tables= is about rows and reads. Leave it out with destination=."
    elif scope.since is not None and scope.until is not None and scope.since >= scope.until:
        message = "The period is empty: since= has to be before until=."
    else:
        _refuse_tables(scope)
        return
    raise ConfigurationError(message)


def _refuse_tables(scope: IncidentScope) -> None:
    asked = [TABLES[name] for name in scope.tables or ()]
    of_nobody = [each.name for each in asked if not naming_columns(each)]
    if of_nobody:
        message = f"No row of {', '.join(of_nobody)} is about a person. Tables about people: {', '.join(ABOUT_PEOPLE)}."
        raise ConfigurationError(message)
    without = [each.name for each in asked if scope.source is not None and "source" not in each.columns]
    if without:
        message = f"Rows of {', '.join(without)} come from no single source. Leave out source=, or the table."
        raise ConfigurationError(message)
