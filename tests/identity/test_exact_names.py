"""Names and birth dates that may, or may not, be those of one person."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified_customer.identity.given_names import compare, compare_given_names, families_agree
from unified_customer.identity.people import disagree, persons

NAMES = ["ann", "annie", "anna maria", "maria", "mario", "jean paul", "jean pierre", "alex", "alexander", "alexamder"]
MISSPELT = [
    "johanna",
    "johana",
    "jonahna",
    "oscar",
    "oscra",
    "kennteh",
    "ken",
    "krzysiek",
    "krzysztof",
    "li",
    "a",
    "a m",
]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bill", "william"),
        ("kasia", "kaska"),
        ("hans", "johannes"),
        ("gosia", "malgorzata"),
        ("pepe", "jose"),
        ("anne marie", "annemarie"),
        ("anna maria", "anna"),
        ("anna m", "anna maria"),
        ("johanna", "johana"),
        ("philip", "phillip"),
        ("mateusz", "maetusz"),
        ("alex", "alexamder"),
        ("ken", "kennteh"),
        ("jaonne", "joamne"),
    ],
)
def test_one_name(one: str, other: str) -> None:
    assert compare(one, other) == compare(other, one) == "same"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann", "bob"),
        ("maria", "mario"),
        ("anna", "hanna"),
        ("julia", "julian"),
        ("christian", "christina"),
        ("dominik", "dominika"),
        ("josef", "josefine"),
        ("jean paul", "jean pierre"),
        ("mariusz", "mateusz"),
        ("lena", "lea"),
    ],
)
def test_two_names(one: str, other: str) -> None:
    assert compare(one, other) == compare(other, one) == "different"


@pytest.mark.parametrize("pair", [("a", "anna"), ("a", "a"), ("j r", "john robert")])
def test_initials_leave_it_open(pair: tuple[str, str]) -> None:
    assert compare(*pair) == "open"


words = st.sampled_from(NAMES + MISSPELT) | st.text("abc ", min_size=1, max_size=8).map(str.strip).filter(bool)


@given(st.lists(st.tuples(words, words), min_size=1, max_size=30))
def test_a_batch_of_names_is_compared_as_each_pair_is(pairs: list[tuple[str, str]]) -> None:
    left, right = (pl.Series(side, dtype=pl.String) for side in zip(*pairs, strict=True))
    assert compare_given_names(left, right).to_list() == [compare(*pair) for pair in pairs]


@given(st.lists(st.tuples(words, words), min_size=1, max_size=30))
def test_names_agree_both_ways(pairs: list[tuple[str, str]]) -> None:
    left, right = (pl.Series(side, dtype=pl.String) for side in zip(*pairs, strict=True))
    assert compare_given_names(left, right).equals(compare_given_names(right, left))
    assert families_agree(left, right).equals(families_agree(right, left))


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("lee", "lee kim", True),
        ("garcia lopez", "garcia", True),
        ("schmidt", "schmitd", True),
        ("smith", "jones", False),
        ("lee", "kim", False),
        ("cok", "cook", True),
    ],
)
def test_family_names(one: str, other: str, *, agree: bool) -> None:
    assert families_agree(pl.Series([one]), pl.Series([other])).to_list() == [agree]


Person = tuple[str | None, str | None, date | None]
BORN = date(1980, 1, 2)


def clash(one: Person, other: Person) -> bool:
    columns = [f"{part}_{side}" for side in "ab" for part in ("given", "family", "birth")]
    types = [pl.String, pl.String, pl.Date] * 2
    schema = dict(zip(columns, types, strict=True))
    there, back = (
        disagree(pl.DataFrame([row], schema=schema, orient="row")).item() for row in (one + other, other + one)
    )
    assert there == back
    return bool(there)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ann", "lee", None), ("bob", "lee", None)),
        (("ann", "lee", BORN), ("ann", None, date(1955, 7, 9))),
        (("a", "lee", None), ("ann", "kim", None)),
        ((None, "lee", None), ("ann", "kim", None)),
        ((None, "lee", BORN), ("ann", "lee", date(1983, 5, 9))),
        (("maria", "lopez", BORN), ("maria", "rossi", date(1983, 5, 9))),
        (("anna", "lee", BORN), ("hanna", "lee", BORN)),
    ],
)
def test_two_people(one: Person, other: Person) -> None:
    assert clash(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ann", "lee", BORN), (None, None, None)),
        (("ann", "lee", None), ("ann", "kim", None)),
        (("ann", "lee", BORN), ("ann", "lee", date(1980, 2, 1))),
        (("ann", "lee", BORN), ("annie", "lee", date(1980, 1, 3))),
        (("ann", "lee", BORN), ("ann", "lee", date(1983, 5, 9))),
        (("lee", "ann", None), ("ann", "lee", None)),
        (("d", "brown", None), ("brown", "deborah", None)),
        (("martin", None, None), ("anna", "martin", None)),
        (("oscra", "moore", BORN), ("oscar", "moore", BORN)),
    ],
)
def test_maybe_one_person(one: Person, other: Person) -> None:
    assert not clash(one, other)


def test_persons_are_folded_and_junk_says_nothing() -> None:
    people = pl.DataFrame(
        {
            "record_id": ["r1", "r2", "r3", "r4"],
            "given_name": ["ÁNN", None, "Test", "Herr Karl"],
            "family_name": ["O’Neill", None, "Unknown", None],
            "full_name": ["ignored here", "Lee, Ann", None, None],
            "birth_date": [BORN, None, date(1900, 1, 1), None],
        },
    )
    assert persons(people).rows() == [
        ("r1", "ann", "oneill", BORN),
        ("r2", "ann", "lee", None),
        ("r3", None, None, None),
        ("r4", "karl", None, None),
    ]
