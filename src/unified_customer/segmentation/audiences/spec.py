"""What an audience is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import Field

from unified_customer.core.clock import as_utc
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native, Zone
from unified_customer.methods.money import Money
from unified_customer.segmentation.audiences.compiling.evaluation import members
from unified_customer.segmentation.audiences.compiling.seen import Seen
from unified_customer.segmentation.audiences.fitted import FittedAudience, fitted_audience
from unified_customer.segmentation.audiences.rules.results import Consents
from unified_customer.segmentation.audiences.rules.tree import Rule, leaves


class Audience(Spec):
    """The customers of whom a rule holds.

    A rule holds of a customer or it does not: what is not known holds of nobody, so that its negation does. An audience
    and that of the negated rule part the base between them.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC
        >>> from unified_customer.segmentation.audiences import Did, Last, Trait
        >>> rule = Trait("country", "eq", "DE") & ~Did("Order Completed", within=Last(days=30))
        >>> audience = Audience(name="quiet Germans", rule=rule)
        >>> audience.rule.in_words()
        "country is 'DE' and not (did 'Order Completed' at least 1 time in the last 30 days)"
        >>> audience.needs
        ('customers', 'events')
        >>> tables = {
        ...     "customers": pl.DataFrame({"customer_id": ["a", "b", "c"], "country": ["DE", "DE", None]}),
        ...     "events": pl.DataFrame(
        ...         {
        ...             "customer_id": ["a", "b"],
        ...             "name": ["Order Completed"] * 2,
        ...             "occurred_at": [datetime(2026, month, 20, tzinfo=UTC) for month in (2, 3)],
        ...         }
        ...     ),
        ... }
        >>> audience.fit(tables, as_of=datetime(2026, 4, 1, tzinfo=UTC)).table.rows()
        [('a', 'in')]
    """

    name: str = Field(min_length=1)
    """What it is called; in `memberships`, the segmentation whose one segment is `in`."""
    rule: Rule
    """Who is in it."""
    base: Literal["customers", "events", "order_lines", "answers", "memberships", "scores"] = "customers"
    """The table whose customers are looked at; those of a table of what happened are those with a row before
    `as_of`."""
    money: Money = Money()
    """In which currency amounts are added."""
    zone: Zone = "UTC"
    """IANA time zone of the calendar: of today, of birthdays, and of days that are named."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the tables that the rule reads."""
        return tuple(dict.fromkeys([self.base, *(leaf.table for leaf in leaves(self.rule) if leaf.table is not None)]))

    @property
    def asks(self) -> tuple[tuple[str, str | None], ...]:
        """Further purposes that the rule asks about, each with its channel."""
        found = ((leaf.purpose, leaf.channel) for leaf in leaves(self.rule) if isinstance(leaf, Consents))
        return tuple(dict.fromkeys(found))

    def negated(self, name: str) -> "Audience":
        """Return the audience of all others of the base."""
        return self.model_copy(update={"name": name, "rule": ~self.rule})

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> FittedAudience:
        """Find out who is in it.

        Args:
            tables: The tables of `needs`, on one engine, one row a customer in `customers`; `permitted` (`customer_id`,
                `purpose`, `channel`: who allows what) where the rule asks for consents.
            as_of: An instant; what happened at it or later is not seen.

        Raises:
            SchemaError: A table or column is missing, or holds something else than the rule compares it with.
        """
        inside = members(self.rule, self.seen(tables, as_of=as_of), base=self.base)
        return fitted_audience(self, tables, inside, as_of=as_of)

    def seen(self, tables: Mapping[str, Native], *, as_of: datetime) -> Seen:
        """Return tables as the rule sees them."""
        return Seen(tables, as_utc(as_of), self.zone, self.money)
