"""Hypothesis strategies for small stores about a few people: merged and split, with identifiers that they share.

Every text that is said of a person holds the mark of the record that it was said of, so that it can be looked for in
whatever leaves the hub. Rows are of every table, filled in every column.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import polars as pl
from hypothesis import strategies as st

from unified_customer.core.tables import TABLES, Table
from unified_customer.store import Store, Writer, open_store

NOW: Final = datetime(2026, 1, 10, tzinfo=UTC)
RECORDS: Final = 6
STAFF: Final = "clerk-7"
"""Who did something: stands in every column that names an actor."""
OF_MANY: Final = "averages-of-many"
UNCLEAR: Final = "proof-of-somebody"
"""The proof of what was said under an identifier that several people hold."""
MARKUP: Final = """<i onclick="x">&'"""
"""Stands in every marked text: a page that does not escape it breaks."""

PROOF: Final = frozenset({"audit", "request_events", "erasure_steps", "holds", "artifacts", "artifact_subjects"})
"""Tables that hold ids and settings, never a value of a person."""


def record_id(number: int) -> str:
    """Return the id of the record with this number."""
    return f"{number + 1:02d}ec{'0' * 20}"


def mark(number: int) -> str:
    """Return what marks everything that is said of the record with this number."""
    return f"w{number}w"


@dataclass(frozen=True)
class Identifier:
    """An e-mail address, and the numbers of the records that carry it."""

    number: int
    holders: frozenset[int]

    @property
    def key(self) -> str:
        """Its value key."""
        return f"{self.number + 1:02d}1d{'0' * 20}"

    @property
    def value(self) -> str:
        """The address, with the mark of its first holder unless it has several."""
        name = mark(min(self.holders)) if len(self.holders) == 1 else "family"
        return f"{name}.{self.number}@example.com"


@dataclass(frozen=True)
class People:
    """Who is who in a store.

    Attributes:
        owners: For each record, the number of the person who holds it now.
        before: For each record, the number of the person who held it once; None: nobody else.
        identifiers: What the records carry.
        rows: How many rows of each kind are about each record.
    """

    owners: tuple[int, ...]
    before: tuple[int | None, ...]
    identifiers: tuple[Identifier, ...]
    rows: int

    def records(self, person: int) -> list[int]:
        """Return the numbers of the records of a person."""
        return [number for number, owner in enumerate(self.owners) if owner == person]

    def customer_id(self, person: int) -> str:
        """Return the id of a person: that of the first record."""
        return record_id(self.records(person)[0])

    def people(self) -> list[int]:
        """Return the numbers of the people who hold a record."""
        return sorted(set(self.owners))

    def ids(self, person: int) -> set[str]:
        """Return every id that means a person."""
        return {record_id(number) for number in self.records(person)}

    def held(self, person: int) -> list[Identifier]:
        """Return the identifiers of a person."""
        return [each for each in self.identifiers if each.holders & set(self.records(person))]

    def own(self, person: int) -> list[Identifier]:
        """Return the identifiers that are a person's alone."""
        return [each for each in self.held(person) if each.holders <= set(self.records(person))]

    def store(self) -> Store:
        """Return a store in memory with all of it."""
        store = open_store("memory://")
        with store.transaction(recorded_at=NOW) as writer:
            for name, rows in _rows(self).items():
                _write(writer, TABLES[name], rows)
        return store


def people(*, rows: int = 2) -> st.SearchStrategy[People]:
    """Up to three people with six records, of which some were another's before, and identifiers, of which some are shared."""
    one = st.integers(0, 2)
    holders = st.frozensets(st.integers(0, RECORDS - 1), min_size=1, max_size=3)
    return st.builds(
        People,
        owners=st.tuples(*[one] * RECORDS),
        before=st.tuples(*[st.none() | one] * RECORDS),
        identifiers=st.lists(holders, max_size=4).map(lambda drawn: tuple(map(Identifier, range(len(drawn)), drawn))),
        rows=st.integers(0, rows),
    )


def _write(writer: Writer, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    frame = pl.DataFrame(list(rows), schema=table.columns)
    (writer.append if table.append_only else writer.upsert)(table.name, frame)


def _rows(people: People) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {name: list(_of_nobody(people, name)) for name in TABLES}
    everybody = [f"email:{each.key}" for each in people.identifiers]
    for number, owner in enumerate(people.owners):
        named = {"record_id": record_id(number)}
        found["identities"].append(filled("identities", mark(number), number, **named))
        found["links"] += _links(people, number, owner)
        for row in range(people.rows):
            for name in ("records", "events", "order_lines", "answers", "account_links", "artifact_subjects"):
                found[name].append(filled(name, mark(number), row, **named))
            found["quarantine"].append(filled("quarantine", mark(number), row, **named))
            for name in ("memberships", "scores", "holds", "erasure_steps", "audit", "request_events"):
                found[name].append(filled(name, mark(number), row, customer_id=record_id(number), subjects=everybody))
            for name in ("exposures", "outcomes"):
                found[name] += _shown(people, name, number, row)
            found["link_decisions"] += _decisions(people, number, row)
    for person in people.people():
        found["customers"].append(
            filled("customers", mark(people.records(person)[0]), 0, customer_id=people.customer_id(person))
        )
    for each in people.identifiers:
        _add_identifier(found, people, each)
    found["consents"] += _about_records(people)
    return found


def _links(people: People, number: int, owner: int) -> Iterator[dict[str, Any]]:
    now = filled("links", mark(number), 0, record_id=record_id(number), customer_id=people.customer_id(owner))
    yield {**now, "valid_to": None}
    before = people.before[number]
    if before is not None and people.records(before):
        then = {"valid_from": NOW - timedelta(days=9), "valid_to": NOW - timedelta(days=1)}
        yield {**now, **then, "customer_id": people.customer_id(before)}


def _shown(people: People, name: str, number: int, row: int) -> Iterator[dict[str, Any]]:
    """Yield a row by record, one by customer, and one that was written when the record was somebody else's."""
    own = filled(name, mark(number), row)
    key = TABLES[name].key[0]
    yield {**own, "record_id": record_id(number), "customer_id": None}
    yield {**own, key: f"{own[key]}-c", "record_id": None, "customer_id": record_id(number)}
    other = people.customer_id(people.owners[(number + 1) % RECORDS])
    yield {**own, key: f"{own[key]}-o", "record_id": record_id(number), "customer_id": other}
    if name == "outcomes":
        came = filled("exposures", mark(number), row)["exposure_id"]
        yield {**own, key: f"{own[key]}-e", "record_id": None, "customer_id": None, "exposure_id": came}


def _decisions(people: People, number: int, row: int) -> Iterator[dict[str, Any]]:
    other = (number + 1 + row) % RECORDS
    both = {"record_a": record_id(number), "record_b": record_id(other)}
    said = mark(number) if people.owners[number] == people.owners[other] else f"{mark(number)} {mark(other)}"
    yield {**filled("link_decisions", f"d{number}d", row), **both, "reason": said}


def _add_identifier(found: dict[str, list[dict[str, Any]]], people: People, each: Identifier) -> None:
    shared = len({people.owners[number] for number in each.holders}) > 1
    said = "family" if shared else mark(min(each.holders))
    named = {"kind": "email", "value_key": each.key}
    for number in each.holders:
        row = filled("identifiers", mark(number), each.number, record_id=record_id(number), **named)
        found["identifiers"].append({**row, "value": each.value})
    subject = {"subject_kind": "email", "subject_key": each.key}
    statement = filled("consents", said, each.number, statement_id=f"i{each.number}", **subject)
    found["consents"].append({**statement, "evidence": UNCLEAR if shared else statement["evidence"]})
    found["tombstones"].append(filled("tombstones", said, each.number, **named))
    found["request_events"].append(_request(each))
    found["quarantine"] += _rejected(people, each, said)


def _request(each: Identifier) -> dict[str, Any]:
    row = filled("request_events", "r", each.number, request_id=f"mail-{each.number}", event_id=f"mail-{each.number}")
    return {**row, "customer_id": None, "subjects": [f"email:{each.key}"]}


def _rejected(people: People, each: Identifier, said: str) -> Iterator[dict[str, Any]]:
    """Yield a row that holds the address alone, and one that holds that of somebody else too."""
    alone = json.dumps({"mail": each.value.upper(), "note": f"{said}{MARKUP}"})
    yield {**filled("quarantine", said, 0, quarantine_id=f"a{each.number}"), "payload": alone}
    owner = people.owners[min(each.holders)]
    strangers = [other for other in people.identifiers if other not in people.held(owner)]
    for other in strangers[:1]:
        both = {
            "mail": each.value,
            "friend": other.value,
            "note": f"{mark(min(each.holders))} {mark(min(other.holders))}",
        }
        yield {**filled("quarantine", "x", 0, quarantine_id=f"b{each.number}"), "payload": json.dumps(both)}


def _about_records(people: People) -> Iterator[dict[str, Any]]:
    for number in range(len(people.owners)):
        subject = {"subject_kind": "record", "subject_key": record_id(number)}
        yield filled("consents", mark(number), number, statement_id=f"r{number}", **subject)


def _of_nobody(people: People, name: str) -> Iterator[dict[str, Any]]:
    """Yield rows of the tables that are about nobody, and a row about somebody who is not there."""
    if TABLES[name].subject == "none" and name not in {"artifacts", "consents", "tombstones", "link_decisions"}:
        yield filled(name, "n0body", 0)
    if name == "events":
        yield {**filled(name, "n0body", 0), "record_id": None}
    if name == "artifacts":
        for number in range(people.rows + 1):
            yield filled(name, "a", number, covers_seq=10_000 if number == people.rows else None)
    if name == "audit":
        yield {**filled(name, "n0body", 0), "customer_id": None}


def filled(name: str, said: str, number: int, **given: Any) -> dict[str, Any]:
    """Return a row of a table with a value in every column: texts hold `said` and the number of the row.

    Ids that rows of other tables name are the same wherever the number is.
    """
    table = TABLES[name]
    text = f"note {name}" if name in PROOF else said
    row = {column: _value(table, column, dtype, text, number) for column, dtype in table.columns.items()}
    row |= {column: f"{said}.{name}.{number}" for column in table.key if _is_text(table, column)}
    row |= _settled(table, said, number)
    return {**row, **{column: value for column, value in given.items() if column in row}}


def _settled(table: Table, said: str, number: int) -> dict[str, Any]:
    always = {
        "actor": STAFF,
        "roles": [STAFF],
        "artifact_id": f"artifact-{number}",
        "exposure_id": f"{said}.exposures.{number}",
        "purpose": "analytics",
        "subjects": [],
        "payload": json.dumps({"note": f"{said}{MARKUP}"}),
        "record_id": None,
        "status": "granted",
    }
    if table.name in PROOF:
        always |= {"body": json.dumps({"of": OF_MANY}), "request_id": f"{said}.{number}"}
        always["detail"] = json.dumps({"records": [record_id(each) for each in range(RECORDS)]})
    return {column: value for column, value in always.items() if column in table.columns}


def _is_text(table: Table, column: str) -> bool:
    return table.columns[column] == pl.String() and column not in {"record_id", "customer_id"}


def _value(table: Table, column: str, dtype: pl.DataType, said: str, number: int) -> Any:
    if table.columns[column] == pl.String():
        told = f"{said}.{column}.{number}{MARKUP}"
        return json.dumps({"said": told}) if table.fields[column].meaning.endswith("A JSON object.") else told
    if isinstance(dtype, pl.List):
        return [f"{said}.{column}{MARKUP}"]
    return _PLAIN[type(dtype)]


_PLAIN: Final[Mapping[type[pl.DataType], Any]] = {
    pl.Datetime: NOW,
    pl.Date: date(1990, 2, 28),
    pl.Decimal: Decimal("12.5000"),
    pl.Float64: 0.1,
    pl.Int64: 3,
    pl.Boolean: True,
}
