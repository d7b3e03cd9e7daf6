"""What is left out of an answer, because it is about somebody else (GDPR Art. 15(4)).

Names of staff who looked at the data are left out too: a person is told when and what for, not by whom (CJEU,
C-579/21).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from unified_customer.core.models.base import Model
from unified_customer.governance.access.person import Person
from unified_customer.governance.access.rejected import OTHER, shown_payloads
from unified_customer.store import Keys, Reader

STAFF: Final[Mapping[str, tuple[str, ...]]] = {
    "artifacts": ("actor",),
    "audit": ("actor", "roles"),
    "holds": ("actor",),
    "link_decisions": ("actor",),
    "request_events": ("actor",),
}
"""Columns that name who did something in the organisation."""

OF_MANY: Final[Mapping[str, tuple[str, ...]]] = {"artifacts": ("body",)}
"""Columns that hold what was computed from many people together."""

RECORD_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "links": ("customer_id",),
    "link_decisions": ("record_a", "record_b"),
    "audit": ("customer_id",),
    "request_events": ("customer_id",),
    "erasure_steps": ("customer_id",),
    "exposures": ("customer_id",),
    "outcomes": ("customer_id",),
    "quarantine": ("record_id",),
}
"""Columns that may hold the id of somebody else, beside what the row says of the person."""

TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "artifacts": ("spec", "location"),
    "audit": ("detail",),
    "request_events": ("detail",),
    "erasure_steps": ("detail",),
    "scores": ("detail",),
}
"""Columns of free text in which the hub may have written ids."""

_ID: Final = re.compile(r"\b[0-9a-f]{24}\b")

STAFF_WHY: Final = "Who in the organisation did it; you are told when it was done and what for."
MANY_WHY: Final = "It was computed from many people together."
ID_WHY: Final = "The id of another person."
REASON_WHY: Final = "It may tell something of the other person."
EVIDENCE_WHY: Final = "It is known only by something that others share with you; another of them may have said it."
PAYLOAD_WHY: Final = "The row also names somebody else, so that only your own values are shown."


class Withheld(Model):
    """What was left out of an answer, and why."""

    table: str
    column: str
    values: int
    """How many values."""
    why: str


@dataclass(frozen=True)
class Part:
    """The rows of one table that may be shown, and what was left out of them."""

    frame: pl.DataFrame
    withheld: tuple[Withheld, ...] = ()


def without_others(reader: Reader, person: Person, name: str, frame: pl.DataFrame) -> Part:
    """Return rows of the table `name` about a person, without what they say of others.

    Args:
        reader: One state of the store.
        person: Whose rows they are.
        name: The table.
        frame: The rows, with the columns of the table.
    """
    part = Part(frame)
    for columns, why in ((STAFF, STAFF_WHY), (OF_MANY, MANY_WHY)):
        part = _dropped(part, name, columns.get(name, ()), why)
    special = _SPECIAL.get(name)
    part = part if special is None else special(reader, person, part)
    for column in RECORD_COLUMNS.get(name, ()):
        mine = pl.col(column).is_in(list(person.ids)) | pl.col(column).is_null()
        part = _replaced(part, name, column, ~mine, by=OTHER, why=ID_WHY)
    for column in TEXTS.get(name, ()):
        part = _without_ids(reader, person, name, column, part)
    return part


def _dropped(part: Part, name: str, columns: Iterable[str], why: str) -> Part:
    given = {column: _said(part.frame[column]) for column in columns}
    left_out = tuple(
        Withheld(table=name, column=column, values=count, why=why) for column, count in given.items() if count
    )
    return Part(part.frame.drop(columns), (*part.withheld, *left_out))


def _said(values: pl.Series) -> int:
    """Return how many values there are; an empty list is none."""
    empty = (values.list.len() == 0).sum() if isinstance(values.dtype, pl.List) else 0
    return len(values) - values.null_count() - int(empty)


def _replaced(part: Part, name: str, column: str, which: pl.Expr, *, by: str | None, why: str) -> Part:
    hit = part.frame.select(which & pl.col(column).is_not_null()).to_series().fill_null(value=False)
    if not hit.any():
        return part
    values = pl.when(hit).then(pl.lit(by, dtype=pl.String)).otherwise(pl.col(column)).alias(column)
    left_out = Withheld(table=name, column=column, values=int(hit.sum()), why=why)
    return Part(part.frame.with_columns(values), (*part.withheld, left_out))


def _without_ids(reader: Reader, person: Person, name: str, column: str, part: Part) -> Part:
    texts = part.frame[column].to_list()
    named = {each for text in texts if text for each in _ID.findall(text)} - person.ids
    if not named:
        return part
    asked = pl.DataFrame({"record_id": sorted(named)})
    others = set(reader.read("identities", columns=["record_id"], keys=Keys(asked, ("record_id",)))["record_id"])
    clean = [text and _ID.sub(lambda found: OTHER if found[0] in others else found[0], text) for text in texts]
    count = sum(before != after for before, after in zip(texts, clean, strict=True))
    if not count:
        return part
    left_out = Withheld(table=name, column=column, values=count, why=ID_WHY)
    frame = part.frame.with_columns(pl.Series(column, clean, dtype=pl.String))
    return Part(frame, (*part.withheld, left_out))


def _decisions(_reader: Reader, person: Person, part: Part) -> Part:
    """Leave out why it was decided, where the other record is somebody else's."""
    both = pl.col("record_a").is_in(list(person.ids)) & pl.col("record_b").is_in(list(person.ids))
    return _replaced(part, "link_decisions", "reason", ~both, by=None, why=REASON_WHY)


def _statements(_reader: Reader, person: Person, part: Part) -> Part:
    """Leave out the proof of what was said under a shared identifier, unless it is the proof of something their own."""
    subject = ["subject_kind", "subject_key"]
    own = part.frame.join(person.own_subjects, on=subject, how="semi")["evidence"].drop_nulls()
    return _replaced(part, "consents", "evidence", ~pl.col("evidence").is_in(own.implode()), by=None, why=EVIDENCE_WHY)


def _requests(_reader: Reader, person: Person, part: Part) -> Part:
    """Leave out the hashes of identifiers that a request names and that are not the person's."""
    theirs = {f"{kind}:{key}" for kind, key in person.subjects.iter_rows()}
    named = part.frame["subjects"].to_list()
    kept = [each and [one if one in theirs else OTHER for one in each] for each in named]
    count = sum(one == OTHER for each in kept if each for one in each)
    if not count:
        return part
    left_out = Withheld(table="request_events", column="subjects", values=count, why=ID_WHY)
    frame = part.frame.with_columns(pl.Series("subjects", kept, dtype=pl.List(pl.String)))
    return Part(frame, (*part.withheld, left_out))


def _rejected(reader: Reader, person: Person, part: Part) -> Part:
    """Leave out of rows of the quarantine what may be somebody else's."""
    shown = shown_payloads(reader, person, part.frame)
    count = int(part.frame["payload"].ne_missing(shown).sum())
    if not count:
        return part
    left_out = Withheld(table="quarantine", column="payload", values=count, why=PAYLOAD_WHY)
    return Part(part.frame.with_columns(payload=shown), (*part.withheld, left_out))


_SPECIAL: Final[Mapping[str, Callable[[Reader, Person, Part], Part]]] = {
    "consents": _statements,
    "link_decisions": _decisions,
    "quarantine": _rejected,
    "request_events": _requests,
}
