"""What is worked out in plain Python for a few records, because somebody waits, is what is worked out for many."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from unified_customer.identity import given_names
from unified_customer.identity.matching import similarity
from unified_customer.identity.matching.comparison import compare
from unified_customer.identity.matching.encoding import Encoded, encode
from unified_customer.identity.matching.keys import KeyCodes, possible_keys
from unified_customer.identity.matching.normal_forms import normal_forms
from unified_customer.identity.matching.plain_forms import PLAIN_FORMS, has_plain_form, plain_form
from unified_customer.identity.matching.rarity import Counted
from unified_customer.identity.matching.roles import Role, Roles
from unified_customer.identity.matching.similarity import HOST, MAILBOX, PROVIDER, PairTest
from unified_customer.identity.matching.traits import TRAITS, Trait
from unified_customer.identity.matching.value_forms import birth_form, form_of
from unified_customer.identity.normalise import lettering
from unified_customer.identity.normalise.distinct import formed
from unified_customer.identity.people import PERSON, Person, cannot_be_one, disagree, person, persons
from unified_customer.testing.matching_strategies import FAMILY, GIVEN, fitted_matcher, layouts, tables

WORKED_OUT_TWICE = (
    *(
        sys.modules[f"unified_customer.identity.matching.{name}"]
        for name in ("encoding", "keys", "named_mailboxes", "normal_forms", "similarity", "swapped_names", "traits")
    ),
    given_names,
    lettering,
)

words = st.text("abcdeäß .@-_19", min_size=1, max_size=12) | st.sampled_from(
    ["ann.lee@x.org", "@", "a@b@c", "19710203"]
)
addresses = st.from_regex(r"[ab._-]{0,4}(@[ab.]{0,5}){0,2}", fullmatch=True)
days = st.sampled_from(["19710203", "19710302", "19710204", "19880203", "1971", "20001130"])
postcodes = st.from_regex(r"[A-C1-3]{1,8}", fullmatch=True)


def as_of_many(work: Callable[[], Any]) -> Any:
    """Return what `work` returns where no number of records is a few."""
    with pytest.MonkeyPatch.context() as patched:
        for module in WORKED_OUT_TWICE:
            patched.setattr(module, "FEW", -1)
            patched.setattr(module, "FEWEST", -1, raising=False)
        return work()


@pytest.mark.parametrize("module", WORKED_OUT_TWICE)
def test_all_that_is_worked_out_twice_is_tried_here(module: ModuleType) -> None:
    assert module.FEW > 0


EACH_TRAIT = [
    pytest.param(role, trait, id=f"{name} of {role}") for role in TRAITS for name, trait in TRAITS[role].items()
]


@pytest.mark.parametrize(("role", "trait"), EACH_TRAIT)
@given(st.lists(words | addresses | days | postcodes, min_size=1))
def test_a_trait_of_one_value_is_that_of_a_column(role: Role, trait: Trait, values: list[str]) -> None:
    column = formed(pl.Series(values, dtype=pl.String), trait.of_column)
    assert [trait.of_one(value) for value in values] == column.to_list()


@pytest.mark.parametrize("part", [MAILBOX, HOST], ids=["mailbox", "host"])
@given(st.lists(addresses, min_size=1))
def test_a_part_of_an_address_is_that_of_a_column(part: Trait, values: list[str]) -> None:
    assert part(pl.Series(values)).to_list() == as_of_many(lambda: part(pl.Series(values))).to_list()


@given(st.lists(st.from_regex(r"[ab.]{0,6}", fullmatch=True), min_size=1))
def test_a_provider_is_that_of_a_column(hosts: list[str]) -> None:
    assert PROVIDER(pl.Series(hosts)).to_list() == as_of_many(lambda: PROVIDER(pl.Series(hosts))).to_list()


TESTS = {name: test for name, test in vars(similarity).items() if isinstance(test, PairTest)}
names = st.sampled_from(["a", "an", "ann", "ann lee", "lee", "l", "lee ann"])


@pytest.mark.parametrize("name", TESTS)
@given(st.lists(st.tuples(names, names) | st.tuples(days, days) | st.tuples(postcodes, postcodes), min_size=1))
def test_what_is_asked_of_a_pair_is_what_is_asked_of_columns(name: str, pairs: list[tuple[str, str]]) -> None:
    asked = pl.DataFrame(pairs, schema=["a", "b"], orient="row").select(TESTS[name].of_columns)
    assert [TESTS[name].of_one(one, other) for one, other in pairs] == asked.to_series().to_list()


written = st.text("aAbBstrß é'-.,@#()/+:;0123459 \t\n\x1c", max_size=14) | st.sampled_from(
    [
        *(
            "Dr. Ann Lee",
            "mr",
            "test user",
            "n/a",
            "12345",
            "+49 30 123456 ext. 8",
            "00000",
            "(555) 123-4567",
            "12345.0",
        ),
        *(
            "Hauptstr. 5 a",
            "12 High Street No. 5",
            "#4 Mill Lane",
            "Köln (Porz)",
            "Koln (Porz)",
            "St. Gallen",
            "D-01067",
        ),
        *(
            "ann@x.org",
            "ann.x.org",
            "no-reply@x.org",
            "1970-01-01",
            "1971-02-30",
            "1971-02-03",
            "0001-01-01",
            "--",
            "\n",
        ),
        *(
            "a@1",
            "a.b1",
            "unknown\x1c",
            "unknown",
            "some street 5",
            "7",
            "O'Neill",
            '"Ann"',
            "1971-02-03\n",
            "+0123456789",
            "tel: 0123 456",
        ),
    ]
)


@pytest.mark.parametrize("role", PLAIN_FORMS)
@given(st.lists(written, min_size=1, max_size=20))
@example(["a@1", "a1@2", "ab.c", "a.b"])
def test_the_form_of_a_single_value_is_that_of_a_column(role: Role, values: list[str]) -> None:
    plain = [value for value in values if has_plain_form(role, value)]
    column = pl.Series(plain, dtype=pl.String)
    forms = birth_form(column, ()) if role == "birth_date" else form_of(role, column)
    assert [plain_form(role, value) for value in plain] == forms.to_list()


@st.composite
def some_tables(draw: st.DrawFn) -> tuple[pl.DataFrame, Any]:
    layout = draw(layouts())
    return draw(tables(layout, least=2, most=12)), fitted_matcher(layout)


def everything(records: pl.DataFrame, matcher: Any) -> tuple[pl.DataFrame, Encoded, list[Any], list[Any]]:
    """Return forms, numbers, keys and comparisons of all pairs."""
    forms = normal_forms(records, matcher.roles, matcher.reading)
    encoded = encode(forms, matcher.rarity.levels)
    codes = KeyCodes(encoded)
    hashes = [[each.tolist() for each in codes.of(parts)] for parts in possible_keys(encoded)]
    size = len(encoded)
    first, second = (np.repeat(range(size), size), np.tile(range(size), size))
    return forms.values, encoded, hashes, compare(encoded, first, second, Counted(encoded)).tolist()


@given(some_tables())
def test_few_records_are_read_numbered_keyed_and_compared_as_many_are(table: tuple[pl.DataFrame, Any]) -> None:
    forms, encoded, hashes, levels = everything(*table)
    forms_of_many, encoded_of_many, hashes_of_many, levels_of_many = as_of_many(lambda: everything(*table))
    assert forms.equals(forms_of_many)
    assert encoded.record_ids.equals(encoded_of_many.record_ids)
    for column, of_many in zip(encoded.columns, encoded_of_many.columns, strict=True):
        assert column.values.to_list() == of_many.values.to_list()
        assert column.codes.tolist() == of_many.codes.tolist()
        assert column.counts.tolist() == of_many.counts.tolist()
    assert hashes == hashes_of_many
    assert levels == levels_of_many


@given(st.lists(st.none() | st.lists(st.sampled_from("abcdefgh"), max_size=7), min_size=1, max_size=6))
def test_the_same_values_of_long_lists_are_kept(said: list[list[str] | None]) -> None:
    values = pl.Series("email", said, dtype=pl.List(pl.String))
    table = pl.DataFrame([pl.Series("record_id", range(len(said))), values])
    forms = normal_forms(table, Roles(by_column={"email": "email"}))
    forms = replace(forms, values=values.to_frame())

    def rare(_: str, values: pl.Series) -> Any:
        return np.array([ord(value) % 3 for value in values], dtype=np.int8)

    few = encode(forms, rare).columns[0]
    many = as_of_many(lambda: encode(forms, rare)).columns[0]
    assert (few.values.to_list(), few.codes.tolist()) == (many.values.to_list(), many.codes.tolist())
    assert few.counts.tolist() == many.counts.tolist()


short_names = st.sampled_from(["al", "ann", "lee", "lea"])
mailboxes = st.sampled_from(
    ["al71@x.org", "ann.lee@x.org", "annlee71@y.org", "anmlee71@y.org", "alea7@x.org", "b71@x.org"]
)
owners = st.fixed_dictionaries({"given_name": short_names, "family_name": short_names, "email": st.none() | mailboxes})


@given(st.lists(owners, min_size=2, max_size=6))
@example(
    [
        {"given_name": "al", "family_name": "lee", "email": "al71@x.org"},
        {"given_name": "al", "family_name": "lee", "email": "al72@x.org"},
    ]
)
def test_the_mailboxes_of_few_fall_silent_as_those_of_many_do(records: list[dict[str, str | None]]) -> None:
    fields: list[Role] = ["given_name", "family_name", "email"]
    table = pl.DataFrame(records, schema=dict.fromkeys(fields, pl.String)).with_row_index("record_id")
    encoded = encode(normal_forms(table, Roles(by_column={field: field for field in fields})))
    first, second = np.divmod(np.arange(len(records) ** 2), len(records))

    def levels() -> Any:
        return compare(encoded, first, second, Counted(encoded)).tolist()

    assert levels() == as_of_many(levels)


known_names = st.sampled_from([*GIVEN[:4], *FAMILY[:2], "bob", "robert", "a", "anna maria", "oscra", "oscar", "lee"])
births = st.sampled_from(
    [date(1970, 2, 3), date(1970, 3, 2), date(1970, 2, 4), date(1971, 5, 16), date(1982, 2, 3), date(1983, 9, 7)]
)
people = st.builds(Person, st.none() | known_names, st.none() | known_names, st.none() | births)


ann = Person("ann", "lee", date(1970, 2, 3))


@given(st.lists(st.tuples(people, people), min_size=1, max_size=30))
@example([(ann, ann._replace(birth=date(1982, 2, 3))), (ann, ann._replace(family="berg", birth=date(1971, 5, 16)))])
def test_two_people_disagree_as_many_do(pairs: list[tuple[Person, Person]]) -> None:
    text, day = pl.String, pl.Date
    schema = {"given_a": text, "family_a": text, "birth_a": day, "given_b": text, "family_b": text, "birth_b": day}
    frame = pl.DataFrame([one + other for one, other in pairs], schema=schema, orient="row")
    told = [cannot_be_one(one, other) for one, other in pairs]
    assert told == disagree(frame).to_list() == as_of_many(lambda: disagree(frame)).to_list()


named = st.none() | written | st.sampled_from(["Anna Lee", "Dr. Bo Berg", "mr ann", "MÜLLER", "test"])
fields = st.fixed_dictionaries(
    {"given_name": named, "family_name": named, "full_name": named, "birth_date": st.none() | births}
)


@given(st.lists(fields, min_size=1, max_size=5))
def test_a_person_is_read_as_many_are(records: list[dict[str, Any]]) -> None:
    schema = {"record_id": pl.String, "given_name": pl.String, "family_name": pl.String, "full_name": pl.String}
    many = pl.DataFrame(records, schema={**schema, "birth_date": pl.Date})
    assert [person(record) for record in records] == [Person(*row) for row in persons(many).select(PERSON).iter_rows()]
