"""How values and records compare, by telling pairs."""

import numpy as np
import polars as pl
import pytest

from unified_customer.identity.matching.blocking import candidates, unpack
from unified_customer.identity.matching.comparison import compare
from unified_customer.identity.matching.encoding import MOST_SLOTS, Encoded, encode
from unified_customer.identity.matching.keys import BlockingKey, KeyCodes, KeyPart
from unified_customer.identity.matching.normal_forms import normal_forms
from unified_customer.identity.matching.rarity import Counted, Rarity, count_rarity
from unified_customer.identity.matching.roles import Role, Roles
from unified_customer.identity.matching.scales import SCALES
from unified_customer.identity.matching.similarity import grade

PAIRS: list[tuple[Role, str, str, str]] = [
    ("given_name", "robert", "bob", "nickname"),
    ("given_name", "margaret", "peggy", "nickname"),
    ("given_name", "r", "robert", "initial"),
    ("given_name", "r", "bob", "unlike"),
    ("given_name", "patricia", "patriciaa", "almost equal"),
    ("given_name", "anna", "patrick", "unlike"),
    ("family_name", "okafor", "okafro", "almost equal"),
    ("family_name", "marsh", "marsh dubois", "part of the other"),
    ("family_name", "dubois", "marsh dubois", "part of the other"),
    ("family_name", "mars", "marsh dubois", "below .9"),
    ("family_name", "m", "marsh", "initial"),
    ("family_name", "weber", "okafor", "unlike"),
    ("birth_date", "19710203", "19710302", "day and month swapped"),
    ("birth_date", "19710203", "19710204", "one digit off"),
    ("birth_date", "19710203", "19712003", "one digit off"),
    ("birth_date", "19710203", "19710230", "one digit off"),
    ("birth_date", "19710203", "19830203", "two digits off"),
    ("birth_date", "19710203", "19711128", "same year"),
    ("birth_date", "19710203", "19710219", "two parts equal"),
    ("birth_date", "19710203", "20020203", "same day of the year"),
    ("birth_date", "19710203", "20051119", "unlike"),
    ("email", "ann.lee@x.org", "annlee@x.org", "almost equal"),
    ("email", "ann.lee@home.org", "ann.lee@work.net", "mailbox elsewhere"),
    ("email", "ann.lee@home.org", "ann.lee@home.com", "almost equal"),
    ("email", "ann.lee@hotmail.org", "ann.lee@hotmail.co", "almost equal"),
    ("email", "annabel.lee@mail.org", "annabel.lee@work.net", "long mailbox elsewhere"),
    ("email", "ann@mail.org", "ann@work.net", "short mailbox elsewhere"),
    ("email", "ann.lee@mail.org", "ann.lee@work.net", "mailbox elsewhere"),
    ("email", "annabel.lee@mail.org", "annabel.lea@mail.org", "typing error"),
    ("email", "annabel.lee@mail.org", "annabel.lee@mial.org", "almost equal"),
    ("email", "annlee@mail.org", "anmlee@mail.org", "mailbox alike"),
    ("email", "ann@mail.org", "zacharias@mail.org", "same domain"),
    ("email", "ann@mail.org", "zacharias@work.net", "unlike"),
    ("phone", "441632960983", "441632960938", "one character off"),
    ("phone", "441632960983", "441632960111", "unlike"),
    ("phone", "441632960983", "441632960910", "two characters off"),
    ("identifier", "de123456", "de123465", "one character off"),
    ("house_number", "12", "12a", "one character off"),
    ("postcode", "LS14AP", "LS14AB", "one character off in the area"),
    ("postcode", "LS14AP", "LS19XY", "same area"),
    ("postcode", "LS14AP", "LS74AP", "one character off"),
    ("postcode", "LS14AP", "LS289ZZ", "same region"),
    ("postcode", "LS14AP", "YO19XY", "unlike"),
    ("postcode", "50667", "50668", "one character off in the area"),
    ("street", "high street", "street high", "almost equal"),
    ("street", "high street", "hihg street", "below .95"),
    ("street", "high street", "mill lane", "unlike"),
    ("organisation", "weber logistik", "weber logistik nord", "most of the other"),
    ("organisation", "weber", "weber logistik nord", "part of the other"),
    ("city", "leeds", "leads", "below .9"),
    ("city", "leeds", "exeter", "unlike"),
    ("gender", "f", "m", "unlike"),
    ("country", "gb", "de", "unlike"),
]


@pytest.mark.parametrize(("role", "left", "right", "level"), PAIRS, ids=str)
def test_level(role: Role, left: str, right: str, level: str) -> None:
    (found,) = grade(role, pl.Series([left]), pl.Series([right])).tolist()
    assert SCALES[role].names[found] == level


def test_many_pairs_are_compared_in_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    left, right = pl.Series(["anna", "bob", "r"] * 3), pl.Series(["anne", "robert", "zoe"] * 3)
    at_once = grade("given_name", left, right).tolist()
    monkeypatch.setattr("unified_customer.identity.matching.similarity.AT_ONCE", 2)
    assert grade("given_name", left, right).tolist() == at_once


NAMES = Roles(by_column={"given_name": "given_name", "family_name": "family_name", "email": "email"})


def people(*rows: tuple[str | None, str | None, str | None]) -> Encoded:
    schema = {"given_name": pl.String, "family_name": pl.String, "email": pl.String}
    return encode(normal_forms(pl.DataFrame(rows, schema, orient="row").with_row_index("record_id"), NAMES))


def levels(records: Encoded, one: int = 0, other: int = 1) -> dict[str, str | None]:
    """Return the names of the levels of two records, by id."""
    ids = records.record_ids.to_list()
    first, second = (np.array([ids.index(each)]) for each in (one, other))
    (row,) = compare(records, first, second, Counted(records)).tolist()
    named = zip(records.columns, row, strict=True)
    return {column.name: None if level < 0 else SCALES[column.role].names[level] for column, level in named}


SWAPPED = [
    (("weber", "anna"), "swapped"),
    (("weber", "annna"), "swapped, rest alike"),
    (("weber", "gertrud"), "swapped, rest unlike"),
    (("weber", None), "swapped, rest missing"),
    ((None, "anna"), "swapped, rest missing"),
]


@pytest.mark.parametrize(("names", "level"), SWAPPED)
def test_names_in_each_others_place(names: tuple[str | None, str | None], level: str) -> None:
    found = levels(people(("anna", "weber", None), (*names, None)))
    assert found == {"given_name": level, "family_name": None, "email": None}


@pytest.mark.parametrize("names", [("anna", "weber"), ("anna", "anna"), ("okafor", "dubois"), ("weberr", "annna")])
def test_names_that_are_not_crossed_stay_as_they_are(names: tuple[str, str]) -> None:
    found = levels(people(("anna", "weber", None), (*names, None)))
    assert "swapped" not in str(found["given_name"])
    assert found["family_name"] is not None


def test_a_mailbox_made_of_the_name_says_no_more_than_the_name() -> None:
    named = people(("anna", "weber", "anna.weber@mail.org"), ("anna", "weber", "anna.weber@work.net"))
    assert levels(named)["email"] is None
    nicknamed = people(("anna", "weber", "sunflower99@mail.org"), ("anna", "weber", "sunflower99@work.net"))
    assert levels(nicknamed)["email"] == "long mailbox elsewhere"


def test_a_named_mailbox_speaks_where_it_is_the_same_or_has_the_same_number_or_the_names_are_not_alike() -> None:
    same = people(("anna", "weber", "anna.weber@mail.org"), ("anna", "weber", "anna.weber@mail.org"))
    assert "equal" in str(levels(same)["email"])
    near = people(("anna", "weber", "anna.weber@mail.org"), ("anna", "weber", "anna.webre@mail.org"))
    assert levels(near)["email"] is None
    numbered = people(("anna", "weber", "anna.weber71@mail.org"), ("anna", "weber", "anna.webre71@mail.org"))
    assert levels(numbered)["email"] == "typing error"
    unlike = people(("anna", "weber", "anna.weber@mail.org"), ("anna", "weber", "xyz@work.net"))
    assert levels(unlike)["email"] == "unlike"
    strangers = people(("anna", "weber", "anna.weber@mail.org"), ("okon", "zhu", "anna.weber@work.net"))
    assert levels(strangers)["email"] == "mailbox elsewhere"


@pytest.mark.parametrize(("one", "other"), [(0, 1), (1, 0)])
def test_a_mailbox_is_named_if_it_is_after_either_of_the_two(one: int, other: int) -> None:
    married = people(("anna", "weber", "weber.sun@mail.org"), ("anna", "okafor", "webersun@work.net"))
    assert levels(married, one, other)["email"] is None


def test_a_name_of_two_letters_is_in_a_mailbox_by_chance() -> None:
    found = levels(people(("bo", "li", "bolilight@mail.org"), ("bo", "li", "bolilight@work.net")))
    assert found["email"] == "mailbox elsewhere"


def test_the_rarer_of_two_equal_values_has_the_higher_level() -> None:
    rows = [("anna", "weber", None), ("anna", "weber", None)] + [("james", "weber", None)] * 20
    records = people(*rows)
    assert levels(records) == {"given_name": "equal, rarity 7", "family_name": "equal, rarity 5", "email": None}
    assert levels(records, 2, 3)["given_name"] == "equal, rarity 5"


def test_rarity_knows_no_value_that_it_was_not_told_of_and_keeps_none_as_text() -> None:
    records = people(*[("james", "weber", None)] * 20)
    kept = count_rarity(records)
    assert "james" not in kept.model_dump_json()
    assert kept.of(records.columns[0]).tolist() == [5]
    assert kept.of(people(("anna", "weber", None)).columns[0]).tolist() == [7]
    assert Rarity().of(records.columns[0]).tolist() == [7]


def listed(*mails: list[str]) -> Encoded:
    records = pl.DataFrame({"record_id": range(len(mails)), "email": mails})
    return encode(normal_forms(records, Roles(by_column={"email": "email"})))


def test_of_several_values_the_best_pair_counts() -> None:
    records = listed(["sun@mail.org", "moon@work.net"], ["star@x.org", "moon@work.net"])
    assert levels(records)["email"] == "equal, rarity 7"
    assert (
        levels(listed(["sun@mail.org", "moon@work.net"], ["star@x.org", "mooon@work.net"]))["email"] == "mailbox alike"
    )


def test_of_very_many_values_the_rarest_are_kept() -> None:
    shared = [f"shared{n}@x.org" for n in range(MOST_SLOTS)]
    records = listed(["own@x.org", *shared], *([each] for each in shared))
    (column,) = records.columns
    assert column.slots == MOST_SLOTS
    row = records.record_ids.to_list().index(0)
    assert "own@x.org" in column.values.gather(column.codes[row]).to_list()


@pytest.mark.parametrize("fields", [("email", "city"), ("city", "email")])
def test_a_key_finds_records_by_any_of_several_values(fields: tuple[str, str]) -> None:
    mails = [["own@x.org", "shared@x.org"], ["other@y.org", "shared@x.org"], ["shared@x.org"], ["own@x.org"]]
    table = pl.DataFrame({"record_id": range(4), "email": mails, "city": ["leeds", "leeds", "york", "york"]})
    records = encode(normal_forms(table, Roles(by_column={"email": "email", "city": "city"})))
    key = BlockingKey(parts=tuple(KeyPart(field=field, trait="value") for field in fields))
    first, second = unpack(4, candidates(records, [key]))
    found = zip(records.record_ids.gather(first), records.record_ids.gather(second), strict=True)
    assert {frozenset(pair) for pair in found} == {frozenset({0, 1})}


def traits(role: Role, values: list[str], trait: str) -> list[bool]:
    """Say of each value whether its trait is that of the first."""
    records = encode(
        normal_forms(pl.DataFrame({"record_id": range(len(values)), "x": values}), Roles(by_column={"x": role}))
    )
    rows, keys = KeyCodes(records).of((KeyPart(field="x", trait=trait),))
    known = {records.record_ids[int(row)]: int(key) for row, key in zip(rows, keys, strict=True)}
    return [known.get(place) == known.get(0) for place in range(len(values))]


@pytest.mark.parametrize(
    ("role", "trait", "values", "shared"),
    [
        ("given_name", "sound", ["catherine", "katherine", "robert"], [True, True, False]),
        ("given_name", "beginning", ["catherine", "cathy", "katherine"], [True, True, False]),
        ("family_name", "ending", ["okafor", "tafor", "weber"], [True, True, False]),
        ("street", "longest word", ["merriweather lane", "old merriweather", "mill lane"], [True, True, False]),
        ("birth_date", "year", ["1971-02-03", "1971-11-28", "1972-02-03"], [True, True, False]),
        ("birth_date", "month and day", ["1971-02-03", "1988-02-03", "1971-02-04"], [True, True, False]),
        ("birth_date", "year and day", ["1971-02-03", "1971-12-03", "1971-02-04"], [True, True, False]),
        ("email", "mailbox", ["ann@x.org", "ann@y.org", "bob@x.org"], [True, True, False]),
        ("email", "domain", ["ann@x.org", "bob@x.org", "ann@y.org"], [True, True, False]),
        ("postcode", "area", ["LS1 4AP", "LS1 9XY", "LS7 4AP"], [True, True, False]),
        ("identifier", "first half", ["742956", "742301", "518956"], [True, True, False]),
        ("identifier", "second half", ["742956", "518956", "742301"], [True, True, False]),
    ],
)
def test_trait(role: Role, trait: str, values: list[str], shared: list[bool]) -> None:
    assert traits(role, values, trait) == shared
