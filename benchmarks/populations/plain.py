"""People with duplicates: in one source, or in two that overlap."""

import numpy as np
import polars as pl

from benchmarks.populations.chance import Rng, owners
from benchmarks.populations.countries import BRITISH
from benchmarks.populations.folder import finished
from benchmarks.populations.mess import FIELDS, Mess, written
from benchmarks.populations.people import people, seen


def plain(rng: Rng, rows: int, seed: int) -> pl.DataFrame:
    """Return records of people, 1 to 8 of each, most of them 1 or 2, in one source."""
    return _one_source(rng, rows, seed, Mess())


def hasty(rng: Rng, rows: int, seed: int) -> pl.DataFrame:
    """Return records as `plain` does, of about three times as many slips and more gaps."""
    mess = Mess(
        typo=0.10, nickname=0.14, initial=0.06, swapped=0.03, wrong_date=0.10, wrong_digit=0.06, wrong_mail=0.06
    )
    return _one_source(rng, rows, seed, mess.with_gaps(birth_date=0.4, email=0.4, phone=0.45, street=0.3, city=0.2))


def _one_source(rng: Rng, rows: int, seed: int, mess: Mess) -> pl.DataFrame:
    who = owners(rng, rows, again=0.42, most=8)
    persons = people(rng, BRITISH, int(who[-1]) + 1, seed=seed)
    records = written(rng, seen(rng, persons, who), BRITISH, mess)
    return finished(rng, records.select("who", *FIELDS))


def link(rng: Rng, rows: int, seed: int) -> pl.DataFrame:
    """Return records of two sources without duplicates, half of each being of people whom the other has too."""
    left = rows // 2
    right = np.arange(rows - left) + left // 2
    persons = people(rng, BRITISH, int(right[-1]) + 1, seed=seed)
    careful = Mess(typo=0.012, nickname=0.03, wrong_date=0.012, shouting=0).with_gaps(
        birth_date=0.06, street=0.04, postcode=0.04
    )
    hasty = Mess(typo=0.06, nickname=0.12, date_format="%d/%m/%Y").with_gaps(birth_date=0.4, phone=0.2, email=0.15)
    sides = [("a", np.arange(left), careful), ("b", right, hasty)]
    parts = [
        written(rng, seen(rng, persons, who), BRITISH, mess).select("who", *FIELDS, source=pl.lit(name))
        for name, who, mess in sides
    ]
    return finished(rng, pl.concat(parts))
