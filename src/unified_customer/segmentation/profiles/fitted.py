"""Profiles of segments that were worked out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.display import COUNT, NUMBER, SHARE, money, result_html
from unified_customer.segmentation.profiles.card import card_html
from unified_customer.segmentation.profiles.findings import SegmentFindings
from unified_customer.segmentation.profiles.handbook import handbook_html
from unified_customer.segmentation.profiles.page import styles
from unified_customer.segmentation.profiles.personas import Persona
from unified_customer.segmentation.profiles.pictures import both_looks, lifts_chart, overview_chart

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart
    from unified_customer.segmentation.profiles.spec import Profiles


@dataclass(frozen=True, eq=False)
class SegmentProfiles:
    """Profiles of segments; nothing in them is about fewer than `spec.least` customers.

    Attributes:
        spec: The spec.
        as_of: The instant before which things count.
        currency: ISO 4217 code of money; None: it has none.
        names: The segments that have a card, in order.
        facts: `segment`, `customers`, `share`, `revenue`, `revenue_share` (of what all in a segment paid),
            `average_order`, and of who has bought the means `frequency` and `recency` (days); the last row may be the
            rest, `all others`.
        findings: A row a comparison: `segment`, `form` (`lift` or `difference`), `kind`, `value`, `customers`, `here`
            and `elsewhere` (shares of those of whom it is known, or means, geometric ones of money and counts),
            `estimate` with `low` and `high`, `bound` (where it is one), `level` (how many values of that kind one has
            here against elsewhere), `rate` (at which false discovery rate it is told apart) and `told_apart`.
        typical: `segment`, `kind`, `value`, `customers`, `share`: what most have, and the band in the middle.
        channels: The same of all channels by which customers bought and came.
        sources: The tables that it was made from.
    """

    spec: "Profiles"
    as_of: datetime
    currency: str | None
    names: tuple[str, ...]
    facts: pl.DataFrame
    findings: pl.DataFrame
    typical: pl.DataFrame
    channels: pl.DataFrame
    sources: tuple[str, ...]

    def segment(self, segment: str) -> SegmentFindings:
        """Return what was found of a segment.

        Raises:
            ConfigurationError: There is none of that name, or it is too small.
        """
        if segment not in self.names:
            raise ConfigurationError(
                f"No card for {segment!r}: the segments of at least {self.spec.least} customers are "
                f"{', '.join(self.names) or 'none'}."
            )
        findings, typical, channels = (
            frame.filter(segment=segment) for frame in (self.findings, self.typical, self.channels)
        )
        facts = self.facts.row(by_predicate=pl.col("segment") == segment, named=True)
        return SegmentFindings(segment, self._persona(segment), facts, findings, typical, channels, self.currency)

    def with_personas(self, *personas: Persona) -> "SegmentProfiles":
        """Return the same with other names, stories, quotes and actions; those of segments not named here stay."""
        given = {persona.segment: persona for persona in (*self.spec.personas, *personas)}
        return replace(self, spec=self.spec.model_copy(update={"personas": tuple(given.values())}))

    def card(self, segment: str, *, charts: bool = True) -> str:
        """Return the card of a segment as HTML to stand in a page.

        Args:
            segment: The segment.
            charts: Whether what sets it apart is drawn.

        Raises:
            ConfigurationError: There is none of that name, or it is too small.
            MissingDependencyError: Altair is not installed.
        """
        return f'{styles()}<div class="uc-page">{self._section(segment, charts=charts)}</div>'

    def handbook(
        self, path: str | Path, *, purpose: str, title: str = "Our customers, segment by segment", charts: bool = True
    ) -> Path:
        """Write all cards as one HTML file that loads nothing: to be read, mailed and printed, a card a page.

        Args:
            path: Where to. A file that is there is replaced.
            purpose: What the data were read for; it stands on the cover.
            title: Stands on the cover.
            charts: Whether it has charts.

        Returns:
            The path.

        Raises:
            MissingDependencyError: Altair is not installed.
        """
        target = Path(path)
        overview = self._overview() if charts and self.facts.height else ""
        page = handbook_html(
            self, title=title, purpose=purpose, overview=overview,
            card=lambda segment: self._section(segment, charts=charts),
        )  # fmt: skip
        target.write_text(page, encoding="utf-8")
        return target

    def chart(self, segment: str | None = None, *, dark: bool = False) -> "Chart":
        """Draw what sets a segment apart, as lifts with intervals; without a segment the shares of all.

        Raises:
            ConfigurationError: There is no such segment, or nothing to draw.
            MissingDependencyError: Altair is not installed.
        """
        if segment is not None:
            return lifts_chart(self.segment(segment), dark=dark)
        named = self.facts.with_columns(pl.Series("segment", self._called()))
        told = f"{COUNT.written(self.facts['customers'].sum())} customers before {self.as_of:%Y-%m-%d}"
        return overview_chart(named, title="All segments", subtitle=told, dark=dark)

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return no rows: profiles are about nobody."""
        return {}

    def to_body(self) -> Mapping[str, Any]:
        """Return the facts, and what sets segments apart."""
        told = self.findings.filter("told_apart")
        columns = ("segment", "form", "kind", "value", "estimate", "low", "high", "bound")
        return {"facts": self.facts.to_dicts(), "findings": told.select(columns).to_dicts(), "currency": self.currency}

    def _repr_html_(self) -> str:
        told = self.findings["told_apart"].sum()
        facts = [
            ("customers", COUNT.written(self.facts["customers"].sum())),
            ("segments", COUNT.written(len(self.names))),
            ("set apart by", f"{COUNT.written(told)} of {COUNT.written(self.findings.height)} comparisons"),
            ("before", f"{self.as_of:%Y-%m-%d}"),
        ]
        shares = {"share": SHARE, "revenue_share": SHARE, "frequency": NUMBER, "recency": NUMBER}
        worth = dict.fromkeys(("revenue", "average_order"), money(self.currency))
        note = f"Nothing is told of fewer than {self.spec.least} customers."
        return result_html("Profiles of segments", facts, self.facts, formats={**shares, **worth}, note=note)

    def _persona(self, segment: str) -> Persona:
        own = next((persona for persona in self.spec.personas if persona.segment == segment), Persona(segment=segment))
        return own if own.action else own.model_copy(update={"action": self.spec.actions.get(segment, "")})

    def _called(self) -> Sequence[str]:
        """Return what segments are called on cards, where no two are called alike."""
        own = [self.segment(name).name if name in self.names else name for name in self.facts["segment"]]
        return own if len(set(own)) == len(own) else self.facts["segment"].to_list()

    def _section(self, segment: str, *, charts: bool) -> str:
        found = self.segment(segment)
        place = self.names.index(segment) + 1
        note = (
            f"{self.facts['customers'].sum():,} customers before {self.as_of:%Y-%m-%d}. Lifts and differences hold against "
            f"all others, at a false discovery rate of {SHARE.written(self.spec.rate)}; nothing is told of fewer than "
            f"{self.spec.least} customers."
        )
        picture = self._lifts(found) if charts else ""
        return card_html(found, place=place, of=len(self.names), picture=picture, note=note)

    def _lifts(self, found: SegmentFindings) -> str:
        if found.lifts.is_empty():
            return ""
        return both_looks(lifts_chart(found), lifts_chart(found, dark=True), name=found.segment)

    def _overview(self) -> str:
        return both_looks(self.chart(), self.chart(dark=True), name="all segments")
