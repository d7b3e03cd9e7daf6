"""Five systems of one shop: each asks for other things and writes them in its own way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from benchmarks.populations.chance import Ints, Rng, altered, emptied, flags
from benchmarks.populations.countries import BRITISH
from benchmarks.populations.folder import finished
from benchmarks.populations.mess import Mess, written
from benchmarks.populations.people import people, seen

COLUMNS: Final = (
    "full_name", "given_name", "family_name", "birth_date", "email", "phone", "street", "city", "postcode", "loyalty_number",
)  # fmt: skip


@dataclass(frozen=True)
class System:
    """One source: who is in it, how often, and what it asks for.

    Attributes:
        share: How many of all people it knows.
        again: Chance that a person who is in it has one more record there.
        fields: What it has a field for.
        mess: How its records are written.
        manner: What it does with the values.
    """

    share: float
    again: float
    fields: tuple[str, ...]
    mess: Mess
    manner: Callable[[Rng, pl.DataFrame], pl.DataFrame]


def _as_they_are(_: Rng, frame: pl.DataFrame) -> pl.DataFrame:
    return frame


def _whole_name(rng: Rng, frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with `full_name`, the family name first in some."""
    given, family = pl.col("given_name").fill_null(""), pl.col("family_name").fill_null("")
    first = pl.Series(flags(rng, frame.height, 0.12)) & (given != "") & (family != "")
    name = pl.when(first).then(family + ", " + given).otherwise((given + " " + family).str.strip_chars())
    return frame.with_columns(full_name=pl.when(name != "").then(name))


def _tickets(rng: Rng, frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with a whole name in small letters at times, and mailbox or telephone, seldom both."""
    frame, size = _whole_name(rng, frame), frame.height
    either = rng.random(size)
    small = altered(frame["full_name"], flags(rng, size, 0.2), lambda names: names.str.to_lowercase())
    mail = emptied(frame["email"], either < 0.28)
    phone = emptied(frame["phone"], (either > 0.42) & mail.is_not_null().to_numpy())
    return frame.with_columns(small, mail, phone)


def _capitals(_: Rng, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("given_name", "family_name", "city", "postcode").str.to_uppercase())


def _carded(rng: Rng, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the orders of the shop; a fifth of those with a card say its number."""
    return _whole_name(rng, frame).with_columns(emptied(frame["loyalty_number"], flags(rng, frame.height, 0.8)))


_PLACE: Final = ("street", "city", "postcode")
SYSTEMS: Final = {
    "crm": System(
        0.42, 0.08, ("given_name", "family_name", "birth_date", "email", "phone", *_PLACE),
        Mess(date_format="%d/%m/%Y", typo=0.03).with_gaps(birth_date=0.35), _as_they_are,
    ),
    "shop": System(
        0.50, 0.28, ("full_name", "email", "phone", *_PLACE, "loyalty_number"),
        Mess(nickname=0.09).with_gaps(email=0.01, street=0.05, city=0.04, postcode=0.04, phone=0.35), _carded,
    ),
    "newsletter": System(
        0.45, 0.0, ("given_name", "family_name", "email"),
        Mess(nickname=0.14, shouting=0.08).with_gaps(email=0.0, given_name=0.3, family_name=0.55), _as_they_are,
    ),
    "support": System(
        0.18, 0.40, ("full_name", "email", "phone"),
        Mess(typo=0.06, nickname=0.12).with_gaps(email=0.05, phone=0.1, family_name=0.08), _tickets,
    ),
    "loyalty": System(
        0.34, 0.0, ("given_name", "family_name", "birth_date", "phone", "city", "postcode", "loyalty_number"),
        Mess(date_format="%Y%m%d", shouting=0).with_gaps(birth_date=0.08, phone=0.2, postcode=0.03, city=0.03), _capitals,
    ),
}  # fmt: skip


def five_sources(rng: Rng, rows: int, seed: int) -> pl.DataFrame:
    """Return records of five systems in one table; what a system has no field for is null."""
    who, system = _customers(rng, rows)
    persons = people(rng, BRITISH, int(who[-1]) + 1, seed=seed)
    card = pl.Series(rng.permutation(persons.height) * 7 + 60_000_000).cast(pl.String)
    persons = persons.with_columns(loyalty_number=card)
    parts = [_records(rng, persons, who[system == number], name, SYSTEMS[name]) for number, name in enumerate(SYSTEMS)]
    return finished(rng, pl.concat(parts))


def _customers(rng: Rng, rows: int) -> tuple[Ints, Ints]:
    """Return person and system of each record; everybody is in one system at least."""
    shares = np.array([system.share for system in SYSTEMS.values()])
    again = np.array([system.again for system in SYSTEMS.values()])
    there = rng.random((rows, len(SYSTEMS))) < shares
    there[np.arange(rows), rng.choice(len(SYSTEMS), rows, p=shares / shares.sum())] |= ~there.any(axis=1)
    counts = there * np.minimum(rng.geometric(1 - again, there.shape), 6)
    systems = np.repeat(np.tile(np.arange(len(SYSTEMS)), rows), counts.ravel())
    return np.repeat(np.arange(rows), counts.sum(axis=1))[:rows], systems[:rows]


def _records(rng: Rng, persons: pl.DataFrame, who: Ints, name: str, system: System) -> pl.DataFrame:
    frame = system.manner(rng, written(rng, seen(rng, persons, who), BRITISH, system.mess))
    said = [column if column in system.fields else pl.lit(None, pl.String).alias(column) for column in COLUMNS]
    return frame.select("who", *said, source=pl.lit(name))
