"""Invented people, and what was true of them when each of their records was written."""

from typing import Final

import numpy as np
import polars as pl

from benchmarks.populations.chance import Flags, Ints, Rng, changed, draw, emptied, flags
from benchmarks.populations.contacts import landlines, mailboxes, mobiles
from benchmarks.populations.countries import Country, homes
from benchmarks.populations.names import family_names, given_names

_FIRST_DAY: Final = np.datetime64("1932-01-01")
_LAST_DAY: Final = np.datetime64("2007-06-01")
PLACE: Final = ("street", "city", "postcode")
MOVED, MARRIED, SECOND_MAIL, THIRD_MAIL, SECOND_PHONE, LANDLINE, SECOND_NAME = 0.24, 0.08, 0.38, 0.10, 0.16, 0.35, 0.25


def births(rng: Rng, size: int) -> pl.Series:
    """Return days of birth of grown people, most of them between 25 and 65 years old."""
    days = int((_LAST_DAY - _FIRST_DAY).astype(int))
    return pl.Series(_FIRST_DAY + (rng.beta(2.2, 1.7, size) * days).astype("timedelta64[D]")).cast(pl.Date)


def years_of(dates: pl.Series) -> Ints:
    """Return the year of each date."""
    return dates.dt.year().to_numpy().astype(np.int64)


def people(rng: Rng, country: Country, size: int, *, seed: int) -> pl.DataFrame:
    """Return `size` people who have nothing to do with each other.

    Returns:
        One row per person: `culture`, `male`, `given`, `second` (a further given name, or null), `family`,
        `later_family`, `birth`, `email`, `email_2`, `email_3`, `mobile`, `mobile_2`, `landline`, and where they live
        first and later (`street`, `city`, `postcode`, `later_street`, ...). What somebody has not, or never changed, is
        null; only the first `email` is never null.
    """
    culture, male, birth = draw(rng, country.cultures, size), flags(rng, size, 0.49), births(rng, size)
    frame = named(rng, country, pl.DataFrame({"culture": culture, "male": male, "birth": birth}))
    frame = frame.with_columns(family=family_names(rng, culture))
    first, later = (homes(rng, country, size, seed=seed) for _ in "12")
    stayed = ~flags(rng, size, MOVED)
    later = pl.DataFrame([emptied(later[name], stayed).alias(f"later_{name}") for name in PLACE])
    landline = emptied(landlines(rng, first["area"]), ~flags(rng, size, LANDLINE)).alias("landline")
    frame = married(rng, frame, country, rate=MARRIED)
    return reachable(rng, frame, country).with_columns(landline, *(first[name] for name in PLACE), *later)


def named(rng: Rng, country: Country, frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with `given` and `second` names that fit culture, sex and year of birth."""
    size, male, years = frame.height, frame["male"].to_numpy(), years_of(frame["birth"])
    at_home = int(np.argmax(country.cultures))
    cultures = np.where(flags(rng, size, 0.12), at_home, frame["culture"].to_numpy())
    second = emptied(given_names(rng, cultures, male, years - 40), ~flags(rng, size, SECOND_NAME))
    return frame.with_columns(given=given_names(rng, cultures, male, years), second=second)


def married(rng: Rng, frame: pl.DataFrame, country: Country, *, rate: float) -> pl.DataFrame:
    """Return `frame` with `later_family` of those who change their name, most of them women, some to a double name."""
    size = frame.height
    where = flags(rng, size, np.where(frame["male"].to_numpy(), rate * 0.2, rate * 1.8))
    spouse = family_names(rng, draw(rng, country.cultures, size))
    own = frame["family"]
    double = flags(rng, size, 0.18)
    both = own.filter(pl.Series(double)) + "-" + spouse.filter(pl.Series(double))
    return frame.with_columns(later_family=emptied(changed(spouse, double, both), ~where))


def reachable(rng: Rng, frame: pl.DataFrame, country: Country) -> pl.DataFrame:
    """Return `frame` with mailboxes and mobile numbers."""
    size, years = frame.height, years_of(frame["birth"])
    later = frame.select(pl.coalesce("later_family", "family")).to_series()
    everyone = pl.concat([frame["given"]] * 3), pl.concat([frame["family"], later, later])
    mails = mailboxes(rng, *everyone, np.tile(years, 3))
    lacking = (np.zeros(size, dtype=bool), ~flags(rng, size, SECOND_MAIL), ~flags(rng, size, THIRD_MAIL))
    names = ("email", "email_2", "email_3")
    columns = [emptied(mails.slice(at * size, size), lacking[at]).alias(name) for at, name in enumerate(names)]
    second = emptied(mobiles(rng, country, size), ~flags(rng, size, SECOND_PHONE))
    return frame.with_columns(*columns, mobile=mobiles(rng, country, size), mobile_2=second)


def seen(rng: Rng, persons: pl.DataFrame, who: Ints) -> pl.DataFrame:
    """Return what was true of `who` when each record was written.

    Returns:
        One row per record: `who`, `given`, `second`, `family`, `birth`, `email`, `phone`, `street`, `city`, `postcode`,
        whatever other columns `persons` has, and when it was written (`at`, from 0 to 1) and whether after moving
        (`moved`).
    """
    size, at = len(who), rng.random(len(who))
    moved, wed = at > rng.random(persons.height)[who], at > rng.random(persons.height)[who]
    facts = persons[who].with_columns(who=pl.Series(who))
    moved = moved & facts["later_street"].is_not_null().to_numpy()
    wed = wed & facts["later_family"].is_not_null().to_numpy()
    changing = [name.removeprefix("later_") for name in persons.columns if name.startswith("later_")]
    now = [
        pl.when(pl.Series(wed if name == "family" else moved)).then(f"later_{name}").otherwise(name).alias(name)
        for name in changing
    ]
    mail, phone = rng.random(size), rng.random(size)
    emails = _of([("email_2", mail < 0.32), ("email_3", mail > 0.9)], otherwise="email")
    phones = _of([("landline", phone < 0.28), ("mobile_2", phone > 0.8)], otherwise="mobile")
    gone = [name for name in persons.columns if name.startswith(("later_", "email_", "mobile", "landline"))]
    when = {"at": pl.Series(at), "moved": pl.Series(moved)}
    return facts.with_columns(*now, emails.alias("email"), phones.alias("phone"), **when).drop(gone)


def _of(choices: list[tuple[str, Flags]], *, otherwise: str) -> pl.Expr:
    return pl.coalesce(*(pl.when(pl.Series(where)).then(name) for name, where in choices), otherwise)
