"""How people take part in what one offers them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

import narwhals as nw
from pydantic import Field, model_validator

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Lazy, Native, Zone
from unified_customer.segmentation.assignment import Nothing, fit_segments
from unified_customer.segmentation.behaviour.acts import EVENTS
from unified_customer.segmentation.engagement.bounds import APP, LEVELS, MAIL, SITE, VISITS, Mail, Visits
from unified_customer.segmentation.engagement.fitted import FittedEngagement
from unified_customer.segmentation.engagement.measures import PEOPLE, measured


class Engagement(Spec):
    """How people take part: a segment for e-mail, one for the site, one for the app, and a level over all of them.

    The level is decided by the days since the last sign of a person: an e-mail opened or clicked (not by a machine, and
    not by who has unsubscribed), a visit to the site or the app. `silent` has been written to or seen, but not lately
    enough for `dormant`, or never gave a sign; `unreached` was neither written to nor seen, or every e-mail bounced.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC
        >>> at = [datetime(2026, month, 20, tzinfo=UTC) for month in (11, 11, 11, 8, 1)]
        >>> events = pl.DataFrame(
        ...     {
        ...         "customer_id": ["a", "a", "b", "c", "d"],
        ...         "occurred_at": at,
        ...         "type": ["track", "page", "track", "track", "track"],
        ...         "name": ["Email Link Clicked", None, "Email Sent", "Email Opened", "Email Opened"],
        ...     }
        ... )
        >>> fitted = Engagement().fit({"events": events}, as_of=datetime(2026, 11, 22, tzinfo=UTC))
        >>> fitted.table.sort("customer_id").select("email", "site", "app", "segment").rows()
        [('clicks', 'once', 'none', 'active'), ('ignores', 'none', 'none', 'silent'), ('not mailed', 'none', 'none', 'dormant'), ('not mailed', 'none', 'none', 'silent')]
    """

    needs: ClassVar[tuple[str, ...]] = (EVENTS, PEOPLE)

    email: Mail = Mail()
    """What counts of e-mail."""
    site: Visits = SITE
    """What is a visit to the site."""
    app: Visits = APP
    """What is a use of the app."""
    active: int = Field(default=30, ge=0)
    """Active up to so many days after the last sign."""
    passive: int = Field(default=90, ge=0)
    """Passive up to so many."""
    dormant: int = Field(default=180, ge=0)
    """Dormant up to so many, and silent after them."""
    name: str = "engagement"
    """What the segmentation is called in `memberships`; those of the channels are `engagement.email` and so on."""
    zone: Zone = "UTC"
    """IANA time zone of the calendar."""

    @model_validator(mode="after")
    def _rising(self) -> "Engagement":
        if not self.active < self.passive < self.dormant:
            raise ConfigurationError(f"Days must rise: {self.active}, {self.passive}, {self.dormant}.")
        return self

    @property
    def title(self) -> str:
        """What a picture of it is called."""
        return "Levels of engagement"

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> FittedEngagement:
        """Say how each customer takes part.

        Args:
            tables: `events` (`customer_id`, `occurred_at`, `name`, and as far as they are there `type`, `properties`,
                `context` and `object_id`), and if those who never did anything count `customers`, on any engine.
            as_of: An instant; what happened at it or later is left out.

        Returns:
            The segments; their table has `email`, `site` and `app` beside `segment`, and what they are made from.

        Raises:
            SchemaError: A table or a column is missing.
        """
        found = fit_segments(self, tables, as_of=as_of)
        return FittedEngagement(found.segmentation, found.as_of, found.learned, found.table)

    def native(self, tables: Mapping[str, Native]) -> Native:
        """Return the table whose kind of frame the result has."""
        return tables[EVENTS]

    def measured(self, tables: Mapping[str, Native], *, as_of: datetime) -> Lazy:
        """Return a row for each customer with what segments are made from."""
        return measured(self, tables, as_of=as_of)

    def learned(self, measured: Lazy) -> Nothing:  # noqa: ARG002 (others need it)
        """Return nothing: there is nothing to learn."""
        return Nothing()

    def assigned(self, measured: Lazy, learned: Nothing) -> Lazy:  # noqa: ARG002 (others need it)
        """Add `email`, `site`, `app` and `segment`."""
        return measured.with_columns(
            email=_mail(),
            site=_visits("site_days", self.site),
            app=_visits("app_days", self.app),
            segment=self._level(),
        )

    def order(self, learned: Nothing) -> Sequence[str]:  # noqa: ARG002 (others need it)
        """Return the levels."""
        return LEVELS

    def _level(self) -> nw.Expr:
        active, passive, dormant, silent, unreached = LEVELS
        level = nw.when("reached").then(nw.lit(silent)).otherwise(nw.lit(unreached))
        for name, days in ((dormant, self.dormant), (passive, self.passive), (active, self.active)):
            level = nw.when(nw.col("days_since") <= days).then(nw.lit(name)).otherwise(level)
        return level


def _mail() -> nw.Expr:
    clicks, opens, ignores, unsubscribed, not_mailed = MAIL
    segment = nw.when(nw.col("mailed") > 0).then(nw.lit(ignores)).otherwise(nw.lit(not_mailed))
    segment = nw.when(nw.col("opens") > 0).then(nw.lit(opens)).otherwise(segment)
    segment = nw.when(nw.col("clicks") > 0).then(nw.lit(clicks)).otherwise(segment)
    return nw.when("unsubscribed").then(nw.lit(unsubscribed)).otherwise(segment)


def _visits(days: str, visits: Visits) -> nw.Expr:
    often, sometimes, once, none = VISITS
    segment = nw.lit(none)
    for name, least in ((once, 1), (sometimes, visits.sometimes), (often, visits.often)):
        segment = nw.when(nw.col(days) >= least).then(nw.lit(name)).otherwise(segment)
    return segment
