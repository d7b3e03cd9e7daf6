"""The demo for people."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from unified_customer.cli.demo.accuracy import Accuracy
from unified_customer.cli.demo.findings import Findings
from unified_customer.cli.demo.noes import Noes
from unified_customer.cli.demo.person import BeforeAfter
from unified_customer.cli.demo.recommending import Recommended
from unified_customer.cli.output import Output
from unified_customer.cli.profiling import consents_view, golden_view
from unified_customer.cli.tables import cell, counted, heading, indented, plain_table
from unified_customer.core.tables import RAW_FIELDS
from unified_customer.governance.coverage import Coverage
from unified_customer.hub import LoadReport, ResolveReport
from unified_customer.hub.reporting import Report

INVENTED: Final = "Everybody here is invented: names, addresses and numbers belong to nobody."
MEASURES: Final = {
    "pairs: precision": "precision",
    "pairs: recall": "recall",
    "pairs: F1": "f1",
    "B-cubed: precision": "b3_precision",
    "B-cubed: recall": "b3_recall",
    "B-cubed: F1": "b3_f1",
}
MEANING: Final = (
    "Of the pairs that were joined, how many are one person (precision); of the pairs of one person, how many were "
    "joined (recall). B-cubed is the same, averaged over records. Linkable: something in the sources tells who it is."
)
MOST_SOUND: Final = 5
INNER: Final = ("identities", "identifiers")
"""Tables that hold the keys of the others."""


def show(out: Output, findings: Findings) -> None:
    """Print everything, in the order in which it happened."""
    shop = findings.shop
    out.show(Text.assemble(("unified-customer demo", "bold"), f"  {shop.customers:,} customers, seed {shop.seed}"))
    out.show(Text(INVENTED, style="dim"))
    _part(out, "Loaded from five formats", loads_view(findings.loads), *notes_view(findings))
    _part(out, "Held in quarantine", quarantine_view(findings), *sound_view(findings))
    _part(out, "Resolved", *resolved_view(findings.resolved))
    if findings.person is not None:
        _part(out, "One customer, as the sources say it", said_view(findings.person))
        _part(out, "The same customer in the hub", golden_view(findings.person.customer))
        _part(out, "What this customer may be used for", consents_view(findings.person.customer))
    if findings.recommended is not None:
        _part(out, "What a customer wanted, and what is recommended", *recommended_view(findings.recommended))
    _part(out, "Who may be used for what", coverage_view(findings.coverage))
    _part(out, "What becomes of a no", noes_view(findings.noes), *after_noes(findings.noes))
    _part(out, "Measured against the truth", accuracy_view(findings), Text(MEANING, style="dim"))
    _part(out, "Time and memory", stages_view(findings))
    _part(out, "Rows by table", Text(counted({name.replace("_", " "): rows for name, rows in findings.counts.items()})))
    if findings.report is not None:
        _part(out, "The report", *report_view(findings.report))
    _part(out, "Next", *(Text(line) for line in next_steps(findings)))


def _part(out: Output, title: str, *shown: Any) -> None:
    out.show(heading(title), *(indented(each) for each in shown))


def loads_view(loads: Iterable[LoadReport]) -> Table:
    """Return what became of every row."""
    table = plain_table("source", "into", "#rows", "#accepted", "#known", "#held", "and made of them")
    for report in loads:
        held = Text(f"{report.quarantined:,}", style="yellow" if report.quarantined else "dim")
        numbers = [f"{count:,}" for count in (report.rows, report.accepted, report.duplicates)]
        derived = {name.replace("_", " "): rows for name, rows in report.derived.items() if name not in INNER}
        table.add_row(report.source, report.table, *numbers, held, cell(counted(derived), "dim"))
    return table


def notes_view(findings: Findings) -> list[Text]:
    """Return what else a person should know of the loads."""
    unread = {
        f"{report.source} {name}": count for report in findings.loads for name, count in report.unreadable.items()
    }
    known = {name.replace("_", " "): rows for name, rows in findings.nobody.items()}
    lines = [f"About nobody known, and kept as such: {counted(known)}"]
    lines += [f"Without a normal form, and kept as found: {counted(unread)}"] if unread else []
    lines += [f"{report.source}: {warning}" for report in findings.loads for warning in report.warnings]
    return [cell(line, "dim") for line in lines]


def quarantine_view(findings: Findings) -> Table:
    """Return where the rows ended that were broken on purpose."""
    table = plain_table("source", "broken on purpose", "#rows", "#held", "reason")
    above = ""
    for row in findings.planted().to_dicts():
        reasons = [first_of(str(reason)) for reason in row["as"]] or [accepted(row, findings)]
        held = Text(str(row["held"]), style="green" if row["held"] == row["rows"] else "yellow")
        said = cell(", ".join(dict.fromkeys(reasons)), "dim")
        source, above = ("" if row["source"] == above else row["source"]), row["source"]
        table.add_row(source, row["planted"].replace("_", " "), str(row["rows"]), held, said)
    return table


def accepted(row: Mapping[str, Any], findings: Findings) -> str:
    """Return what became of rows that were not held: a message of nobody is no error, only about nobody."""
    nobody = row["planted"] == "missing_identity" and findings.nobody["events"] >= row["rows"]
    return "accepted, about nobody known" if nobody else "accepted"


def first_of(reasons: str) -> str:
    """Return the first of several reasons for one row.

    Examples:
        >>> first_of("Opened: not_a_time; Status: missing")
        'Opened: not_a_time'
    """
    return reasons.partition("; ")[0]


def sound_view(findings: Findings) -> list[Text]:
    """Return the rows that were held though nobody broke them on purpose."""
    sound = findings.held_sound().to_dicts()
    lines = [
        f"{row['source']} row {row['row']}: {', '.join(map(first_of, row['reasons']))}" for row in sound[:MOST_SOUND]
    ]
    more = [f"and {len(sound) - MOST_SOUND} more"] if len(sound) > MOST_SOUND else []
    return [
        Text(f"Held without having been broken on purpose: {len(sound)}"),
        *(cell(each, "dim") for each in lines + more),
    ]


def resolved_view(report: ResolveReport) -> list[Text]:
    """Return what the resolution did."""
    reasons = counted({name.replace("_", " "): count for name, count in sorted(report.reasons.items())})
    return [
        Text(f"{report.records:,} records and visitors' identities are {report.customers:,} customers."),
        Text(f"{report.shared:,} identifier values stand with too many different people: they join nobody."),
        cell(f"By what: {reasons}", "dim"),
    ]


def said_view(person: BeforeAfter) -> Table:
    """Return what each record says, in the words of its source."""
    table = plain_table("source", "says")
    for record in person.said:
        seen = "" if record["observed_at"] is None else f"{record['observed_at']:%Y-%m-%d}"
        words = [str(record[f"{name}_raw"]).strip() for name in RAW_FIELDS if record[f"{name}_raw"]]
        table.add_row(Text.assemble(f"{record['source']}\n", (seen, "dim")), cell(" · ".join(words)))
    for source, kind in sorted({(each["source"], each["kind"]) for each in person.identifiers}):
        values = [each["value"] for each in person.identifiers if (each["source"], each["kind"]) == (source, kind)]
        table.add_row(cell(source), cell(f"{kind}: {', '.join(map(str, values))}", "dim"))
    return table


def recommended_view(told: Recommended) -> list[Table | Text]:
    """Return what a customer did, what is recommended and why, and how well each model did that was tried."""
    history = plain_table("wanted", "#times", "#days ago")
    for each in told.history:
        history.add_row(cell(each["item"]), f"{each['times']:,}", f"{each['days']:,}")
    items = plain_table("#", "recommended", "because of")
    for each in told.items:
        items.add_row(str(each["rank"]), cell(each["item"]), cell(", ".join(each["because"]) or "popular", "dim"))
    tried = ", ".join(f"{each['model']} {each['ndcg']:.3f}" for each in told.trials if each["ndcg"] is not None)
    lines = (
        f"Learned from {told.customers:,} customers who may be seen for it, and from nobody else.",
        f"What works here (NDCG at 10 on what customers wanted later): {tried}.",
    )
    return [history, items, *(cell(line, "dim") for line in lines)]


def coverage_view(coverage: Iterable[Coverage]) -> Table:
    """Return how far each purpose reaches, and why not further."""
    table = plain_table("purpose", "", "#may", "#of", "because")
    table.columns[0].no_wrap = True
    for each in coverage:
        share = each.allowed / each.customers if each.customers else 0.0
        because = cell(why(each), "dim")
        table.add_row(each.purpose, bar(share), f"{each.allowed:,}", f"{each.customers:,}", because)
    return table


def noes_view(noes: Noes) -> Table:
    """Return who of those who said no was in the marketing audience before, and is now."""
    table = plain_table("who", "#people", "#in the audience before", "#now", "because")
    for each in noes.groups:
        now = Text(f"{each.after:,}", style="green" if each.after == 0 else "red")
        table.add_row(
            each.said, f"{each.people:,}", f"{each.before:,}", now, cell(each.reason.replace("_", " "), "dim")
        )
    return table


def after_noes(noes: Noes) -> list[Text]:
    """Return what is left to do, and whether the audit holds."""
    open_steps = counted({name.replace("_", " "): count for name, count in noes.open_steps.items()}) or "nothing"
    found = "nobody tampered with" if noes.audit_ok else "TAMPERED WITH"
    before, after = noes.audience
    return [
        Text(f"The audience had {before:,} people, and has {after:,}."),
        Text(f"Still open of the erasures: {open_steps}."),
        Text(f"The audit has {noes.audit_entries:,} entries that {found}."),
    ]


def why(coverage: Coverage) -> str:
    """Return the legal basis of a purpose, and the reasons where they are others."""
    basis = coverage.basis.replace("_", " ")
    counts = {str(row["reason"]).replace("_", " "): row["customers"] for row in coverage.reasons.to_dicts()}
    others = {reason: count for reason, count in counts.items() if not reason.startswith("basis:")}
    return f"{basis}: {counted(others)}" if others else basis


def bar(share: float, width: int = 10) -> Text:
    """Return a share as a bar."""
    full = round(share * width)
    return Text.assemble(("█" * full, "green"), ("░" * (width - full), "dim"))


def accuracy_view(findings: Findings) -> Table:
    """Return the measured accuracy."""
    table = plain_table("", "#linkable records", "#all records")
    both = (findings.linkable, findings.everything)
    for name in ("records", "people", "customers"):
        table.add_row(name, *(f"{getattr(found, name):,}" for found in both))
    for name, measure in MEASURES.items():
        table.add_row(name, *(_share(found, measure) for found in both))
    return table


def _share(found: Accuracy, measure: str) -> Text:
    return Text(f"{getattr(found, measure):.4f}", style="bold" if measure.endswith("f1") else "")


def stages_view(findings: Findings) -> Table:
    """Return time and memory of each stage."""
    table = plain_table("stage", "#seconds", "#peak MB")
    for stage in findings.stages:
        table.add_row(stage.name, f"{stage.seconds:.2f}", "" if stage.peak_mb is None else f"{stage.peak_mb:,.0f}")
    table.add_row("all", f"{sum(stage.seconds for stage in findings.stages):.2f}", "", style="bold")
    return table


def report_view(report: Report | str) -> list[Text]:
    """Return where the report is and what is in it, or what it needs."""
    if isinstance(report, str):
        return [Text(report, style="yellow")]
    return [Text(str(report.path), style="bold"), Text(f"Open it in a browser: {', '.join(report.sections)}.")]


def next_steps(findings: Findings) -> list[str]:
    """Return what to do next."""
    if findings.kept is None:
        return [
            "unified-customer demo --keep FOLDER",
            "keeps the sources, the mappings and the store, to look into them",
        ]
    return [
        f"{findings.kept / 'shop'}: the five sources, and the truth",
        f"{findings.kept / 'mappings'}: how they were loaded",
        f"{findings.kept / 'shop.duckdb'}: the store, with its key beside it",
    ]
