"""What a person is told beside the data (GDPR Art. 15(1) and (2)): what for, for how long, who gets it, where it is from."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import polars as pl
from pydantic import AwareDatetime

from unified_customer.core.models.base import Model
from unified_customer.core.models.purposes import EVERY_PURPOSE, known_purposes
from unified_customer.core.tables import RECORDED_AT, TABLES
from unified_customer.governance.access.person import Person
from unified_customer.governance.gate import admit
from unified_customer.governance.kept import kept_in_words
from unified_customer.policy import Controller, Notice, Policy, Recipient, Request, Right
from unified_customer.store import Keys, Reader, Where

GDPR_RIGHTS: Final[tuple[Right, ...]] = (
    "access",
    "rectification",
    "erasure",
    "restriction",
    "portability",
    "objection",
    "no_automated_decisions",
)
"""What people may ask for where the policy names no law."""

EXPORT: Final = "export"
"""Kind of the artifacts that left the hub."""


class Use(Model):
    """A purpose, and whether the person's data may be used for it now."""

    purpose: str
    allowed: bool
    basis: str
    """The legal basis that the policy names."""
    reason: str
    """Why it is allowed or not; one of the reasons of `unified_customer.policy`."""


class Category(Model):
    """A kind of personal data, how much of it is held, and for how long."""

    category: str
    tables: tuple[str, ...]
    values: int
    kept: tuple[str, ...]


class Origin(Model):
    """Where data came from."""

    source: str
    tables: tuple[str, ...]
    rows: int


class Automated(Model):
    """Something that a model or a rule said of the person."""

    table: str
    name: str
    at: AwareDatetime
    logic: str | None = None
    """Name of the spec that gave it, where it is known; the spec stands among the artifacts."""
    artifact_id: str | None = None


class Reads(Model):
    """Reads of many people at once, in which the person may have been included."""

    action: str
    purpose: str | None
    table: str | None
    times: int
    first_at: AwareDatetime
    last_at: AwareDatetime


class Export(Model):
    """A copy that left the hub with the person's data in it."""

    name: str
    purpose: str
    created_at: AwareDatetime
    location: str | None


class Information(Model):
    """What the law asks to be told beside the data; a part that is empty has nothing to tell."""

    controller: Controller | None = None
    notice: Notice | None = None
    uses: tuple[Use, ...] = ()
    categories: tuple[Category, ...] = ()
    recipients: Mapping[str, Recipient] = {}
    exports: tuple[Export, ...] = ()
    origins: tuple[Origin, ...] = ()
    automated: tuple[Automated, ...] = ()
    reads: tuple[Reads, ...] = ()
    rights: tuple[Right, ...] = GDPR_RIGHTS


def inform(
    reader: Reader, person: Person, found: Mapping[str, pl.DataFrame], *, policy: Policy, as_of: datetime
) -> Information:
    """Return what a person is told beside the data.

    Args:
        reader: One state of the store.
        person: Who asks.
        found: The rows about the person by table.
        policy: What the data are used for, who gets them, and how long they are kept.
        as_of: Statements made strictly before it count.
    """
    reads = () if person.erased_at else _reads(reader, person)
    return Information(
        controller=policy.controller,
        notice=policy.notice,
        uses=tuple(_uses(reader, person, _purposes(found, policy, reads), policy=policy, as_of=as_of)),
        categories=categories_of(found, policy),
        recipients=dict(policy.recipients),
        exports=tuple(_exports(found)),
        origins=origins_of(found),
        automated=tuple(_automated(found)),
        reads=reads,
        rights=rights_of(policy),
    )


def _purposes(found: Mapping[str, pl.DataFrame], policy: Policy, reads: Iterable[Reads]) -> list[str]:
    """Return what the data may be used for: what the policy names, what was stated, and what was done."""
    named = {*policy.bases, policy.resolve_purpose, *(each.purpose for each in reads)}
    named |= {purpose for each in policy.recipients.values() for purpose in each.purposes}
    named |= {each for frame in found.values() if "purpose" in frame.columns for each in frame["purpose"]}
    return sorted(known_purposes(policy.purposes) & (named - {None, EVERY_PURPOSE}))


def _uses(reader: Reader, person: Person, purposes: Iterable[str], *, policy: Policy, as_of: datetime) -> Iterable[Use]:
    if person.erased_at is not None:
        return
    for purpose in purposes:
        admission = admit(reader, Request(purpose), policy=policy, as_of=as_of, customers=[person.customer_id])
        decided = admission.people.row(0, named=True)
        yield Use(purpose=purpose, allowed=decided["allowed"], basis=policy.basis_of(purpose), reason=decided["reason"])


def categories_of(found: Mapping[str, pl.DataFrame], policy: Policy) -> tuple[Category, ...]:
    """Return the categories of personal data among rows, by table, with the number of values and how long they are kept."""
    return tuple(_category(found, policy, *each) for each in sorted(_columns_by_category(found).items()))


def _columns_by_category(found: Mapping[str, pl.DataFrame]) -> dict[str, list[tuple[str, str]]]:
    columns: dict[str, list[tuple[str, str]]] = {}
    for name, frame in found.items():
        for column, field in TABLES[name].fields.items():
            if field.personal and column in frame.columns and frame[column].null_count() < frame.height:
                columns.setdefault(field.category, []).append((name, column))
    return columns


def _category(
    found: Mapping[str, pl.DataFrame], policy: Policy, category: str, columns: list[tuple[str, str]]
) -> Category:
    values = sum(found[name].height - found[name][column].null_count() for name, column in columns)
    tables = tuple(dict.fromkeys(name for name, _ in columns))
    return Category(category=category, tables=tables, values=values, kept=kept_in_words(policy, columns))


def _exports(found: Mapping[str, pl.DataFrame]) -> Iterable[Export]:
    if "artifacts" in found:
        columns = list(Export.model_fields)
        for row in found["artifacts"].filter(kind=EXPORT).select(columns).iter_rows(named=True):
            yield Export(**row)


def origins_of(found: Mapping[str, pl.DataFrame]) -> tuple[Origin, ...]:
    """Return the sources of rows, by table."""
    rows: dict[str, dict[str, int]] = {}
    for name, frame in found.items():
        if "source" in frame.columns:
            for source, count in frame.group_by("source").len().rows():
                rows.setdefault(source, {})[name] = count
    told = sorted(rows.items())
    return tuple(Origin(source=source, tables=tuple(each), rows=sum(each.values())) for source, each in told)


_SAID: Final[Mapping[str, tuple[str, str]]] = {
    "scores": ("name", "as_of"),
    "memberships": ("segment", "entered_at"),
    "exposures": ("item_id", "exposed_at"),
}
"""What each table that a model fills calls its result, and when it was given."""


def _automated(found: Mapping[str, pl.DataFrame]) -> Iterable[Automated]:
    specs = _specs(found)
    for table, (name, time) in _SAID.items():
        for row in found[table].iter_rows(named=True) if table in found else ():
            if table != "exposures" or row["artifact_id"] or row["decision_id"]:
                yield _said(table, row, name=name, time=time, specs=specs)


def _said(table: str, row: Mapping[str, Any], *, name: str, time: str, specs: Mapping[str, str]) -> Automated:
    artifact = row["artifact_id"]
    logic = None if artifact is None else specs.get(artifact)
    return Automated(table=table, name=row[name] or table, at=row[time], logic=logic, artifact_id=artifact)


def _specs(found: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    return dict(found["artifacts"].select("artifact_id", "name").rows()) if "artifacts" in found else {}


def _reads(reader: Reader, person: Person) -> tuple[Reads, ...]:
    """Count the reads of many people since the person was first seen."""
    seen = reader.read("identities", columns=[RECORDED_AT], keys=Keys(person.records, ("record_id",)))
    where = [Where("customer_id", "is_null"), Where("people", ">", 0), Where("at", ">=", seen[RECORDED_AT].min())]
    entries = reader.read("audit", columns=["action", "purpose", "subject_table", "at"], where=where)
    grouped = entries.group_by("action", "purpose", "subject_table").agg(
        times=pl.len(), first_at=pl.col("at").min(), last_at=pl.col("at").max()
    )
    rows = grouped.sort("action", "purpose", "subject_table").rename({"subject_table": "table"})
    return tuple(Reads(**row) for row in rows.iter_rows(named=True))


def rights_of(policy: Policy) -> tuple[Right, ...]:
    """Return what people may ask for: by the laws that the policy names, or by the GDPR where it names none."""
    named = {right for regime in policy.regimes.values() for right in regime.rights}
    order: tuple[Right, ...] = (*GDPR_RIGHTS, "opt_out", "opt_in")
    return tuple(right for right in order if right in named) if policy.regimes else GDPR_RIGHTS
