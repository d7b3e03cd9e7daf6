"""Restaurants as two guides list them: short names in many ways, chains, and kitchens that each guide calls its own."""

from typing import Final

import numpy as np
import polars as pl

from benchmarks.populations.chance import (
    Ints,
    Rng,
    altered,
    by_number,
    changed,
    draw,
    emptied,
    falling,
    flags,
    one_of,
    owners,
)
from benchmarks.populations.contacts import landlines
from benchmarks.populations.countries import BRITISH, homes
from benchmarks.populations.folder import finished
from benchmarks.populations.mess import shortened
from benchmarks.populations.names import family_names, given_names
from benchmarks.populations.slips import digit_slips, folded, slips

FIELDS: Final = ("name", "street", "city", "phone", "cuisine")
_CUISINES: Final = {
    "italian": ("pasta", "Italian", "pizza", "Northern Italian"), "french": ("French bistro", "French (classic)", "brasserie"),
    "chinese": ("Chinese", "asian", "dim sum", "Cantonese"), "indian": ("Indian", "curry", "North Indian"),
    "japanese": ("sushi", "asian", "Japanese"), "american": ("burgers", "American (new)", "steakhouses", "diners"),
    "mexican": ("Tex-Mex", "tacos", "Mexican/Latin"), "british": ("pubs", "gastropub", "fish & chips", "British"),
    "greek": ("mediterranean", "Greek"), "thai": ("asian", "Thai"), "turkish": ("kebab", "Turkish", "mediterranean"),
    "cafes": ("coffee shops", "coffeehouses", "bakeries", "tea room"), "seafood": ("fish", "Seafood"), "vegetarian": ("vegan",),
}  # fmt: skip
_KINDS: Final = [
    "Grill",
    "Cafe",
    "Bistro",
    "Kitchen",
    "Bar",
    "Diner",
    "Tavern",
    "Trattoria",
    "House",
    "Inn",
    "Brasserie",
    "Garden",
    "Room",
    "Table",
    "Pizzeria",
    "Cantina",
]
_FIRST: Final = [
    "Golden",
    "Red",
    "Blue",
    "White",
    "Black",
    "Royal",
    "Old",
    "Little",
    "Lucky",
    "Silver",
    "Green",
    "Jade",
    "Rose",
    "Crown",
    "Three",
    "Half",
    "Hungry",
    "Crooked",
]
_SECOND: Final = ["Dragon", "Lion", "Swan", "Horse", "Lotus", "Fox", "Moon", "Elephant", "Anchor", "Bell", "Oak", "Pheasant", "Palace", "Lantern", "Bull", "Star", "Ship", "Duck", "Orchid", "Well"]  # fmt: skip
_ARTICLES: Final = ("La", "Le", "Il", "El", "Casa", "Chez", "Trattoria", "Villa", "Taj", "Cafe")
_WORDS: Final = ["Bella", "Luna", "Mare", "Sole", "Rosa", "Vita", "Scala", "Piazza", "Fontana", "Terrazza", "Mirage", "Petite", "Grenouille", "Provence", "Campagne", "Toscana", "Napoli", "Roma", "Milano", "Paloma", "Sombrero", "Hacienda", "Mahal", "Bombay", "Bengal", "Saigon", "Kyoto", "Sakura", "Olympia", "Athena", "Bosphorus", "Anatolia"]  # fmt: skip
_AREAS: Final = ("City Centre", "Old Town", "Northside", "Harbour", "West End")


def restaurants(rng: Rng, rows: int, seed: int) -> pl.DataFrame:
    """Return records of restaurants in two guides; the branches of a chain are restaurants of their own."""
    who = owners(rng, rows, again=0.45, most=5)
    return finished(rng, _records(rng, _known(rng, int(who[-1]) + 1, seed=seed), who))


def _known(rng: Rng, count: int, *, seed: int) -> pl.DataFrame:
    places = homes(rng, BRITISH, count, seed=seed, flats=0.0)
    kitchen = draw(rng, falling(len(_CUISINES), exponent=0.6), count)
    names = _names(rng, count)
    chains = max(1, count // 60)
    chained = flags(rng, count, 0.12)
    chain = draw(rng, falling(chains, exponent=0.8), count)
    names = changed(names, chained, names.gather(chain[chained]))
    kitchen = np.where(chained, kitchen[chain], kitchen)
    said = pl.DataFrame({"name": names, "kitchen": kitchen, "phone": landlines(rng, places["area"])})
    return said.with_columns(places["street"], places["city"])


def _names(rng: Rng, size: int) -> pl.Series:
    nobody = np.zeros(size, dtype=np.int64)
    given = given_names(rng, nobody, flags(rng, size, 0.6), rng.integers(1945, 1990, size).astype(np.int64))
    family = family_names(rng, draw(rng, BRITISH.cultures, size))
    kind, first, second = (one_of(rng, words, size) for words in (_KINDS, _FIRST, _SECOND))
    article, word = one_of(rng, _ARTICLES, size), one_of(rng, _WORDS, size)
    way = pl.Series(draw(rng, (0.2, 0.15, 0.15, 0.2, 0.15, 0.08, 0.07), size))
    ways = (
        pl.format("{}'s {}", given, kind), pl.format("The {} {}", first, second), pl.format("{} {} {}", first, second, kind),
        pl.format("{} {}", article, word), pl.format("{}'s", family), pl.format("{} & {}", word, second),
        pl.format("{} {}", family, kind),
    )  # fmt: skip
    return pl.select(by_number(way, ways)).to_series()


def _records(rng: Rng, known: pl.DataFrame, who: Ints) -> pl.DataFrame:
    facts, size = known[who], len(who)
    other = np.concatenate([[False], who[1:] == who[:-1]]) & flags(rng, size, 0.85)
    street = shortened(rng, facts["street"], BRITISH, flags(rng, size, 0.5))
    cross = one_of(rng, BRITISH.street_names.split(), size)
    street = altered(street, ways := flags(rng, size, 0.12), lambda some: some + " at " + cross.filter(pl.Series(ways)))
    city = changed(facts["city"], area := flags(rng, size, 0.06), one_of(rng, _AREAS, int(area.sum())))
    return pl.DataFrame(
        {
            "who": who,
            "source": pl.Series(["guide", "directory"]).gather(other.astype(np.int64)),
            "name": _said(rng, facts["name"], facts["city"]),
            "street": emptied(slips(rng, digit_slips(rng, street, 0.03), 0.05), flags(rng, size, 0.02)),
            "city": emptied(slips(rng, city, 0.02), flags(rng, size, 0.02)),
            "phone": emptied(_phones(rng, facts["phone"]), flags(rng, size, 0.10)),
            "cuisine": emptied(_cuisines(rng, facts["kitchen"].to_numpy()), flags(rng, size, 0.08)),
        }
    )


def _said(rng: Rng, names: pl.Series, city: pl.Series) -> pl.Series:
    """Return names without their article or kind, with "Restaurant" or the city after them, or with a slip."""
    size = len(names)
    names = altered(names, flags(rng, size, 0.25), lambda some: some.str.strip_prefix("The "))
    names = altered(names, flags(rng, size, 0.14), lambda some: some.str.replace(rf" ({'|'.join(_KINDS)})$", ""))
    names = altered(names, flags(rng, size, 0.20), lambda some: some.str.replace("'", "", literal=True))
    names = altered(names, flags(rng, size, 0.30), lambda some: some.str.replace(" & ", " and ", literal=True))
    names = slips(rng, altered(names, flags(rng, size, 0.3), folded), 0.06)
    names = altered(names, flags(rng, size, 0.09), lambda some: some + " Restaurant")
    town = flags(rng, size, 0.05)
    names = altered(names, town, lambda some: some + " (" + city.filter(pl.Series(town)) + ")")
    return altered(names, flags(rng, size, 0.15), lambda some: some.str.to_lowercase())


def _phones(rng: Rng, numbers: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"n": digit_slips(rng, numbers, 0.03), "way": rng.integers(0, 4, len(numbers))})
    parts = [pl.col("n").str.slice(0, 4), pl.col("n").str.slice(4, 3), pl.col("n").str.slice(7)]
    manners = ("{}/{}-{}", "{} {} {}", "({}) {}{}", "{}{}{}")
    return frame.select(by_number(pl.col("way"), [pl.format(manner, *parts) for manner in manners])).to_series()


def _cuisines(rng: Rng, kitchen: Ints) -> pl.Series:
    """Return what the kitchen is called: the usual word in half of the records, else one of the others."""
    usual = pl.Series(list(_CUISINES)).gather(kitchen)
    for number, others in enumerate(_CUISINES.values()):
        where = (kitchen == number) & flags(rng, len(kitchen), 0.5)
        usual = changed(usual, where, one_of(rng, others, int(where.sum())))
    return usual
