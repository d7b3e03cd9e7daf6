"""For how long data are kept: rules as data, and which of them a row is under."""

from typing import Literal, Self

from pydantic import model_validator

from unified_customer.core.fields import Party
from unified_customer.core.models.base import Model
from unified_customer.core.models.purposes import Purpose
from unified_customer.core.tables import TABLES
from unified_customer.policy.periods import Period
from unified_customer.policy.rules import Category


class RetentionRule(Model):
    """One rule: which data, for how long, and what becomes of them then.

    Everything that is given has to fit a value for the rule to be about it; what is left out fits everything. Of several
    rules about one value the shortest counts.

    Raises:
        pydantic.ValidationError: There is no such table.

    Examples:
        >>> RetentionRule(table="events", keep=Period(months=25)).since
        'event'
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
    since: Literal["event", "last_activity"] = "event"
    """Counted from the row's own time, or from the last thing that its customer did."""
    then: Literal["delete", "anonymise"] = "delete"
    """Delete the rows, or keep them about nobody."""

    @model_validator(mode="after")
    def _know_the_table(self) -> Self:
        if self.table is not None and self.table not in TABLES:
            message = f"there is no table {self.table!r}"
            raise ValueError(message)
        return self
