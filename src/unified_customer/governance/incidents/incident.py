"""Reporting an incident: looked through, judged, written into the audit, and kept where it shall be."""

from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from typing import Any, Final

import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.fields import covered
from unified_customer.core.models import Actor
from unified_customer.core.spec import canonical_json, content_hash
from unified_customer.core.tables import ARTIFACT_SUBJECTS, ARTIFACTS
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.governance.incidents.clocks import clocks
from unified_customer.governance.incidents.exports import in_exports
from unified_customer.governance.incidents.found import Found, categories_of, to_check
from unified_customer.governance.incidents.places import children_in, described, places_of
from unified_customer.governance.incidents.reads import in_reads
from unified_customer.governance.incidents.report import IncidentReport
from unified_customer.governance.incidents.rows import in_rows
from unified_customer.governance.incidents.scope import IncidentScope, RiskCriteria
from unified_customer.governance.naming import CURRENT
from unified_customer.policy import Policy
from unified_customer.store import Keys, Reader, Store, Writer

PURPOSE: Final = "essential.legal_obligation"
"""What finding out who was affected is done for: authorities and people have to be told."""

INCIDENT: Final = "incident"
"""Kind of the artifact, and the action in the audit."""

NO_REGIME: Final = "The policy names no regime, so that no clock is known: see Policy.regimes."
SHARED_RECORDS: Final = ("customer", "visitor")


def report_incident(
    reader: Reader,
    scope: IncidentScope,
    *,
    policy: Policy,
    known_at: datetime,
    as_of: datetime,
    criteria: RiskCriteria,
) -> IncidentReport:
    """Return the report of an incident from one state of the store.

    Args:
        reader: The state.
        scope: What is known of it.
        policy: Holds the regimes and where they hold.
        known_at: When it became known.
        as_of: Now.
        criteria: When the risk is taken for high.

    Raises:
        ConfigurationError: It became known after now, or a source, actor or destination is not known here.
    """
    begun, now = as_utc(known_at, name="known_at"), as_utc(as_of)
    if begun > now:
        message = f"known_at is after now ({now.isoformat()}): an incident is reported when it is known."
        raise ConfigurationError(message)
    found = _found(reader, scope, policy)
    people, categories = described(reader, found.people), categories_of(found)
    places = places_of(people, policy)
    risks = tuple(_risks(people, categories, criteria, at=begun))
    told = clocks(policy, places, high_risk=bool(risks), known_at=begun, as_of=now, laws=found.laws)
    notes = [*found.notes, *to_check(categories), *([] if policy.regimes else [NO_REGIME])]
    return IncidentReport(
        incident_id=content_hash(canonical_json(scope.model_dump(mode="json")), begun.isoformat()),
        scope=scope,
        known_at=begun,
        as_of=now,
        affected=found.people,
        exact=found.exact,
        rows=found.rows,
        rows_about_nobody=found.rows_about_nobody,
        categories=categories,
        places=places,
        risks=risks,
        clocks=told,
        notes=tuple(notes),
        criteria=criteria,
    )


def _found(reader: Reader, scope: IncidentScope, policy: Policy) -> Found:
    match scope.kind:
        case "rows":
            return in_rows(reader, scope)
        case "reads":
            return in_reads(reader, scope, policy=policy)
        case "exports":
            return in_exports(reader, scope, policy=policy)


def _risks(people: pl.DataFrame, categories: pl.DataFrame, criteria: RiskCriteria, *, at: datetime) -> Iterator[str]:
    if people.is_empty():
        return
    for category, special in categories.select("category", "special").iter_rows():
        if special:
            yield f"special categories of data: {category}"
        elif covered(category, criteria.categories):
            yield f"data that can be turned against people: {category}"
    children = children_in(people, below=criteria.children_below, at=at)
    if children:
        yield f"children: {children:,} of them below {criteria.children_below} years of age"
    if people.height >= criteria.people:
        yield f"many people: {people.height:,}, which is at least {criteria.people:,}"


def write_report(
    store: Store, report: IncidentReport, *, actor: Actor, at: datetime, keep: bool, subjects: bool
) -> None:
    """Write into the audit that an incident was reported, and keep the report where `keep` says so (GDPR Art. 33(5)).

    Args:
        store: Where to.
        report: What to keep, without the ids of people.
        actor: Who reported it.
        at: When it is written.
        keep: Keep it as an artifact.
        subjects: Keep whom it was about too, so that their requests for access show it; a row for each record.
    """
    with store.transaction(recorded_at=at) as writer:
        if keep:
            writer.append("artifacts", pl.DataFrame([_artifact(report, actor, at)], schema=ARTIFACTS.columns))
        if keep and subjects:
            writer.append("artifact_subjects", _subjects(writer, report))
        write_entry(writer, actor, _entry(report, kept=keep), at=at)


def _entry(report: IncidentReport, *, kept: bool) -> Entry:
    tables = report.scope.tables or ()
    return Entry(
        INCIDENT,
        table=tables[0] if len(tables) == 1 else None,
        purpose=PURPOSE,
        rows=report.rows,
        people=report.people,
        detail={"incident": report.incident_id, "kind": report.scope.kind, "kept": kept, "high_risk": report.high_risk},
    )


def _artifact(report: IncidentReport, actor: Actor, at: datetime) -> dict[str, Any]:
    spec, body = canonical_json(report.scope.model_dump(mode="json")), canonical_json(report.told())
    return {
        "artifact_id": content_hash(report.incident_id, body),
        "kind": INCIDENT,
        "name": report.incident_id,
        "spec": spec,
        "body": body,
        "library_version": version("unified-customer"),
        "purpose": PURPOSE,
        "as_of": report.as_of,
        "content_hash": content_hash(spec, body),
        "rows": report.rows,
        "actor": actor.id,
        "created_at": at,
    }


def _subjects(writer: Writer, report: IncidentReport) -> pl.DataFrame:
    """Return the records of the people who were affected; those who were erased are not written down anew."""
    customers = report.affected.filter(pl.col("known_as").is_in(SHARED_RECORDS)).select("customer_id")
    records = writer.read("links", columns=["record_id"], where=[CURRENT], keys=Keys(customers, ("customer_id",)))
    others = report.affected.filter(known_as="unresolved").select(record_id="customer_id")
    artifact = content_hash(report.incident_id, canonical_json(report.told()))
    return ARTIFACT_SUBJECTS.conform(pl.concat([records, others]).unique().with_columns(artifact_id=pl.lit(artifact)))
