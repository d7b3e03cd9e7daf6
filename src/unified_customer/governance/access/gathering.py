"""Where a person is found in each table: rows about a person, by record, by customer, by identifier, by content."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

from unified_customer.core.kinds import RECORD
from unified_customer.core.tables import RECORDED_AT, SEQ, TABLES
from unified_customer.governance.access.person import NAMED, Person
from unified_customer.governance.payloads import held_about
from unified_customer.store import Keys, Reader, Where

Gather = Callable[[Reader, Person], pl.DataFrame]
"""Gives the rows of one table that are about a person: its columns, `recorded_at` and `seq`."""

ABOUT_NOBODY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "accounts": "An organisation; who belongs to it stands in account_links.",
        "items": "The catalogue.",
        "spend": "What the organisation paid for marketing.",
        "policies": "The rules of the organisation.",
        "checkpoints": "How far a source was read.",
    }
)
"""Tables without a row about a person, each with what it holds instead."""

NAMING_ARTIFACTS: Final = ("memberships", "scores", "exposures")
"""Tables about people whose rows name the artifact that gave them."""


def by_record(name: str) -> Gather:
    """Return what finds the rows of a table by `record_id`."""
    return lambda reader, person: _read(reader, name, person.records, "record_id")


def by_customer(name: str) -> Gather:
    """Return what finds the rows of a table by `customer_id`; where a row names a record, that says whose it is.

    A row keeps the customer id of its time. When the record goes to somebody else in a split, the row goes with it.
    """
    if "record_id" not in TABLES[name].columns:
        return lambda reader, person: _read(reader, name, person.records, "customer_id")
    return lambda reader, person: pl.concat(
        [
            _read(reader, name, person.records, "record_id"),
            _read(reader, name, person.records, "customer_id", Where("record_id", "is_null")),
        ]
    )


def _outcomes(reader: Reader, person: Person) -> pl.DataFrame:
    """Return outcomes of the person, and those that name nobody but come of something the person was shown."""
    shown = by_customer("exposures")(reader, person).select("exposure_id")
    nobody = (Where("record_id", "is_null"), Where("customer_id", "is_null"))
    came_of_it = _read(reader, "outcomes", shown, "exposure_id", *nobody)
    return pl.concat([by_customer("outcomes")(reader, person), came_of_it])


def _consents(reader: Reader, person: Person) -> pl.DataFrame:
    keys = Keys(person.subjects, ("subject_kind", "subject_key"))
    return reader.read("consents", columns=_columns("consents"), keys=keys)


def _link_decisions(reader: Reader, person: Person) -> pl.DataFrame:
    sides = [_read(reader, "link_decisions", person.records, side) for side in ("record_a", "record_b")]
    return pl.concat(sides).unique(SEQ)


def _artifacts(reader: Reader, person: Person) -> pl.DataFrame:
    """Return what was computed from the person's data, and what gave the person a score, a segment or a message."""
    named = [by_record("artifact_subjects")(reader, person).select("artifact_id")]
    named += [by_customer(name)(reader, person).select("artifact_id") for name in NAMING_ARTIFACTS]
    by_name = _read(reader, "artifacts", pl.concat(named).drop_nulls().unique(), "artifact_id")
    seen = reader.read("identities", columns=[SEQ], keys=Keys(person.records, ("record_id",)))
    since = [Where("covers_seq", ">=", seen[SEQ].min())]
    of_everybody = reader.read("artifacts", columns=_columns("artifacts"), where=since)
    return pl.concat([by_name, of_everybody]).unique(SEQ)


def _tombstones(reader: Reader, person: Person) -> pl.DataFrame:
    """Return what was erased before of records and identifiers that are the person's alone."""
    own = [person.own.select(NAMED), person.records.select(kind=pl.lit(RECORD), value_key="record_id")]
    return reader.read("tombstones", columns=_columns("tombstones"), keys=Keys(pl.concat(own), tuple(NAMED)))


def _request_events(reader: Reader, person: Person) -> pl.DataFrame:
    """Return the person's requests: that name the customer anywhere, or nobody but an identifier of theirs alone."""
    every = reader.read("request_events", columns=_columns("request_events"))
    own = [f"{kind}:{key}" for kind, key in person.own.select(NAMED).iter_rows()]
    whose = every.group_by("request_id").agg(
        named=pl.col("customer_id").is_in(person.ids).any(),
        nobody=pl.col("customer_id").is_null().all(),
        theirs=pl.col("subjects").list.eval(pl.element().is_in(own)).list.any().fill_null(value=False).any(),
    )
    asked = whose.filter(pl.col("named").fill_null(value=False) | (pl.col("nobody") & pl.col("theirs")))
    return every.join(asked, on="request_id", how="semi")


def _quarantine(reader: Reader, person: Person) -> pl.DataFrame:
    """Return the rows in quarantine that name a record of the person, or hold an identifier that is theirs alone."""
    held = reader.read("quarantine", columns=_columns("quarantine"))
    named = held["record_id"].is_in(list(person.ids)).fill_null(value=False)
    about = held_about(held["payload"].fill_null(""), person.own)
    return held.filter(named | about)


_FOUND_OTHERWISE: Final[Mapping[str, Gather]] = {
    "consents": _consents,
    "link_decisions": _link_decisions,
    "artifacts": _artifacts,
    "tombstones": _tombstones,
    "request_events": _request_events,
    "outcomes": _outcomes,
    "quarantine": _quarantine,
}

_BY_SUBJECT: Final = {"record": by_record, "customer": by_customer}

GATHERED: Final[Mapping[str, Gather]] = MappingProxyType(
    {
        name: _FOUND_OTHERWISE[name] if name in _FOUND_OTHERWISE else _BY_SUBJECT[each.subject](name)
        for name, each in TABLES.items()
        if name in _FOUND_OTHERWISE or each.subject in _BY_SUBJECT
    }
)
"""How the rows about a person are found, for every table that can have one."""


def gather(reader: Reader, person: Person) -> dict[str, pl.DataFrame]:
    """Return all rows about a person by table, in the order in which they came; tables without one are left out."""
    found = {name: find(reader, person).sort(SEQ).drop(SEQ) for name, find in GATHERED.items()}
    return {name: frame for name, frame in found.items() if frame.height}


def _columns(name: str) -> list[str]:
    return [*TABLES[name].columns, RECORDED_AT, SEQ]


def _read(reader: Reader, name: str, keys: pl.DataFrame, on: str, *where: Where) -> pl.DataFrame:
    named = keys.select(pl.col(keys.columns[0]).alias(on))
    return reader.read(name, columns=_columns(name), where=where, keys=Keys(named, (on,)))
