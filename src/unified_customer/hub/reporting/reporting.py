"""The report: read under a purpose, and written as one page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from unified_customer.core.clock import Clock, as_utc, just_after
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models import Actor
from unified_customer.engines.portable import Calendar
from unified_customer.governance.coverage import Coverage
from unified_customer.governance.door import Door
from unified_customer.governance.ledger import ConsentLedger
from unified_customer.hub.gathering import Wanted
from unified_customer.hub.reporting.asked import Asked, Known, Tables
from unified_customer.hub.reporting.cohorts_section import cohorts_section
from unified_customer.hub.reporting.consent_section import consent_section
from unified_customer.hub.reporting.identity_section import identity_section
from unified_customer.hub.reporting.kpis_section import kpis_section
from unified_customer.hub.reporting.quality_section import quality_section
from unified_customer.hub.reporting.segments_section import segments_section
from unified_customer.hub.reporting.topics import (
    COHORTS,
    CONSENT,
    IDENTITY,
    KPI,
    QUALITY,
    SEGMENTS,
    VALUE,
    Topic,
    unseen,
)
from unified_customer.hub.reporting.value_section import value_section
from unified_customer.methods.display import COUNT
from unified_customer.methods.money import Money
from unified_customer.reports.page import Page, Section, page_html

READ: Final = ("customers", "records", "identifiers", "events", "order_lines", "answers", "spend")
OF_NOBODY: Final = ("events", "order_lines")
"""Tables of which the rows about nobody known count too."""
ASKED_OF_ALL: Final = ("analytics", "marketing.communications.email", "marketing.advertising", "personalize")
"""Purposes whose reach is shown beside those that the policy names."""

SECTIONS: Final[Mapping[Topic, Callable[[Asked, Known], Section | None]]] = {
    KPI: kpis_section,
    SEGMENTS: segments_section,
    COHORTS: cohorts_section,
    VALUE: value_section,
    IDENTITY: identity_section,
    CONSENT: consent_section,
    QUALITY: quality_section,
}
"""What a report has, in order."""


@dataclass(frozen=True)
class Report:
    """A report that was written.

    Attributes:
        path: Where it is.
        purpose: What it is for.
        as_of: The instant before which things count.
        sections: The titles of its parts.
        customers: How many customers are in it.
    """

    path: Path
    purpose: str
    as_of: datetime
    sections: tuple[str, ...]
    customers: int


class Reporting:
    """Writes a page about the customer base."""

    def __init__(
        self, door: Door, *, consent: ConsentLedger, purposes: Sequence[str], clock: Clock, actor: Actor
    ) -> None:
        """Read through `door`; ask `consent` how far purposes reach."""
        self._door = door
        self._consent = consent
        self._purposes = purposes
        self._clock = clock
        self._actor = actor

    def __call__(
        self,
        *,
        purpose: str,
        path: str | Path,
        as_of: datetime | None = None,
        title: str = "Our customers",
        money: Money | None = None,
        calendar: Calendar | None = None,
        actor: Actor | None = None,
    ) -> Report:
        """Write one page about the customer base: KPIs, segments, cohorts, value, identity, consent, data quality.

        The page is one file of HTML with no script and nothing from the network. It holds aggregates only, of those
        whom the purpose may see.

        Args:
            purpose: What it is for.
            path: Where to write it; a file that is there is replaced.
            as_of: Only what happened strictly before; None: until now.
            title: Its heading.
            money: In which currency amounts are added; None: all are of one.
            calendar: Zone, first day of the week and first month of the fiscal year of the shop; None: UTC, Monday,
                January.
            actor: Who asks; None: the hub's actor.

        Raises:
            ConfigurationError: There is no folder to write it to, or there is a folder in its place.
            ConsentError: The actor may not use the purpose.
            MissingDependencyError: The extra `charts` is not installed.
            SchemaError: Amounts are of several currencies, and `money` says nothing of their rates.
        """
        at = just_after(self._clock()) if as_of is None else as_utc(as_of)
        asked = Asked(purpose, at, title, money or Money(), calendar or Calendar(), actor or self._actor)
        target = _writable(Path(path))
        known = Known(self._read(asked), self._coverages(asked))
        page = self._page(asked, known)
        target.write_text(page_html(page), encoding="utf-8")
        return Report(target, purpose, at, tuple(each.title for each in page.sections), known.customers.height)

    def _read(self, asked: Asked) -> Tables:
        wanted = Wanted(READ, OF_NOBODY, asked.purpose, asked.as_of, asked.calendar.zone, asked.actor)
        return wanted.tables(self._door.read_together(wanted.queries))

    def _page(self, asked: Asked, known: Known) -> Page:
        customers = COUNT.written(known.customers.height)
        subtitle = f"As of {asked.day} · {customers} customers · made for {asked.purpose!r}"
        foot = (
            (
                f"What happened from {asked.day} on is left out. Amounts and counts are of customers whom the purpose "
                f"{asked.purpose!r} may see, unless a section says otherwise."
            ),
            "Written by unified-customer. This page fetches nothing and runs no script.",
        )
        told = (unseen(topic, asked, known) or section(asked, known) for topic, section in SECTIONS.items())
        return Page(asked.title, subtitle, tuple(filter(None, told)), foot)

    def _coverages(self, asked: Asked) -> Sequence[Coverage]:
        purposes = dict.fromkeys([asked.purpose, *self._purposes, *ASKED_OF_ALL])
        return [self._consent.coverage(each) for each in purposes]


def _writable(path: Path) -> Path:
    """Return a path if a file can be there; so nothing is read in vain."""
    if path.is_dir():
        raise ConfigurationError(f"{path.name!r} is a folder. Name the file to write.")
    if not path.parent.is_dir():
        raise ConfigurationError(f"There is no folder {path.parent.name!r} to write {path.name!r} to. Make it first.")
    return path
