"""The laws of access and portability: a person is told everything that is held about them, and nothing about others."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unified_customer.core.keys import Keyring
from unified_customer.core.tables import TABLES
from unified_customer.governance.access import ABOUT_NOBODY, GATHERED, PersonalData
from unified_customer.governance.access.as_folder import files_of
from unified_customer.governance.access.collecting import GIVEN
from unified_customer.governance.access.others import OF_MANY as OF_MANY_COLUMNS
from unified_customer.governance.access.others import STAFF as STAFF_COLUMNS
from unified_customer.governance.access.values_in_html import text_of
from unified_customer.governance.rights import Rights
from unified_customer.policy import Policy
from unified_customer.store import Store
from unified_customer.testing.people_strategies import (
    NOW,
    OF_MANY,
    PROOF,
    STAFF,
    UNCLEAR,
    People,
    mark,
    people,
    record_id,
)

INTERESTS = Policy(bases={"analytics": "legitimate_interests", "essential.service": "legitimate_interests"})
CONTRACT = Policy(bases={"analytics": "legitimate_interests", "essential.service": "contract"})
somebody = st.data()
few = settings(
    max_examples=max(10, settings().max_examples // 2), suppress_health_check=[HealthCheck.too_slow], deadline=None
)


@contextmanager
def asking(world: People, data: st.DataObject, policy: Policy = CONTRACT) -> Iterator[tuple[Rights, int, Store]]:
    """A store of people, the rights over it, and one of the people."""
    store = world.store()
    try:
        rights = Rights(store, clock=lambda: NOW, keyring=Keyring(b"k" * 32), policy=policy)
        yield rights, data.draw(st.sampled_from(world.people())), store
    finally:
        store.close()


def everything(answer: PersonalData) -> str:
    """All that leaves with an answer, in whatever form."""
    return "\n".join(content.decode() for content in files_of(answer).values())


def cells(value: Any) -> set[str]:
    """The texts in a cell: of a list each, of a JSON object every value, in lower case."""
    if isinstance(value, list):
        return set().union(*map(cells, value))
    if isinstance(value, str) and value.startswith("{"):
        return {str(each).lower() for each in json.loads(value).values()}
    return {str(value).lower()}


def scanned(store: Store, world: People, person: int) -> dict[str, set[tuple[Any, ...]]]:
    """The keys of the rows that hold an id, an identifier or a key of a person, found by looking at every cell.

    A row that names a record is about whoever holds that record, and a request that names a customer is the customer's,
    whatever else they say.
    """
    ids = world.ids(person)
    alone = {each.key for each in world.own(person)} | {each.value for each in world.own(person)}
    alone |= {f"email:{each.key}" for each in world.own(person)}
    said = {each.key for each in world.held(person)}
    tokens = {"consents": ids | said, "links": ids, "artifacts": set[str](), "audit": ids}
    found: dict[str, set[tuple[Any, ...]]] = {}
    for name, table in TABLES.items():
        rows = store.read(name, columns=list(table.columns)).rows(named=True)
        about = [row for row in rows if _is_about(name, row, ids, tokens.get(name, ids | alone))]
        found[name] = {tuple(row[column] for column in table.key) for row in about}
    found["outcomes"] |= _came_of(store, found["exposures"])
    found["artifacts"] = _artifacts(store, found)
    return {name: keys for name, keys in found.items() if keys}


def _is_about(name: str, row: dict[str, Any], ids: set[str], tokens: set[str]) -> bool:
    if row.get("record_id") is not None:
        return row["record_id"] in ids or (name == "quarantine" and bool(cells(row["payload"]) & tokens))
    if name == "request_events" and row["customer_id"] is not None:
        return row["customer_id"] in ids
    settings = {"detail", "spec", "body"}
    return any(cells(value) & tokens for column, value in row.items() if column not in settings)


def _came_of(store: Store, exposures: set[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    rows = store.read("outcomes").filter(pl.col("record_id").is_null() & pl.col("customer_id").is_null())
    return {(row["outcome_id"],) for row in rows.rows(named=True) if (row["exposure_id"],) in exposures}


def _artifacts(store: Store, found: dict[str, set[tuple[Any, ...]]]) -> set[tuple[Any, ...]]:
    named = {(artifact,) for artifact, _ in found["artifact_subjects"]}
    for name in ("memberships", "scores", "exposures"):
        rows = store.read(name).rows(named=True)
        named |= {(row["artifact_id"],) for row in rows if tuple(row[key] for key in TABLES[name].key) in found[name]}
    rows = store.read("artifacts").rows(named=True)
    return {(row["artifact_id"],) for row in rows if (row["artifact_id"],) in named or row["covers_seq"]}


def test_every_table_is_either_gathered_or_said_to_be_about_nobody() -> None:
    assert {*GATHERED, *ABOUT_NOBODY} == set(TABLES)
    assert not {*GATHERED} & {*ABOUT_NOBODY}


@few
@given(people(), somebody)
def test_an_answer_is_what_a_scan_of_every_cell_of_every_table_finds(world: People, data: st.DataObject) -> None:
    with asking(world, data) as (rights, person, store):
        expected = scanned(store, world, person)
        found = rights.access(world.customer_id(person)).tables
    assert {name: set(frame.select(TABLES[name].key).rows()) for name, frame in found.items()} == expected


@few
@given(people(), somebody)
def test_nothing_of_another_person_is_ever_in_an_answer(world: People, data: st.DataObject) -> None:
    with asking(world, data) as (rights, person, _):
        told = everything(rights.access(world.customer_id(person)))
    others = [number for number in range(len(world.owners)) if world.owners[number] != person]
    assert not [number for number in others if mark(number) in told or record_id(number) in told]
    strangers = [each for each in world.identifiers if each not in world.held(person)]
    assert not [each for each in strangers if each.value in told.lower() or each.key in told]
    assert not [each for each in (STAFF, OF_MANY, UNCLEAR, "n0body") if each in told]


@few
@given(people(), somebody)
def test_every_value_of_the_person_is_in_the_answer(world: People, data: st.DataObject) -> None:
    with asking(world, data) as (rights, person, store):
        expected = scanned(store, world, person)
        answer = rights.access(world.customer_id(person))
        for name in expected.keys() - {"quarantine", "links", "link_decisions", "consents"} - PROOF:
            stored = store.read(name, columns=list(answer.tables[name].columns), order_by=["seq"])
            mine = [
                row for row in stored.rows(named=True) if tuple(row[key] for key in TABLES[name].key) in expected[name]
            ]
            hidden = {"customer_id"} if name in {"exposures", "outcomes"} else set[str]()
            assert [without(row, hidden) for row in mine] == [
                without(row, hidden) for row in answer.tables[name].rows(named=True)
            ]
        assert all(mark(number) in answer.to_json() for number in world.records(person))


def without(row: dict[str, Any], hidden: set[str]) -> dict[str, Any]:
    return {column: value for column, value in row.items() if column not in hidden}


@few
@given(people(), somebody)
def test_all_columns_are_told_but_those_that_are_said_to_be_withheld(world: People, data: st.DataObject) -> None:
    with asking(world, data) as (rights, person, _):
        answer = rights.access(world.customer_id(person))
    for name, frame in answer.tables.items():
        missing = {*TABLES[name].columns} - {*frame.columns}
        assert missing == {*STAFF_COLUMNS.get(name, ()), *OF_MANY_COLUMNS.get(name, ())}
        assert missing <= {each.column for each in answer.withheld if each.table == name}


@few
@given(people(), somebody)
def test_every_id_ever_issued_leads_to_the_same_answer(world: People, data: st.DataObject) -> None:
    with asking(world, data) as (rights, person, store):
        before = rights.access(world.customer_id(person)).tables
        answers = [rights.access(any_id).tables for any_id in sorted(world.ids(person))[-2:]]
        asked = store.read("audit").filter(action="access").height
    assert all(same(answer, before, but="audit") for answer in answers)
    assert asked == 1 + len(answers)


def same(one: Any, other: Any, *, but: str) -> bool:
    names = {*one, *other} - {but}
    return names == {*one} - {but} == {*other} - {but} and all(one[name].equals(other[name]) for name in names)


@few
@given(people(), somebody)
def test_after_an_erasure_nothing_is_held_and_nothing_of_the_person_is_told(world: People, data: st.DataObject) -> None:
    with asking(world, data) as (rights, person, _):
        rights.erase(world.customer_id(person))
        answers = [rights.access(any_id) for any_id in sorted(world.ids(person))]
    assert not any(answer.held for answer in answers)
    told = "\n".join(everything(answer) for answer in answers)
    assert not [number for number in world.records(person) if mark(number) in told.replace(f"{mark(number)}.", "")]
    assert not [each for each in world.identifiers if each.value in told.lower()]


@few
@given(people(), somebody, st.sampled_from(["access", "portability"]))
def test_an_answer_reads_back_from_its_json_equal(world: People, data: st.DataObject, right: str) -> None:
    with asking(world, data) as (rights, person, _):
        answer = getattr(rights, right)(world.customer_id(person), request_id="r-1")
    again = PersonalData.from_json(answer.to_json())
    assert again.to_json() == answer.to_json()
    assert same(again.tables, answer.tables, but="")
    assert (again.information, again.withheld) == (answer.information, answer.withheld)


@few
@given(people(), somebody)
def test_the_page_holds_every_value_escaped_and_neither_runs_nor_fetches_anything(
    world: People, data: st.DataObject
) -> None:
    with asking(world, data) as (rights, person, _):
        answer = rights.access(world.customer_id(person))
    page = answer.to_html()
    texts = {text for frame in answer.tables.values() for row in frame.rows() for value in row for text in shown(value)}
    assert not [text for text in texts if escape(text) not in page]
    assert not re.search(r"<(script|link|img|iframe|object|embed|form|i)\b|@import|url\(|src=|href='(?!#)", page)


def shown(value: Any) -> Iterator[str]:
    """The texts of a value as the page shows them; of a JSON object every value."""
    if isinstance(value, str) and value.startswith("{"):
        for each in json.loads(value).values():
            yield from map(str, each if isinstance(each, list) else [each])
    elif value is not None:
        yield text_of(value)


@few
@given(people(), somebody)
def test_what_can_be_taken_elsewhere_is_a_part_of_the_answer_and_nothing_that_was_concluded(
    world: People, data: st.DataObject
) -> None:
    with asking(world, data) as (rights, person, _):
        whole = rights.access(world.customer_id(person)).tables
        part = rights.portability(world.customer_id(person)).tables
    assert {*part} == {*GIVEN} & {*whole}
    assert all(frame.equals(whole[name].select(frame.columns)) for name, frame in part.items())


@few
@given(people(), somebody)
def test_nothing_can_be_taken_elsewhere_that_rests_on_neither_consent_nor_contract(
    world: People, data: st.DataObject
) -> None:
    with asking(world, data, INTERESTS) as (rights, person, _):
        assert rights.portability(world.customer_id(person)).tables == {}
