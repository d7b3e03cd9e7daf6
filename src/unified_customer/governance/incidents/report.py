"""The report of an incident: who was affected, what was in it, who has to be told by when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl

from unified_customer.governance.document import Block, Bullets, Document, Heading, Paragraph, grid, to_json
from unified_customer.governance.incidents.clocks import first_due
from unified_customer.governance.incidents.scope import IncidentScope, RiskCriteria

KNOWN_AS: Final = {
    "customer": "customers",
    "visitor": "visitors (no source has a record of them)",
    "unresolved": "records without a customer yet",
    "erased": "people who were erased since",
}
CLOCK_HEADS: Final = {
    "whom": "Tell whom",
    "regime": "Under",
    "within": "Within",
    "due_at": "By (UTC)",
    "people": "People",
    "runs": "Runs",
    "why_not": "If not, why",
    "overdue": "Overdue",
    "source": "Source",
}
PROPOSAL: Final = (
    "Whether the risk is high is a judgement of the case; what stands here is a proposal by the criteria of the report."
)


@dataclass(frozen=True)
class IncidentReport:
    """The report of an incident.

    Nothing but `affected` and `to_csv` holds anything of a person: the ids of those who were affected.

    Attributes:
        incident_id: Names the incident: equal questions about one have one id.
        scope: What was known of it.
        known_at: When it became known.
        as_of: When the report was made: what is over by then is overdue.
        affected: Who was affected: `customer_id`, `known_as` (customer, visitor, unresolved, erased), sorted by id.
        exact: Whether these very people were affected; false: nobody beside them.
        rows: Rows, reads or exports that were found.
        rows_about_nobody: Those of the rows that name nobody.
        categories: Categories of personal data that were there: `category`, `special`, `tables`.
        places: Where they live: `place`, `regime`, `people`; null: not known.
        risks: Why the risk to people is taken for high; none: it is not.
        clocks: Who has to be told by when; see `clocks.clocks`.
        notes: What has to be known to read the numbers.
        criteria: By which the risk was judged.
    """

    incident_id: str
    scope: IncidentScope
    known_at: datetime
    as_of: datetime
    affected: pl.DataFrame
    exact: bool
    rows: int
    rows_about_nobody: int
    categories: pl.DataFrame
    places: pl.DataFrame
    risks: tuple[str, ...]
    clocks: pl.DataFrame
    notes: tuple[str, ...]
    criteria: RiskCriteria

    @property
    def people(self) -> int:
        """How many people were affected, visitors and erased ones among them."""
        return self.affected.height

    @property
    def visitors(self) -> int:
        """How many of them are visitors of whom no source has a record."""
        return self.affected.filter(known_as="visitor").height

    @property
    def high_risk(self) -> bool:
        """Whether the risk to people is taken for high, so that they have to be told (GDPR Art. 34)."""
        return bool(self.risks)

    @property
    def due(self) -> dict[str, datetime]:
        """By when whom has to be told: the earliest of the clocks that run, soonest first."""
        return first_due(self.clocks)

    @property
    def overdue(self) -> bool:
        """Whether a clock ran out."""
        return bool(self.clocks["overdue"].any())

    def told(self) -> dict[str, Any]:
        """Return the report as JSON values, without the ids of people."""
        return {
            "incident_id": self.incident_id,
            "scope": self.scope.model_dump(mode="json", exclude_none=True),
            "known_at": self.known_at.isoformat(),
            "as_of": self.as_of.isoformat(),
            "people": self.people,
            "known_as": dict(sorted(self.affected["known_as"].value_counts().rows())),
            "exact": self.exact,
            "rows": self.rows,
            "rows_about_nobody": self.rows_about_nobody,
            "categories": self.categories.to_dicts(),
            "places": self.places.to_dicts(),
            "high_risk": self.high_risk,
            "risks": list(self.risks),
            "due": {whom: at.isoformat() for whom, at in self.due.items()},
            "clocks": [{**row, "due_at": row["due_at"].isoformat()} for row in self.clocks.iter_rows(named=True)],
            "notes": list(self.notes),
            "criteria": self.criteria.model_dump(mode="json"),
        }

    def document(self) -> Document:
        """Return the report as a document, without the ids of people."""
        return Document("Incident", (*_head(self), *_people(self), *_data(self), *_duties(self), *_notes(self)))

    def to_markdown(self) -> str:
        """Return the report as Markdown, without the ids of people."""
        return self.document().to_markdown()

    def to_html(self) -> str:
        """Return the report as one HTML page, without the ids of people."""
        return self.document().to_html()

    def to_json(self) -> str:
        """Return the report as JSON, without the ids of people."""
        return to_json(self.told())

    def to_csv(self) -> str:
        r"""Return the ids of affected people as CSV (RFC 4180): `customer_id,known_as`."""
        return self.affected.write_csv(line_terminator="\r\n")


def _head(report: IncidentReport) -> list[Block]:
    asked = report.scope.model_dump(mode="json", exclude_none=True)
    rows: list[dict[str, Any]] = [
        {"what": name.replace("_", " ").capitalize(), "said": _said(value)} for name, value in asked.items()
    ]
    rows += [{"what": "Known since (UTC)", "said": report.known_at}, {"what": "Report of (UTC)", "said": report.as_of}]
    return [grid({"what": "What", "said": report.incident_id}, rows)]


def _said(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _people(report: IncidentReport) -> list[Block]:
    counts = dict(report.affected["known_as"].value_counts().rows())
    kinds = tuple(f"{counts[each]:,} {words}" for each, words in KNOWN_AS.items() if each in counts)
    most = "" if report.exact else "at most "
    what = {"rows": "rows", "reads": "reads", "exports": "exports"}[report.scope.kind]
    told = f"{most}{report.people:,} people, in {report.rows:,} {what}"
    told += f", of which {report.rows_about_nobody:,} name nobody." if report.rows_about_nobody else "."
    heads = {"place": "Place", "regime": "Regime", "people": "People"}
    places = report.places.with_columns(
        pl.col("place").fill_null("not known"), pl.col("regime").fill_null("not known: every one may hold")
    )
    return [
        Heading("Who was affected"),
        Paragraph(f"{told[:1].upper()}{told[1:]}"),
        *_if(counts, Bullets(kinds), grid(heads, places.iter_rows(named=True))),
    ]


def _if(there: object, *blocks: Block) -> tuple[Block, ...]:
    return blocks if there else ()


def _data(report: IncidentReport) -> list[Block]:
    heads = {"category": "Category", "special": "Special (GDPR Art. 9, 10)", "tables": "Tables"}
    shown: Block = grid(heads, report.categories.iter_rows(named=True))
    return [Heading("What was in it"), shown if report.categories.height else Paragraph("No personal data.")]


def _duties(report: IncidentReport) -> list[Block]:
    said = "The risk to people is taken for high:" if report.high_risk else "Nothing speaks for a high risk to people."
    blocks: list[Block] = [Heading("Who has to be told"), Paragraph(said)]
    blocks += [Bullets(report.risks)] if report.risks else []
    blocks.append(Paragraph(PROPOSAL))
    if report.clocks.height:
        blocks.append(grid(CLOCK_HEADS, report.clocks.iter_rows(named=True)))
    return blocks


def _notes(report: IncidentReport) -> list[Block]:
    return [Heading("Notes"), Bullets(report.notes)] if report.notes else []
