"""How a person is written down in a record."""

from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np
import polars as pl

from benchmarks.populations.chance import Flags, Floats, Rng, altered, changed, draw, emptied, flags, one_of, replacing
from benchmarks.populations.contacts import mails_written, phones_written
from benchmarks.populations.countries import Country
from benchmarks.populations.names import nicknames
from benchmarks.populations.slips import digit_slips, folded, misdated, slips

FIELDS: Final = ("given_name", "family_name", "birth_date", "email", "phone", "street", "city", "postcode")
_CARE: Final = (0.45, 1.0, 2.6)
_CARE_SHARES: Final = (0.45, 0.40, 0.15)
_TITLES: Final = ("Dr.", "Mr", "Mrs", "Ms", "Prof.", "Dr")


@dataclass(frozen=True)
class Mess:
    """Rates of what goes wrong in a record; those in `gaps` are of missing values.

    All are for the ordinary record: one written with care has less than half of it, a hasty one more than twice.
    """

    typo: float = 0.035
    nickname: float = 0.07
    initial: float = 0.025
    second: float = 0.22
    swapped: float = 0.012
    title: float = 0.015
    shouting: float = 0.04
    folding: float = 0.25
    wrong_date: float = 0.035
    wrong_digit: float = 0.02
    wrong_mail: float = 0.022
    short_street: float = 0.35
    date_format: str = "%Y-%m-%d"
    gaps: dict[str, float] = field(
        default_factory=lambda: {
            "given_name": 0.015, "family_name": 0.015, "birth_date": 0.28, "email": 0.22, "phone": 0.30,
            "street": 0.16, "city": 0.12, "postcode": 0.14,
        }
    )  # fmt: skip

    def with_gaps(self, **gaps: float) -> Self:
        """Return these rates with other ones of missing values."""
        return replace(self, gaps={**self.gaps, **gaps})


def written(rng: Rng, facts: pl.DataFrame, country: Country, mess: Mess) -> pl.DataFrame:
    """Return the records of `facts` (see `people.seen`) with the fields as texts, nulls where nothing was said.

    Columns of `facts` that are no field stay.
    """
    size = facts.height
    care = np.array(_CARE)[draw(rng, _CARE_SHARES, size)]
    given, family = _names(rng, facts, mess, care)
    line, city, code = _places(rng, facts, country, mess, care)
    habit = np.where(flags(rng, size, 0.3), rng.random(size), (facts["who"].to_numpy() * 0.6180339887) % 1.0)
    dates = misdated(rng, facts["birth"], mess.wrong_date * care).dt.strftime(mess.date_format)
    phones = phones_written(rng, facts["phone"], country, habit=habit, wrong=mess.wrong_digit * care)
    mails = mails_written(rng, facts["email"], wrong=mess.wrong_mail * care)
    columns = dict(zip(FIELDS, (given, family, dates, mails, phones, line, city, code), strict=True))
    kept = facts.drop(name for name in facts.columns if name in {"given", "second", "family", "birth", *FIELDS})
    return _gaps(rng, kept.with_columns(**columns), mess.gaps)


def _names(rng: Rng, facts: pl.DataFrame, mess: Mess, care: Floats) -> tuple[pl.Series, pl.Series]:
    given, family, size = facts["given"], facts["family"], facts.height
    given = altered(given, flags(rng, size, mess.nickname * care), lambda names: nicknames(rng, names))
    given = _with_second(rng, given, facts["second"], flags(rng, size, mess.second))
    given = altered(given, flags(rng, size, mess.initial * care), lambda names: names.str.slice(0, 1) + ".")
    given, family = (slips(rng, names, mess.typo * care) for names in (given, family))
    plain = flags(rng, size, mess.folding)
    given, family = altered(given, plain, folded), altered(family, plain, folded)
    given = altered(given, flags(rng, size, mess.title), lambda names: one_of(rng, _TITLES, len(names)) + " " + names)
    turned = flags(rng, size, mess.swapped * care)
    said = changed(given, turned, family.filter(pl.Series(turned)))
    family = changed(family, turned, given.filter(pl.Series(turned)))
    loud, quiet = flags(rng, size, mess.shouting), flags(rng, size, mess.shouting * 1.3)
    return _cased(said, loud, quiet), _cased(family, loud, quiet)


def _with_second(rng: Rng, given: pl.Series, second: pl.Series, where: Flags) -> pl.Series:
    """Return given names with the further one of those who have one, or with the first letter of it."""
    told = where & second.is_not_null().to_numpy()
    middle = altered(second, flags(rng, len(second), 0.4), lambda names: names.str.slice(0, 1))
    return altered(given, told, lambda names: names + " " + middle.filter(pl.Series(told)))


def _cased(texts: pl.Series, loud: Flags, quiet: Flags) -> pl.Series:
    return altered(
        altered(texts, loud, lambda some: some.str.to_uppercase()), quiet, lambda some: some.str.to_lowercase()
    )


def _places(rng: Rng, facts: pl.DataFrame, country: Country, mess: Mess, care: Floats) -> tuple[pl.Series, ...]:
    size = facts.height
    line = shortened(rng, facts["street"], country, flags(rng, size, mess.short_street))
    line = digit_slips(rng, slips(rng, line, mess.typo * 1.3 * care), mess.wrong_digit * 0.7 * care)
    code = digit_slips(rng, facts["postcode"], mess.wrong_digit * care)
    code = altered(code, flags(rng, size, 0.1), lambda some: some.str.replace(" ", "", literal=True).str.to_lowercase())
    city = slips(rng, facts["city"], mess.typo * care)
    city = altered(city, flags(rng, size, 0.03), lambda some: some.str.replace(r"[ (-].*$", ""))
    loud, quiet = flags(rng, size, mess.shouting), flags(rng, size, mess.shouting)
    return _cased(line, loud, quiet), _cased(city, loud, quiet), code


def shortened(rng: Rng, lines: pl.Series, country: Country, where: Flags) -> pl.Series:
    """Return lines of an address with the kind of street abbreviated in one of its ways."""
    for kind, brief in country.short_kinds:
        rows = where & flags(rng, len(lines), 0.6)
        lines = altered(lines, rows, replacing(f"{kind}( |,|$)", f"{brief}${{1}}", literal=False))
    return lines


def _gaps(rng: Rng, frame: pl.DataFrame, gaps: dict[str, float]) -> pl.DataFrame:
    """Return `frame` with values left out, more in some records than in others; a place goes as a whole, mostly."""
    size = frame.height
    reticence, place = rng.gamma(2.0, 0.5, size), rng.random(size)
    left = []
    for name, rate in gaps.items():
        chance = place if name in {"street", "city", "postcode"} else rng.random(size)
        chance = np.where(flags(rng, size, 0.15), rng.random(size), chance)
        left.append(emptied(frame[name], chance < (1.0 if rate >= 1 else np.minimum(rate * reticence, 0.97))))
    return _enough(frame, frame.with_columns(left), gaps)


def _enough(whole: pl.DataFrame, left: pl.DataFrame, gaps: dict[str, float]) -> pl.DataFrame:
    """Return `left`; a record that says hardly anything says whatever the form asks for after all."""
    said = left.select(pl.sum_horizontal(pl.col(name).is_not_null() for name in gaps)).to_series()
    asked = [name for name, rate in gaps.items() if rate < 0.5]
    poor = said < 3
    return left.with_columns(pl.when(poor).then(whole[name]).otherwise(name).alias(name) for name in asked)
