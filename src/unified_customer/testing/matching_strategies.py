"""Invented people for the laws of matching: households, twins and namesakes, and what befalls them in records."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Any, Literal

import polars as pl
from hypothesis import strategies as st

from unified_customer.identity.matching.matcher import FittedMatcher, Matcher

Layout = Literal["parts", "whole"]
Slip = Callable[["Person"], "Person"]

GIVEN = (
    *("james", "mary", "robert", "patricia", "william", "jennifer", "david", "linda", "richard", "elizabeth", "thomas"),
    *("susan", "charles", "jessica", "daniel", "karen", "matthew", "nancy", "anthony", "margaret", "steven", "sandra"),
    *("edward", "ashley", "ronald", "emily", "timothy", "donna", "jeffrey", "carol", "gary", "ruth"),
)
"""Names of men and of women by turns."""

FAMILY = (
    *("okafor", "lindqvist", "marsh", "dubois", "weber", "ruiz", "novak", "conti", "hartley", "brandt", "fischer"),
    *("pemberton", "quill", "ashdown", "larkin", "vasquez", "thornbury", "whitlock", "mercer", "oakley", "sandoval"),
    *("drummond", "kowalski", "fairfax", "gillespie", "hawthorne", "ibarra", "jessop", "kendrick", "lockwood"),
    *("merriweather", "nightingale", "ormond", "prescott", "radcliffe", "stanhope"),
)
"""From the most common to the rarest."""

STREETS = ("high street", "mill lane", "church road", "station road", "elm grove", "kings avenue", "park view")
TOWNS = ("leeds", "york", "derby", "exeter", "oxford", "lincoln")
NICKNAMES = {
    "robert": "bob",
    "william": "bill",
    "margaret": "peggy",
    "elizabeth": "liz",
    "james": "jim",
    "edward": "ted",
}


@dataclass(frozen=True)
class Person:
    """What a record may say of a person; nothing where a part is empty."""

    given: str
    family: str
    birth: str
    emails: tuple[str, ...]
    phone: str
    house_number: str
    street: str
    town: str
    postcode: str
    gender: str


def invented_people(homes: int, *, seed: int) -> list[list[Person]]:
    """Return people by household: most share family name, address and landline, some are twins."""
    random = Random(seed)
    return [_home(random, number) for number in range(homes)]


def _home(random: Random, number: int) -> list[Person]:
    # Names that come early are common.
    family = FAMILY[min(int(random.expovariate(0.12)), len(FAMILY) - 1)]
    town = random.randrange(len(TOWNS))
    home = {
        "phone": f"01632 {960000 + number * 7919 % 39999}",
        "house_number": str(random.randint(1, 140)),
        "street": random.choice(STREETS),
        "town": TOWNS[town],
        "postcode": f"{TOWNS[town][:2].upper()}{random.randint(1, 19)} {random.randint(1, 9)}{random.choice('ABDEFGH')}X",
    }
    given = random.sample(range(len(GIVEN)), random.choice((1, 1, 2, 3, 4)))
    births = [_birth(random) for _ in given]
    if len(given) > 3:
        births[3] = births[2]
    boxes = [_mailbox(random, GIVEN[at], f"{family}{number}") for at in given]
    return [
        Person(GIVEN[at], family, born, (f"{box}@mail{number % 5}.org",), gender="m" if at % 2 == 0 else "f", **home)
        for at, born, box in zip(given, births, boxes, strict=True)
    ]


def _birth(random: Random) -> str:
    return f"{random.randint(1935, 2005)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"


def _mailbox(random: Random, given: str, rest: str) -> str:
    return random.choice((f"{given}.{rest}", f"{given[0]}{rest}", f"{random.choice(TOWNS)}{rest[-3:]}{given[-1]}"))


def _transposed(text: str) -> str:
    return text[:2] + text[3:4] + text[2:3] + text[4:]


def _without(*fields: str) -> Slip:
    nothing: dict[str, Any] = {field: () if field == "emails" else "" for field in fields}
    return lambda person: replace(person, **nothing)


def _swapped_names(person: Person) -> Person:
    return replace(person, given=person.family, family=person.given)


def _swapped_day(person: Person) -> Person:
    year, month, day = person.birth.split("-") if person.birth.count("-") == 2 else ("", "", "")
    return replace(person, birth=f"{year}-{day}-{month}") if year and int(day) <= 12 else person


def _moved(person: Person) -> Person:
    return replace(
        person, house_number="77", street="harbour walk", town="whitby", postcode="WH7 1AX", phone="01632 961234"
    )


def _several_emails(person: Person) -> Person:
    return replace(person, emails=(*person.emails, f"{person.family[:6]}{len(person.given)}@work.net"))


SLIPS: tuple[Slip, ...] = (
    lambda person: person,
    lambda person: replace(person, given=_transposed(person.given)),
    lambda person: replace(person, family=_transposed(person.family)),
    lambda person: replace(person, given=NICKNAMES.get(person.given, person.given)),
    lambda person: replace(person, given=person.given[:1]),
    lambda person: replace(person, family=f"{person.family}-marsh".removeprefix("-")),
    lambda person: replace(person, birth=person.birth[:3] + "5" + person.birth[4:]),
    lambda person: replace(person, phone=_transposed(person.phone[::-1])[::-1]),
    lambda person: replace(person, emails=tuple(map(_transposed, person.emails))),
    lambda person: replace(person, given=person.given.upper(), street=person.street.title()),
    _swapped_names,
    _swapped_day,
    _moved,
    _several_emails,
    _without("given"),
    _without("family"),
    _without("birth"),
    _without("emails"),
    _without("phone", "gender"),
    _without("house_number", "street", "town", "postcode"),
)
"""What goes wrong between a person and a record."""


@dataclass(frozen=True)
class Said:
    """One record: what a source says of a person."""

    person: Person
    source: str
    truth: int


def table_of(said: Sequence[Said], layout: Layout) -> pl.DataFrame:
    """Return records with the true person in `cluster_id`, in the order given; ids do not follow it."""
    rows = [_row(each, layout) for each in said]
    ids = [f"r{number * 7 % 1009:04}" if len(said) < 1009 else f"r{number:06}" for number in range(len(said))]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    emails = {"emails": pl.Series(columns.pop("emails"), dtype=pl.List(pl.String))} if "emails" in columns else {}
    texts = {name: pl.Series(values, dtype=pl.String) for name, values in columns.items()}
    truth = pl.Series([each.truth for each in said], dtype=pl.Int64)
    return pl.DataFrame({"record_id": ids, **texts, **emails, "cluster_id": truth})


def _row(said: Said, layout: Layout) -> dict[str, str | list[str] | None]:
    person = said.person
    row: dict[str, str | list[str] | None] = {"source": said.source}
    if layout == "parts":
        row |= {"given_name": person.given, "family_name": person.family, "email": next(iter(person.emails), "")}
        row |= {"gender": person.gender, "house_number": person.house_number, "street": person.street}
    else:
        row |= {"full_name": f"{person.given} {person.family}".strip(), "emails": list(person.emails)}
    row |= {"birth_date": person.birth, "phone": person.phone, "city": person.town, "postcode": person.postcode}
    return {name: value or None for name, value in row.items()}


def invented_records(homes: int, *, seed: int, layout: Layout = "parts", most_copies: int = 4) -> pl.DataFrame:
    """Return records of invented people, up to `most_copies` of each; the source `register` has each person once."""
    random, said = Random(seed), []
    everyone = [person for home in invented_people(homes, seed=seed) for person in home]
    for truth, person in enumerate(everyone):
        for copy in range(random.randint(1, most_copies)):
            slips = random.choices(SLIPS, k=random.choice((0, 1, 1, 2)) if copy else 0)
            source = random.choice(("crm", "shop")) if copy else "register"
            said.append(Said(slipped(person, slips), source, truth))
    random.shuffle(said)
    return table_of(said, layout)


def slipped(person: Person, slips: Sequence[Slip]) -> Person:
    """Return what is said of a person after all the slips."""
    for slip in slips:
        person = slip(person)
    return person


@cache
def fitted_matcher(layout: Layout) -> FittedMatcher:
    """Return a matcher that has learned from some hundred invented people."""
    return Matcher().fit(invented_records(150, seed=7, layout=layout))


@cache
def _known_people() -> tuple[Person, ...]:
    return tuple(person for home in invented_people(150, seed=7)[:12] for person in home)


def layouts() -> st.SearchStrategy[Layout]:
    """The columns that a table may have."""
    return st.sampled_from(("parts", "whole"))


def said_of_people(sources: Sequence[str] = ("crm", "register", "shop")) -> st.SearchStrategy[Said]:
    """Records of a few people and their families, among those of whom the fitted matchers know."""
    everyone = _known_people()
    return st.builds(
        lambda truth, slips, source: Said(slipped(everyone[truth], slips), source, truth),
        st.sampled_from(range(len(everyone))),
        st.lists(st.sampled_from(SLIPS), max_size=3),
        st.sampled_from(sources),
    )


def tables(layout: Layout, *, least: int = 2, most: int = 30) -> st.SearchStrategy[pl.DataFrame]:
    """Small tables of a few people, most of whom have several records."""
    return st.lists(said_of_people(), min_size=least, max_size=most).map(lambda said: table_of(said, layout))
