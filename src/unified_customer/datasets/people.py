"""The people of the invented shop: households, birth dates, names, marriages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from unified_customer.datasets.behaviour import at_waking_hours
from unified_customer.datasets.names import CULTURES
from unified_customer.datasets.places import COUNTRIES
from unified_customer.datasets.plan import DAY, DAYS, Flags, Ints, ShopPlan, pick, zipf

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIZES: Final = (0.60, 0.22, 0.10, 0.08)
_POLISH: Final = 4
_SPANISH: Final = 3
_YEAR: Final = 365.25
_YOUNGEST: Final = 17


def draw_people(plan: ShopPlan) -> pl.DataFrame:
    """Invent the people, one row each, by household.

    Returns:
        `person` (index), `household`, `role` (0 is the head), `family_home`, `country` (index), `culture` (index),
        `gender` (f or m), `born`, `given`, `family`, `birth_family` and `married` (µs; null if never), `twin`,
        `namesake`, and `joined` (µs).
    """
    rng = plan.rng("people")
    homes = _households(rng, plan.customers)
    people = _origins(rng, homes)
    people = _births(rng, people, plan)
    people = _names(rng, people, plan)
    people = _marriages(rng, people, plan)
    return people.with_columns(joined=_joined(rng, people, plan))


def _households(rng: np.random.Generator, customers: int) -> pl.DataFrame:
    sizes = pick(rng, _SIZES, customers) + 1
    household = np.repeat(np.arange(customers), sizes)[:customers]
    first = np.concatenate([[0], np.cumsum(sizes)])[household]
    family = rng.random(customers) < 0.8
    return pl.DataFrame(
        {
            "person": np.arange(customers),
            "household": household,
            "head": first,
            "role": np.arange(customers) - first,
            "family_home": family[household],
        }
    )


def _origins(rng: np.random.Generator, homes: pl.DataFrame) -> pl.DataFrame:
    rows = homes.height
    head, role = homes["head"].to_numpy(), homes["role"].to_numpy()
    country = pick(rng, tuple(each.share for each in COUNTRIES), rows)[head]
    own = _cultures(rng, country)
    shares_culture = homes["family_home"].to_numpy() & ((role > 1) | (rng.random(rows) < 0.85))
    female = rng.random(rows) < 0.52
    couple = homes["family_home"].to_numpy() & (role == 1) & (rng.random(rows) < 0.93)
    return homes.with_columns(
        country=pl.Series(country),
        culture=pl.Series(np.where(shares_culture, own[head], own)),
        female=pl.Series(np.where(couple, ~female[head], female)),
    )


def _cultures(rng: np.random.Generator, country: Ints) -> Ints:
    drawn = np.zeros(len(country), dtype=np.int64)
    for index, each in enumerate(COUNTRIES):
        here = np.flatnonzero(country == index)
        drawn[here] = pick(rng, tuple(float(weight) for weight in each.cultures), len(here))
    return drawn


def _births(rng: np.random.Generator, people: pl.DataFrame, plan: ShopPlan) -> pl.DataFrame:
    rows = people.height
    head, role = people["head"].to_numpy(), people["role"].to_numpy()
    family = people["family_home"].to_numpy()
    parent = np.zeros(rows, dtype=np.bool_)
    parent[head[family & (role > 1)]] = True
    age = 18 + 62 * rng.beta(1.5, 2.4, rows)
    age = np.where(parent, 44 + 30 * rng.beta(1.3, 2.0, rows), age)
    age = np.where(family & (role == 1), age[head] + rng.normal(0, 4, rows), age)
    age = np.where(family & (role > 1), age[head] - 24 - 8 * rng.random(rows), age)
    twin, sibling = _twins(rng, people, plan)
    age = np.clip(age, _YOUNGEST, 95)
    age = np.where(twin, age[sibling], age)
    born = (np.full(rows, plan.end // DAY) - (age * _YEAR).astype(np.int64)).astype(np.int32)
    both = twin.copy()
    both[sibling[twin]] = True
    return people.with_columns(
        born=pl.Series(born).cast(pl.Date), twin=pl.Series(both), sibling=pl.Series(np.where(twin, sibling, -1))
    )


def _twins(rng: np.random.Generator, people: pl.DataFrame, plan: ShopPlan) -> tuple[Flags, Ints]:
    """Return who is the second of two twins, and for everybody who stands before them."""
    before = np.maximum(people["person"].to_numpy() - 1, 0)
    role, family = people["role"].to_numpy(), people["family_home"].to_numpy()
    grown_children = family & (role == 3)
    living_together = ~family & (role == 1)
    chance = np.where(grown_children, plan.mess.twins, np.where(living_together, plan.mess.twins / 2, 0.0))
    return rng.random(people.height) < chance, before


def _names(rng: np.random.Generator, people: pl.DataFrame, plan: ShopPlan) -> pl.DataFrame:
    head, role = people["head"].to_numpy(), people["role"].to_numpy()
    sibling = people["sibling"].to_numpy()
    culture, female = people["culture"].to_numpy().copy(), people["female"].to_numpy()
    culture = np.where(sibling >= 0, culture[np.maximum(sibling, 0)], culture)
    given = _given(rng, culture, female)
    family = np.array(_families(rng, culture), dtype=object)
    shares = people["family_home"].to_numpy() & ((role != 1) | (rng.random(people.height) < 0.75))
    family = np.where(shares, family[head], family)
    family = np.where(sibling >= 0, family[np.maximum(sibling, 0)], family)
    namesake = (role == 2) & shares & (female == female[head]) & (rng.random(people.height) < plan.mess.namesake)
    given = np.where(namesake, given[head], given)
    _part_twins(given, sibling, culture, female)
    return people.with_columns(
        culture=pl.Series(culture),
        gender=pl.Series(np.where(female, "f", "m"), dtype=pl.String),
        given=pl.Series(given.tolist(), dtype=pl.String),
        family=pl.Series(_gendered(family, culture, female), dtype=pl.String),
        namesake=pl.Series(namesake),
        shares=pl.Series(shares),
    )


def _given(rng: np.random.Generator, culture: Ints, female: Flags) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    drawn = np.empty(len(culture), dtype=object)
    for index, names in enumerate(CULTURES):
        for is_female, choices in ((True, names.female), (False, names.male)):
            here = np.flatnonzero((culture == index) & (female == is_female))
            drawn[here] = np.array(choices, dtype=object)[pick(rng, zipf(len(choices)), len(here))]
    return drawn


def _families(rng: np.random.Generator, culture: Ints) -> list[str]:
    drawn = np.empty(len(culture), dtype=object)
    for index, names in enumerate(CULTURES):
        here = np.flatnonzero(culture == index)
        drawn[here] = _surnames(rng, names.family, len(here), double=0.5 if index == _SPANISH else 0.015)
    return drawn.tolist()


def _surnames(rng: np.random.Generator, choices: Sequence[str], size: int, *, double: float) -> list[str]:
    first, second = (pick(rng, zipf(len(choices)), size) for _ in range(2))
    hyphen = " " if double > 0.1 else "-"
    both = rng.random(size) < double
    return [
        choices[a] + hyphen + choices[b] if two and a != b else choices[a]
        for a, b, two in zip(first, second, both, strict=True)
    ]


def _part_twins(
    given: np.ndarray[tuple[int], np.dtype[np.object_]], sibling: Ints, culture: Ints, female: Flags
) -> None:
    """Give the second of two twins another given name where both drew the same."""
    for person in np.flatnonzero(sibling >= 0):
        names = CULTURES[culture[person]]
        choices = names.female if female[person] else names.male
        if given[person] == given[sibling[person]]:
            given[person] = choices[(choices.index(given[person]) + 1) % len(choices)]


def _gendered(family: np.ndarray[tuple[int], np.dtype[np.object_]], culture: Ints, female: Flags) -> list[str]:
    polish = (culture == _POLISH) & female
    return [
        name[:-1] + "a" if woman and name.endswith("ki") else name
        for name, woman in zip(family.tolist(), polish, strict=True)
    ]


def _marriages(rng: np.random.Generator, people: pl.DataFrame, plan: ShopPlan) -> pl.DataFrame:
    role = people["role"].to_numpy()
    could = people["family_home"].to_numpy() & (role == 1) & people["shares"].to_numpy() & people["female"].to_numpy()
    changed = could & (people["sibling"].to_numpy() < 0) & (rng.random(people.height) < plan.mess.married)
    when = plan.start + (DAYS * DAY * (0.1 + 0.8 * rng.random(people.height))).astype(np.int64)
    before = _gendered(
        np.array(_families(rng, people["culture"].to_numpy()), dtype=object),
        people["culture"].to_numpy(),
        people["female"].to_numpy(),
    )
    mask = pl.Series(changed)
    return people.with_columns(
        birth_family=pl.when(mask).then(pl.Series(before, dtype=pl.String)),
        married=pl.when(mask).then(pl.Series(when)),
    ).drop("shares", "female")


def _joined(rng: np.random.Generator, people: pl.DataFrame, plan: ShopPlan) -> pl.Series:
    """Draw when people first came to the shop: more of them every year."""
    share = rng.random(plan.customers) ** 0.8
    day = plan.start + (share * (plan.end - plan.start - 2 * DAY)).astype(np.int64)
    return pl.Series(at_waking_hours(rng, day, people["country"].to_numpy()))
