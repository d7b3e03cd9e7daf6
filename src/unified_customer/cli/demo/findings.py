"""All that the demo finds out, before it is shown."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from unified_customer.cli.demo.accuracy import Accuracy
from unified_customer.cli.demo.noes import Noes
from unified_customer.cli.demo.person import BeforeAfter
from unified_customer.cli.demo.planted import held_sound_rows, outcomes
from unified_customer.cli.demo.recommending import Recommended
from unified_customer.cli.demo.stages import Stage
from unified_customer.cli.reporting import told
from unified_customer.datasets import Shop
from unified_customer.governance.coverage import Coverage
from unified_customer.hub import LoadReport, ResolveReport
from unified_customer.hub.reporting import Report

TABLES: Final = (
    "records", "identities", "identifiers", "events", "order_lines", "items", "answers", "consents", "customers",
    "quarantine",
)  # fmt: skip
"""Tables whose rows are counted."""


@dataclass(frozen=True)
class Findings:
    """What the demo found.

    Attributes:
        shop: The invented shop, with its truth.
        loads: What each load did.
        resolved: What the resolution did.
        coverage: How far each of some purposes reaches.
        noes: What became of people who said no, after all else was read.
        person: One customer before and after.
        recommended: What is recommended to a customer, and why; None where there is too little to learn from.
        linkable: How well the records were joined that something in the sources can link.
        everything: The same of all records.
        quarantine: `source`, `position` and `reason` of the rows in quarantine.
        counts: Rows by table.
        nobody: Rows by table that are about nobody known.
        stages: Time and memory.
        report: The report that was written; what it needs, where it could not be.
        kept: Where everything was kept, if it was.
    """

    shop: Shop
    loads: tuple[LoadReport, ...]
    resolved: ResolveReport
    coverage: tuple[Coverage, ...]
    noes: Noes
    person: BeforeAfter | None
    recommended: Recommended | None
    linkable: Accuracy
    everything: Accuracy
    quarantine: pl.DataFrame
    counts: dict[str, int]
    nobody: dict[str, int]
    stages: tuple[Stage, ...]
    report: Report | str | None
    kept: Path | None

    def planted(self) -> pl.DataFrame:
        """Return what became of the rows that were broken on purpose."""
        return outcomes(self.shop.planted(), self.quarantine)

    def held_sound(self) -> pl.DataFrame:
        """Return the rows in quarantine that were not broken on purpose."""
        return held_sound_rows(self.shop.planted(), self.quarantine)

    def lines(self) -> list[tuple[str, dict[str, Any]]]:
        """Return everything as JSON values, a kind and its values at a time."""
        return [
            *(("load", asdict(report)) for report in self.loads),
            ("resolve", asdict(self.resolved)),
            *(("person", each) for each in _person(self.person)),
            *(("recommended", asdict(each)) for each in [self.recommended] if each is not None),
            *(("coverage", coverage_values(each)) for each in self.coverage),
            ("noes", asdict(self.noes)),
            ("accuracy", {"of": "linkable records", **asdict(self.linkable)}),
            ("accuracy", {"of": "all records", **asdict(self.everything)}),
            *(("planted", row) for row in self.planted().to_dicts()),
            *(("held_sound", row) for row in self.held_sound().to_dicts()),
            ("counts", dict(self.counts)),
            ("about_nobody", dict(self.nobody)),
            *(("stage", asdict(stage)) for stage in self.stages),
            *(("report", told(each)) for each in [self.report] if isinstance(each, Report)),
            ("kept", {"folder": self.kept}),
        ]


def coverage_values(coverage: Coverage) -> dict[str, Any]:
    """Return the coverage of a purpose as JSON values."""
    return {
        "purpose": coverage.purpose,
        "basis": coverage.basis,
        "customers": coverage.customers,
        "allowed": coverage.allowed,
        "reasons": coverage.reasons.to_dicts(),
        "withheld_fields": coverage.withheld_fields.to_dicts(),
    }


def _person(person: BeforeAfter | None) -> list[dict[str, Any]]:
    if person is None:
        return []
    said = [{name: value for name, value in row.items() if value is not None} for row in person.said]
    return [{"before": said, "seen_by": person.identifiers, "after": person.customer.model_dump(mode="json")}]
