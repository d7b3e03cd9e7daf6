"""Two invented countries to live in: one in the British manner, one in the German."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from benchmarks.populations.chance import Ints, Rng, draw, falling, flags, scattered

_LETTERS: Final = "ABDEFGHJLNPQRSTUWXYZ"
_HOMES_IN_STREET: Final = 8


@dataclass(frozen=True)
class Country:
    """What addresses and numbers look like; `cultures` are weights in the order of `names.CULTURES`."""

    cultures: tuple[float, ...]
    cities: str
    city_stems: str
    city_endings: str
    city_frames: tuple[str, ...]
    street_names: str
    street_kinds: tuple[str, ...]
    short_kinds: tuple[tuple[str, str], ...]
    number_first: bool
    flat: tuple[str, ...]
    letters_in_postcode: bool
    dial: str
    mobile: str
    number_of_cities: int = 420


BRITISH: Final = Country(
    cultures=(70, 3, 3, 3, 6, 9, 4, 2),
    cities="London Birmingham Manchester Leeds Glasgow Sheffield Bristol Liverpool Leicester Cardiff Nottingham Hull Derby "
    "Plymouth Reading Norwich Luton Swindon Exeter York",
    city_stems="Ash Bark Bex Brack Burn Caster Cold Dray Elling Farn Glen Grim Hadd Hart Hather Hex Kings Lang Lock Mal Mar "
    "Nant Nether Oak Old Pem Ravens Rush Sax Stan Thorn Wals Wey Wind Wyn Yar",
    city_endings="bourne bridge bury by combe dale field ford ham hurst ley mouth pool stead stow ton wick worth",
    city_frames=("{}",) * 16
    + ("Great {}", "Upper {}", "{}-on-Sea", "{} St Mary", "Market {}", "{} Regis", "{} upon Avel"),
    street_names="High Station Church Victoria Park Green Manor King's Mill Queen New Grange School Chapel Albert Windsor "
    "Orchard Hawthorn Springfield York Alexandra Meadow Richmond Beech Cedar Chestnut Elm Holly Laurel Lime Maple Poplar "
    "Rowan Sycamore Willow Abbey Bridge Castle Cross Priory Tower West North South East Hill Spring River Brook Pond Quarry "
    "Wellington Nelson Churchill Gladstone Cromwell Milton Shelley Byron Tennyson Keats Priestley Darwin Newton Brunel "
    "Clarence Cambridge Oxford Lancaster Stafford Warwick Kent Essex Devon Cornwall Derwent Severn Thames Trent Coniston",
    street_kinds=(
        "Road", "Street", "Close", "Lane", "Avenue", "Drive", "Way", "Gardens", "Crescent", "Court", "Place", "Grove",
        "Terrace", "Walk", "Rise", "Mews",
    ),
    short_kinds=(
        ("Road", "Rd"), ("Street", "St"), ("Close", "Cl"), ("Lane", "Ln"), ("Avenue", "Ave"), ("Drive", "Dr"),
        ("Gardens", "Gdns"), ("Crescent", "Cres"), ("Court", "Ct"), ("Place", "Pl"), ("Grove", "Gr"), ("Terrace", "Tce"),
    ),
    number_first=True,
    flat=("Flat {}, {}", "Apartment {}, {}", "{}/{}", "Flat {} {}", "Apt {}, {}"),
    letters_in_postcode=True,
    dial="44",
    mobile="07",
)  # fmt: skip
GERMAN: Final = Country(
    cultures=(3, 70, 3, 3, 8, 2, 2, 9),
    cities="Berlin Hamburg München Köln Frankfurt Stuttgart Düsseldorf Leipzig Dortmund Essen Bremen Dresden Hannover Nürnberg "
    "Duisburg Bochum Wuppertal Bielefeld Bonn Münster",
    city_stems="Alten Bären Birken Brei Buch Dach Drei Eber Eichen Eller Falken Franken Freuden Gelsen Grün Habichts Haupt "
    "Heiden Herzogen Hohen Kaiser Kirch König Langen Linden Mühl Neuen Oster Rosen Salz Schön Schwarz Sonnen Stein Wald Weiß",
    city_endings="au bach berg brunn brück burg dorf feld furt hausen heim hofen horst ingen kirchen rode stadt stein tal",
    city_frames=("{}",) * 16 + ("Bad {}", "{} am See", "Neu-{}", "{} (Oder)", "Groß {}", "{} a. d. Ilm", "Klein {}"),
    street_names="Haupt Schul Garten Bahnhof Dorf Berg Linden Kirch Wald Ring Goethe Schiller Mozart Markt Mühlen Wiesen "
    "Birken Buchen Eichen Erlen Ahorn Tannen Fichten Rosen Tulpen Nelken Amsel Drossel Finken Lerchen Meisen Post Brunnen "
    "Burg Schloss Kloster Friedhof Sport Industrie Hafen Ufer Fluss Teich Quellen Sonnen Feld Acker Heide Moor Kant Hegel "
    "Lessing Heine Beethoven Bach Schubert Brahms Wagner Bismarck Stresemann Ebert Luther Humboldt Röntgen Siemens Daimler",
    street_kinds=("straße", "weg", "gasse", "allee", "platz", "ring", "hof", "ufer", "damm", "pfad"),
    short_kinds=(("straße", "str."), ("platz", "pl."), ("straße", "strasse"), ("straße", "str")),
    number_first=False,
    flat=("{1} Whg. {0}", "{1}/{0}", "{1}, App. {0}"),
    letters_in_postcode=False,
    dial="49",
    mobile="01",
)  # fmt: skip


def cities(country: Country, seed: int) -> pl.Series:
    """Return the cities of a country, the largest first: the known ones, then some that belong to the seed."""
    tail = [
        country.city_frames[at % len(country.city_frames)].format(stem + ending)
        for at, (stem, ending) in enumerate(
            (stem, ending) for stem in country.city_stems.split() for ending in country.city_endings.split()
        )
    ]
    order = np.argsort(scattered(np.arange(len(tail)), salt=seed + 11, below=2**40), kind="stable")
    known = dict.fromkeys([*country.cities.split(), *(tail[at] for at in order)])
    return pl.Series(list(known)[: country.number_of_cities])


def streets(country: Country) -> pl.Series:
    """Return the street names of a country, the most common first."""
    pairs = [(name, kind) for kind in country.street_kinds for name in country.street_names.split()]
    glue = " " if country.number_first else ""
    rank = [
        country.street_kinds.index(kind) * 9 + country.street_names.split().index(name) * (2 + at % 3)
        for at, (name, kind) in enumerate(pairs)
    ]
    return pl.Series([f"{pairs[at][0]}{glue}{pairs[at][1]}" for at in np.argsort(rank, kind="stable")])


def homes(rng: Rng, country: Country, count: int, *, seed: int, flats: float = 0.12) -> pl.DataFrame:
    """Return `count` homes: `street` with its number, `city`, `postcode` and the `area` code of the telephone.

    Streets of a city become more as there are more homes, so that some customers live in one street, never hundreds.
    """
    names = cities(country, seed)
    weights = falling(len(names), exponent=1.0, shift=4)
    city = draw(rng, weights, count)
    in_city = np.maximum(6, (weights * count / _HOMES_IN_STREET).astype(np.int64))[city]
    street = city * 1_000_000 + (rng.random(count) * in_city).astype(np.int64)
    pool = streets(country)
    edges = np.cumsum(falling(len(pool), exponent=0.8, shift=5))
    uniform = scattered(street, salt=seed, below=2**31) / 2**31
    name = pool.gather(np.minimum(np.searchsorted(edges, uniform), len(pool) - 1))
    number = pl.Series(1 + np.minimum(rng.geometric(0.03, count), 180)).cast(pl.String)
    parts = [number, name] if country.number_first else [name, number]
    line = pl.select(pl.concat_str(parts, separator=" ")).to_series()
    unit = pl.Series(rng.integers(1, 25, count)).cast(pl.String)
    in_block = flags(rng, count, flats)
    frame = pl.DataFrame({"line": line, "unit": unit, "block": in_block})
    return frame.select(
        street=pl.when("block").then(flat_line(country, "unit", "line")).otherwise("line"),
        city=names.gather(city),
        postcode=postcodes(country, names, city, street),
        area=pl.Series(scattered(city, salt=seed + 5, below=880) + 113).cast(pl.String),
    )


def flat_line(country: Country, unit: str, line: str, *, manner: int = 0) -> pl.Expr:
    """Return the line of a flat in a house, in one of the country's manners."""
    template = country.flat[manner % len(country.flat)]
    if "{0}" in template:
        return pl.format(template.replace("{1}", "{}").replace("{0}", "{}"), line, unit)
    return pl.format(template, unit, line)


def postcodes(country: Country, names: pl.Series, city: Ints, street: Ints) -> pl.Series:
    """Return a postcode for each street: of the street itself in the British manner, of a quarter in the German."""
    if not country.letters_in_postcode:
        quarter = scattered(street, salt=3, below=5)
        code = 1000 + scattered(city, salt=4, below=9900) * 10 + np.where(city < 60, quarter * 2, 0)
        return pl.Series(code).cast(pl.String).str.zfill(5)
    area = names.str.replace_all("[^A-Za-z]", "").str.to_uppercase().gather(city)
    district = 1 + (scattered(city, salt=5, below=20) + np.where(city < 60, scattered(street, salt=6, below=9), 0))
    letters = pl.Series(list(_LETTERS))
    ends = [letters.gather(scattered(street, salt=salt, below=len(_LETTERS))) for salt in (7, 8)]
    sector = pl.Series(scattered(street, salt=9, below=10))
    return pl.select(
        pl.format(
            "{}{} {}{}{}",
            area.str.slice(0, 1) + area.str.slice(2, 1),
            pl.Series(district),
            sector,
            ends[0],
            ends[1],
        )
    ).to_series()
