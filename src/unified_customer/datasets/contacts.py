"""How the people of the invented shop are reached: addresses, telephones, mailboxes, employers."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from unified_customer.datasets.names import SHORT_FORMS
from unified_customer.datasets.places import COUNTRIES, INWARD_LETTERS, Country
from unified_customer.datasets.plan import DAY, DAYS, Flags, Ints, ShopPlan, pick, zipf

if TYPE_CHECKING:
    from collections.abc import Iterable

_DOMAINS: Final = (
    "mail.example.com", "example.com", "post.example.org", "inbox.example.net", "web.example.com", "example.org",
    "home.example.net", "fastmail.example.org", "example.net", "uni.example.org", "mobile.example.com",
)  # fmt: skip
_EMPLOYERS: Final = (
    ("Northgate", "Silverline", "Bluebird", "Oakridge", "Harbour", "Summit", "Ironbridge", "Greenfield", "Lakeside", "Apex"),
    ("Consulting", "Logistics", "Foods", "Design", "Engineering", "Hotels", "Partners", "Media", "Dental", "Studios"),
)  # fmt: skip
INDUSTRIES: Final = ("hospitality", "consulting", "logistics", "retail", "education", "media", "healthcare")
_LETTERS: Final = str.maketrans(
    {
        "ß": "ss",
        "ł": "l",
        "Ł": "L",
        "ø": "o",
        "ı": "i",
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "Ä": "Ae",
        "Ö": "Oe",
        "Ü": "Ue",
    }
)


def add_contacts(people: pl.DataFrame, plan: ShopPlan) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the people addresses, numbers, mailboxes and some of them an employer.

    Returns:
        The people with `address`, `next_address` and `moved` (µs; null if they stay), `mobile` and `landline` (E.164,
        null if none), `employer` (index or null), `email`, `email_2` and `mailbox` (shared; null if none); and the
        addresses, one row each: `street`, `city`, `postcode`, `country` (index).
    """
    rng = plan.rng("contacts")
    people = _moves(rng, people, plan)
    addresses = _addresses(rng, people)
    people = _phones(rng, people, plan)
    people = _employers(rng, people)
    return _mailboxes(rng, people, plan), addresses


def _moves(rng: np.random.Generator, people: pl.DataFrame, plan: ShopPlan) -> pl.DataFrame:
    rows = people.height
    home = people["household"].to_numpy()
    together = (rng.random(rows) < plan.mess.moved)[home]
    alone = ~together & (rng.random(rows) < plan.mess.moved)
    when = plan.start + (DAYS * DAY * (0.1 + 0.85 * rng.random(rows))).astype(np.int64)
    target = np.where(together, rows + home, 2 * rows + np.arange(rows))
    mask = pl.Series(together | alone)
    return people.with_columns(
        address=pl.col("household"),
        next_address=pl.when(mask).then(pl.Series(target)),
        moved=pl.when(mask).then(pl.Series(np.where(together, when[home], when))),
    )


def _addresses(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    """Invent an address for every household, and for every household and person to move to."""
    country = people["country"].to_numpy()
    first = people.unique("household", keep="first", maintain_order=True)["person"].to_numpy()
    homes = np.zeros(len(country), dtype=np.int64)
    homes[: len(first)] = country[first]
    where = np.concatenate([homes, homes, country])
    parts = [_in_country(rng, each, np.flatnonzero(where == index)) for index, each in enumerate(COUNTRIES)]
    return pl.concat(parts).sort("address").with_columns(country=pl.Series(where))


def _in_country(rng: np.random.Generator, country: Country, rows: Ints) -> pl.DataFrame:
    size = len(rows)
    cities = pick(rng, zipf(len(country.cities), steepness=1.0), size)
    names = rng.integers(0, len(country.streets), size)
    numbers = (1 + rng.gamma(1.3, 30, size)).astype(np.int64)
    flats = np.where(rng.random(size) < 0.12, rng.integers(1, 40, size), 0)
    digits = rng.integers(0, 10, (size, 8))
    letters = rng.integers(0, len(INWARD_LETTERS), (size, 8))
    streets = [_street(country, country.streets[n], k, f) for n, k, f in zip(names, numbers, flats, strict=True)]
    codes = [_postcode(country.cities[c][1], d, a) for c, d, a in zip(cities, digits, letters, strict=True)]
    towns = [country.cities[c][0] for c in cities]
    columns = {"address": pl.Int64, "street": pl.String, "city": pl.String, "postcode": pl.String}
    return pl.DataFrame({"address": rows, "street": streets, "city": towns, "postcode": codes}, schema=columns)


def _street(country: Country, name: str, number: int, flat: int) -> str:
    street = country.street.format(name=name, number=number)
    if not flat:
        return street
    return f"Flat {flat}, {street}" if country.code in {"GB", "IE", "IN"} else f"{street} / {flat}"


def _postcode(pattern: str, digits: Ints, letters: Ints) -> str:
    text = []
    for at, sign in enumerate(pattern):
        # A district never begins with 0, the rest may.
        digit = digits[at % 8] % 9 + 1 if at < 3 and "@" in pattern else digits[at % 8]
        text.append(str(digit) if sign == "9" else INWARD_LETTERS[letters[at % 8]] if sign == "@" else sign)
    return "".join(text)


def _phones(rng: np.random.Generator, people: pl.DataFrame, plan: ShopPlan) -> pl.DataFrame:
    rows = people.height
    home, country = people["household"].to_numpy(), people["country"].to_numpy()
    has_mobile = rng.random(rows) < 0.94
    has_line = (rng.random(rows) < plan.mess.shared_landline)[home] & people["family_home"].to_numpy()
    mobile, landline = np.full(rows, None, dtype=object), np.full(rows, None, dtype=object)
    for index, each in enumerate(COUNTRIES):
        owners = np.flatnonzero((country == index) & has_mobile)
        mobile[owners] = _numbers(each, each.mobile, len(owners), rng)
        lines = np.flatnonzero((country == index) & has_line)
        distinct, which = np.unique(home[lines], return_inverse=True)
        few = _enough(each.landline, len(distinct))
        landline[lines] = np.array(_numbers(each, few, len(distinct), rng), dtype=object)[which]
    return people.with_columns(
        mobile=pl.Series(mobile.tolist(), dtype=pl.String), landline=pl.Series(landline.tolist(), dtype=pl.String)
    )


def _enough(ranges: tuple[tuple[str, int], ...], count: int) -> tuple[tuple[str, int], ...]:
    """Return the first ranges that hold `count` numbers, so that the fictional ones are used up first."""
    room = np.cumsum([10**digits for _, digits in ranges])
    return ranges[: int(np.searchsorted(room, count)) + 1]


def _numbers(country: Country, ranges: tuple[tuple[str, int], ...], size: int, rng: np.random.Generator) -> list[str]:
    """Draw `size` different numbers out of the ranges."""
    room = np.cumsum([10**digits for _, digits in ranges])
    drawn = rng.choice(int(room[-1]), size=size, replace=False)
    which = np.searchsorted(room, drawn, side="right")
    rest = drawn - np.concatenate([[0], room])[which]
    return [f"+{country.dial}{ranges[w][0]}{r:0{ranges[w][1]}d}" for w, r in zip(which, rest, strict=True)]


def employer_names(count: int) -> list[str]:
    """Return `count` different names of companies."""
    first, second = _EMPLOYERS
    names = [f"{a} {second[(n + shift) % len(second)]}" for shift in range(len(second)) for n, a in enumerate(first)]
    return [names[n % len(names)] + (f" {n // len(names) + 1}" if n >= len(names) else "") for n in range(count)]


def employer_domain(name: str) -> str:
    """Return the mail domain of a company."""
    return f"{slug(name)}.example.com"


def _employers(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    rows = people.height
    works = rng.random(rows) < 0.04
    company = rng.integers(0, max(1, rows // 250), rows)
    return people.with_columns(employer=pl.when(pl.Series(works)).then(pl.Series(company)))


def _mailboxes(rng: np.random.Generator, people: pl.DataFrame, plan: ShopPlan) -> pl.DataFrame:
    rows = people.height
    companies = [employer_domain(name) for name in employer_names(max(1, rows // 250))]
    personal = [_local(row, style) for row, style in zip(_parts(people), _styles(rng, rows), strict=True)]
    second = [_local(row, style) for row, style in zip(_parts(people), _styles(rng, rows), strict=True)]
    domains = [[_DOMAINS[d] for d in pick(rng, zipf(len(_DOMAINS)), rows)] for _ in range(2)]
    employer = people["employer"].to_list()
    second_domain = [
        d if company is None else companies[company] for d, company in zip(domains[1], employer, strict=True)
    ]
    has_second = (rng.random(rows) < 0.35) | np.array([company is not None for company in employer], dtype=np.bool_)
    addresses = _distinct([*zip(personal, domains[0], strict=True), *zip(second, second_domain, strict=True)])
    return people.with_columns(
        email=pl.Series(addresses[:rows], dtype=pl.String),
        email_2=pl.when(pl.Series(has_second)).then(pl.Series(addresses[rows:], dtype=pl.String)),
        mailbox=_shared_mailboxes(rng, people, plan, companies),
    )


def _shared_mailboxes(
    rng: np.random.Generator, people: pl.DataFrame, plan: ShopPlan, companies: list[str]
) -> pl.Series:
    home = people["household"].to_numpy()
    sharing: Flags = (rng.random(people.height) < plan.mess.shared_mailbox)[home] & people["family_home"].to_numpy()
    office = rng.random(people.height) < 4 * plan.mess.shared_mailbox
    domain = pick(rng, zipf(len(_DOMAINS)), people.height)[home]
    head_names = people["family"].gather(people["head"]).to_list()
    boxes: list[str | None] = [
        f"info@{companies[company]}" if company is not None and at_office
        else f"family.{slug(name)}{house}@{_DOMAINS[d]}" if shares else None
        for company, at_office, shares, name, house, d
        in zip(people["employer"].to_list(), office, sharing, head_names, home.tolist(), domain, strict=True)
    ]  # fmt: skip
    return pl.Series(boxes, dtype=pl.String)


def _parts(people: pl.DataFrame) -> Iterable[tuple[str, str, int, str]]:
    years = people["born"].dt.year().to_list()
    given, family = people["given"].to_list(), people["family"].to_list()
    slugs = {name: slug(name) for name in sorted(set(given) | set(family))}
    return [
        (slugs[g], slugs[f], year, slug(SHORT_FORMS.get(g, (g,))[0]))
        for g, f, year in zip(given, family, years, strict=True)
    ]


def _styles(rng: np.random.Generator, rows: int) -> list[int]:
    return [int(style) for style in rng.integers(0, 8, rows)]


def _local(parts: tuple[str, str, int, str], style: int) -> str:
    given, family, year, short = parts
    return (
        f"{given}.{family}", f"{given}{family}", f"{given[0]}.{family}", f"{family}.{given}", f"{given}{year % 100:02d}",
        f"{given}_{family}", f"{short}.{family}{year % 100:02d}", f"{short}{family}{year}",
    )[style]  # fmt: skip


def _distinct(parts: list[tuple[str, str]]) -> list[str]:
    """Join local parts and domains, numbering those that were there before."""
    taken: dict[str, int] = {}
    return [_untaken(local, domain, taken) for local, domain in parts]


def _untaken(local: str, domain: str, taken: dict[str, int]) -> str:
    address = f"{local}@{domain}"
    number = taken.get(address, 0)
    while address in taken:
        number += 1
        taken[f"{local}@{domain}"] = number
        address = f"{local}.{number + 1}@{domain}"
    taken[address] = 0
    return address


def slug(text: str) -> str:
    """Return a name as it stands in an e-mail address: small ASCII letters and digits.

    >>> slug("Jürgen O'Brien-Łoś")
    'juergenobrienlos'
    """
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode()
    return "".join(sign for sign in plain.lower() if sign.isalnum())
