"""Organisations: firms with legal forms, groups of them, tax numbers and websites."""

from typing import Final

import numpy as np
import polars as pl

from benchmarks.populations.chance import (
    Flags,
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
    replacing,
)
from benchmarks.populations.contacts import landlines, phones_written, unlike
from benchmarks.populations.countries import BRITISH, GERMAN, Country, homes
from benchmarks.populations.folder import finished
from benchmarks.populations.mess import shortened
from benchmarks.populations.names import family_names
from benchmarks.populations.slips import digit_slips, folded, slips

TRADES: Final = ["Engineering", "Logistics", "Consulting", "Foods", "Textiles", "Electronics", "Plastics", "Pharma", "Software", "Systems", "Solutions", "Partners", "Energy", "Construction", "Printing", "Packaging", "Motors", "Tools", "Furniture", "Design", "Media", "Travel", "Insurance", "Holdings", "Transport", "Chemicals", "Instruments", "Security", "Optics", "Ceramics", "Steel", "Timber", "Paper", "Brewery", "Bakery", "Dairy", "Farms", "Gardens", "Pharmacy", "Clinic", "Dental", "Services", "Trading", "Industries", "Manufacturing", "Technologies", "Laboratories", "Estates", "Properties", "Capital", "Finance", "Catering"]  # fmt: skip
_COINED: Final = (["Nex", "Ver", "Alt", "Cor", "Omn", "Syn", "Tri", "Luc", "Med", "Bio", "Geo", "Hex", "Ion", "Kin", "Pro", "Qua", "Sol", "Tec", "Vis", "Xen", "Zen", "Arc", "Del", "Mag"],
                  ["a", "ara", "eo", "era", "ica", "ida", "ient", "ion", "ios", "ique", "is", "ium", "ix", "onic", "ora", "osa", "um", "us", "yx", "ant"])  # fmt: skip
_ADJECTIVES: Final = [
    "First",
    "United",
    "National",
    "General",
    "Royal",
    "Northern",
    "Southern",
    "Western",
    "Eastern",
    "Modern",
    "Advanced",
    "Global",
    "Central",
]
_KIN: Final = ("& Sons", "& Co.", "Brothers", "& Partners", "Group", "& Daughters", "Associates", "International")
_BRANCHES: Final = ("Holding", "International", "Services", "Logistics", "Europe", "North", "Distribution", "Digital")
_FORMS: Final = {
    "44": (("Ltd", "Limited", "Ltd.", ""), ("PLC", "plc", "Public Limited Company", ""), ("LLP", "L.L.P.", "", "llp")),
    "49": (
        ("GmbH", "Gesellschaft mbH", "G.m.b.H.", ""), ("AG", "Aktiengesellschaft", "", "A.G."), ("e.K.", "eK", "", "e. K."),
        ("GmbH & Co. KG", "GmbH & Co KG", "GmbH u. Co. KG", ""),
    ),
}  # fmt: skip
_FORM_SHARES: Final = {"44": (0.86, 0.06, 0.08), "49": (0.66, 0.08, 0.10, 0.16)}
_ABBREVIATIONS: Final = (
    ("International", "Intl"), ("Manufacturing", "Mfg"), ("Services", "Svcs"), ("Brothers", "Bros"), (" & ", " and "),
    ("Technologies", "Tech"), ("Engineering", "Eng."), ("Industries", "Ind."), ("Associates", "Assoc."), ("Group", "Grp"),
    ("National", "Nat."), ("General", "Gen."), ("Construction", "Constr."), ("Partners", "Ptnrs"), (" & Co.", ""),
    ("Laboratories", "Labs"), ("Transport", "Transp."), ("Systems", "Sys."), ("Properties", "Props"), ("Holding", "Hldg"),
)  # fmt: skip


def firms(rng: Rng, country: Country, count: int, *, seed: int) -> pl.DataFrame:
    """Return `count` firms of one country: `name`, `form` (number), `domain`, `phone`, `vat_id`, `street`, `city`, `postcode`."""
    places = homes(rng, country, count, seed=seed, flats=0.04)
    name = _names(rng, country, places["city"])
    slug = (
        folded(name).str.to_lowercase().str.replace_all("&", "and").str.replace_all("[^a-z]+", "-").str.strip_chars("-")
    )
    slug = altered(slug, flags(rng, count, 0.35), lambda some: some.str.replace_all("-", ""))
    domain = unlike(slug, pl.Series(["x"]).new_from_index(0, count)).str.strip_suffix("@x") + ".example"
    vat = pl.Series(rng.choice(9 * 10**8, count, replace=False) + 10**8).cast(pl.String)
    form = draw(rng, _FORM_SHARES[country.dial], count)
    described = pl.DataFrame({"name": name, "form": form, "domain": domain, "vat_id": vat})
    return described.with_columns(*places.drop("area"), phone=landlines(rng, places["area"]))


def _names(rng: Rng, country: Country, city: pl.Series) -> pl.Series:
    size = len(city)
    family, other = (family_names(rng, draw(rng, country.cultures, size)) for _ in "12")
    trade = pl.Series(TRADES).gather(draw(rng, falling(len(TRADES), exponent=0.7), size))
    coined = one_of(rng, _COINED[0], size) + one_of(rng, _COINED[1], size)
    adjective, kin = one_of(rng, _ADJECTIVES, size), one_of(rng, _KIN, size)
    ways = (
        pl.format("{} {}", family, kin), pl.format("{} & {}", family, other), pl.format("{} {}", family, trade),
        pl.format("{} {}", city, trade), pl.format("{} {}", coined, trade), pl.format("{} {}", adjective, trade), pl.lit(coined),
    )  # fmt: skip
    kind = pl.Series(draw(rng, (0.17, 0.12, 0.24, 0.15, 0.18, 0.06, 0.08), size))
    return pl.select(by_number(kind, ways)).to_series()


def companies(rng: Rng, rows: int, seed: int) -> pl.DataFrame:
    """Return records of legal persons; subsidiaries share name and website with their parent and are others."""
    who = owners(rng, rows, again=0.45, most=8)
    count = int(who[-1]) + 1
    half = count // 2
    parts = [
        firms(rng, country, size, seed=seed).with_columns(dial=pl.lit(country.dial))
        for country, size in ((BRITISH, count - half), (GERMAN, half))
        if size
    ]
    known = _with_branches(rng, _grouped(rng, pl.concat(parts)))
    return finished(rng, _company_records(rng, known, who))


def _grouped(rng: Rng, known: pl.DataFrame) -> pl.DataFrame:
    """Return firms of which some are subsidiaries of the firm before: a similar name, its website, often its address."""
    size = known.height
    child = flags(rng, size, 0.14)
    child[0] = False
    parent = np.maximum.accumulate(np.where(~child, np.arange(size), 0))
    name = known["name"].gather(parent) + " " + one_of(rng, _BRANCHES, size)
    columns = [changed(known["name"], child, name.filter(pl.Series(child)))]
    for column, rate in (("domain", 0.8), ("street", 0.5), ("city", 0.5), ("postcode", 0.5), ("phone", 0.3)):
        where = child & (flags(rng, size, rate) if rate != 0.5 else parent % 2 == 0)
        columns.append(changed(known[column], where, known[column].gather(parent[where])))
    return known.with_columns(columns)


def _with_branches(rng: Rng, known: pl.DataFrame) -> pl.DataFrame:
    """Return firms with a second address: of a branch, or where they moved to."""
    places = [homes(rng, country, known.height, seed=0, flats=0.04) for country in (BRITISH, GERMAN)]
    other = [
        pl.when(known["dial"] == "44").then(places[0][name]).otherwise(places[1][name]).alias(f"other_{name}")
        for name in ("street", "city", "postcode")
    ]
    return known.with_columns(other)


def _company_records(rng: Rng, known: pl.DataFrame, who: Ints) -> pl.DataFrame:
    facts, size = known[who], len(who)
    elsewhere = pl.Series(flags(rng, size, 0.14))
    places = facts.select(
        pl.when(elsewhere).then(f"other_{name}").otherwise(name).alias(name) for name in ("street", "city", "postcode")
    )
    gone = rng.random(size) < 0.15
    british = (facts["dial"] == BRITISH.dial).to_numpy()
    street, phone = places["street"], facts["phone"]
    for country, where in ((BRITISH, british), (GERMAN, ~british)):
        some = pl.Series(where)
        count = int(where.sum())
        street = changed(street, where, shortened(rng, street.filter(some), country, flags(rng, count, 0.4)))
        habit = rng.random(count)
        phone = changed(phone, where, phones_written(rng, phone.filter(some), country, habit=habit, wrong=0.02))
    mail = one_of(rng, ("info@", "office@", "sales@", "mail@"), size) + facts["domain"]
    return pl.DataFrame(
        {
            "who": who,
            "name": _company_names(rng, facts),
            "street": emptied(slips(rng, digit_slips(rng, street, 0.015), 0.05), gone),
            "city": emptied(slips(rng, places["city"], 0.04), flags(rng, size, 0.1)),
            "postcode": emptied(digit_slips(rng, places["postcode"], 0.02), gone | flags(rng, size, 0.06)),
            "country": emptied(_countries(rng, british), flags(rng, size, 0.3)),
            "phone": emptied(phone, flags(rng, size, 0.35)),
            "email": emptied(slips(rng, mail, 0.02), flags(rng, size, 0.5)),
            "website": emptied(_websites(rng, facts["domain"]), flags(rng, size, 0.42)),
            "vat_id": emptied(_vat_ids(rng, facts), flags(rng, size, 0.55)),
        }
    )


def _company_names(rng: Rng, facts: pl.DataFrame) -> pl.Series:
    """Return names with the legal form said in one of its ways or not at all, words abbreviated, initials, slips."""
    size, name = facts.height, facts["name"]
    for word, brief in _ABBREVIATIONS:
        name = altered(name, flags(rng, size, 0.22), replacing(word, brief))
    name = altered(name, flags(rng, size, 0.02), lambda some: some.str.replace_all(r"(\p{L})[^ ]* ?", "$1"))
    name = slips(rng, name, 0.06)
    way, form = draw(rng, (0.58, 0.14, 0.08, 0.20), size), facts["form"].to_numpy()
    said = pl.Series([None], dtype=pl.String).new_from_index(0, size)
    for dial, forms in _FORMS.items():
        for number, texts in enumerate(forms):
            where = (facts["dial"] == dial).to_numpy() & (form == number)
            said = changed(said, where, pl.Series(texts).gather(way[where]))
    name = (name + " " + said).str.strip_chars()
    name = altered(name, flags(rng, size, 0.03), lambda some: some + " (Head Office)")
    name = altered(name, flags(rng, size, 0.02), lambda some: "The " + some)
    return altered(name, flags(rng, size, 0.10), lambda some: some.str.to_uppercase())


def _countries(rng: Rng, british: Flags) -> pl.Series:
    size = len(british)
    home = one_of(rng, ("GB", "UK", "United Kingdom", "England"), size)
    return changed(one_of(rng, ("DE", "Germany", "Deutschland", "D"), size), british, home.filter(pl.Series(british)))


def _websites(rng: Rng, domains: pl.Series) -> pl.Series:
    size = len(domains)
    start = one_of(rng, ("https://www.", "http://www.", "www.", "", "https://"), size)
    return (
        start + domains + one_of(rng, ("", "/", "", "/en", "/contact.html"), size, weights=(0.5, 0.2, 0.2, 0.06, 0.04))
    )


def _vat_ids(rng: Rng, facts: pl.DataFrame) -> pl.Series:
    """Return tax numbers, with and without the letters of the country, in groups or not, some wrong."""
    number = digit_slips(rng, facts["vat_id"], 0.02)
    number = altered(
        number,
        flags(rng, len(number), 0.25),
        lambda some: some.str.slice(0, 3) + " " + some.str.slice(3, 4) + " " + some.str.slice(7),
    )
    letters = facts["dial"].replace_strict({"44": "GB", "49": "DE"})
    bare = flags(rng, len(number), 0.18)
    return changed(letters + number, bare, number.filter(pl.Series(bare)))
