"""When two records speak of people who cannot be one person: names and birth dates that disagree.

Nothing here says that two people are the same; that is left to identifiers. What is missing disagrees with nobody.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, NamedTuple

import polars as pl

from unified_customer.identity.given_names import (
    compare,
    compare_given_names,
    families_agree,
    family_names_agree,
    spelling,
    spelt_alike,
)
from unified_customer.identity.normalise import is_junk, split_full_names
from unified_customer.identity.normalise.distinct import each_distinct, formed
from unified_customer.identity.normalise.person_keys import (
    given_name,
    person_name,
    plain_given_name,
    plain_person_name,
)
from unified_customer.identity.normalise.plain import is_plain_junk

PERSON: Final = ("given", "family", "birth")
"""Columns of a person as compared here: two name keys and a birth date."""


def persons(people: pl.DataFrame) -> pl.DataFrame:
    """Fold the names of `people` and leave out what says nothing.

    Args:
        people: Columns `record_id`, `given_name`, `family_name`, `full_name`, `birth_date`, each nullable but the
            first; other columns are kept as they are.

    Returns:
        The same rows, with `given`, `family` (name keys) and `birth` in place of the four. A whole name is taken apart
        only where neither part is there.
    """
    given, family, births = people["given_name"], people["family_name"], people["birth_date"]
    whole = people["full_name"].set(given.is_not_null() | family.is_not_null(), None)
    if whole.null_count() < len(whole):
        split = split_full_names(whole).struct
        given, family = (
            said.zip_with(said.is_not_null(), split.field(part))
            for said, part in ((given, "given_name"), (family, "family_name"))
        )
    return people.drop("given_name", "family_name", "full_name", "birth_date").with_columns(
        given=each_distinct(given, lambda names: formed(names, given_name)),
        family=each_distinct(family, lambda names: formed(names, person_name)),
        birth=births.set(is_junk(births, "date").fill_null(value=False), None),
    )


GENERATION: Final = 12
"""Years between the births of two people of one name who share a mailbox: parent and child, not a typing error."""


def disagree(pairs: pl.DataFrame) -> pl.Series:
    """Say of each pair whether the two cannot be one person.

    - *Given names* must agree: equal, a nickname, a part of the other, within a typing error (more of one where family
      name and birth date agree). A given and a family name that were swapped agree.
    - *Family names* change on marriage: they count where the given names leave it open (missing, an initial).
    - *Birth dates* must agree within a typing error; where the names agree, they must not lie a generation apart.

    What is missing disagrees with nothing.

    Args:
        pairs: Columns `given_a`, `family_a`, `birth_a` and the same of `b`.

    Returns:
        Boolean series, never null.
    """
    given = compare_given_names(pairs["given_a"], pairs["given_b"])
    families = families_agree(pairs["family_a"], pairs["family_b"])
    misspelt = _misspelt(pairs, (given == "different") & families)
    same = (given == "same") | _swapped(pairs, given == "different") | misspelt
    names = (given == "different") | ((given == "open") & ~families)
    return ((names & ~same) | _births_disagree(pairs, tolerant=same & (families | (given == "different")))).rename(
        "apart"
    )


class Person(NamedTuple):
    """What `persons` makes of one record."""

    given: str | None
    family: str | None
    birth: date | None


def person(said: Mapping[str, Any]) -> Person:
    """Return what `persons` makes of one record, sooner; a law holds the two together.

    Args:
        said: Values by field; of those of `persons`, any may be missing.
    """
    given, family, whole, birth = (said.get(name) for name in ("given_name", "family_name", "full_name", "birth_date"))
    split = whole is not None and given is None and family is None
    if split or not all(name is None or name.isascii() for name in (given, family)):
        return Person(
            *persons(pl.DataFrame([{name: said.get(name) for name in _SAID}], schema=_SAID)).select(PERSON).row(0)
        )
    born = None if birth is None or is_plain_junk(birth.isoformat(), "date") else birth
    return Person(plain_given_name(given or ""), plain_person_name(family or ""), born)


_SAID: Final = {
    "record_id": pl.String,
    **dict.fromkeys(("given_name", "family_name", "full_name"), pl.String),
    "birth_date": pl.Date,
}


def cannot_be_one(one: Person, other: Person) -> bool:
    """Say of one pair what `disagree` says of many, sooner; a law holds the two together."""
    given = "open" if one.given is None or other.given is None else compare(one.given, other.given)
    families = _may_agree(one.family, other.family)
    same = given == "same" or (given == "different" and (_crossed(one, other) or _ill_spelt(one, other)))
    names = given == "different" or (given == "open" and not families)
    tolerant = same and (families or given == "different")
    return (names and not same) or _born_apart(one.birth, other.birth, tolerant=tolerant)


def _may_agree(one: str | None, other: str | None) -> bool:
    return one is None or other is None or family_names_agree(one, other)


def _crossed(one: Person, other: Person) -> bool:
    """Say whether given and family name are swapped; see `_swapped`."""
    pairs = ((one.given, other.family), (one.family, other.given))
    exact = any(a is not None and a == b for a, b in pairs)
    return exact and all(_may_agree(a, b) or compare(str(a), str(b)) != "different" for a, b in pairs)


def _ill_spelt(one: Person, other: Person) -> bool:
    """Say whether given names are spelt alike where all else is known and agrees; see `_misspelt`."""
    if None in (*one, *other) or not _may_agree(one.family, other.family):
        return False
    return spelling(str(one.given), str(other.given)) == "same" and not _farther_than_a_typing_error(
        one.birth, other.birth
    )


def _born_apart(one: date | None, other: date | None, *, tolerant: bool) -> bool:
    if one is None or other is None or not _farther_than_a_typing_error(one, other):
        return False
    return not tolerant or abs(one.year - other.year) >= GENERATION


def _farther_than_a_typing_error(one: date | None, other: date | None) -> bool:
    """Say whether two dates are further from each other than a typing error."""
    if one is None or other is None:
        return False
    wrong = sum(a != b for a, b in zip(f"{one:%Y%m%d}", f"{other:%Y%m%d}", strict=True))
    swapped = one.year == other.year and (one.month, one.day) == (other.day, other.month)
    return wrong > 1 and not swapped


def _misspelt(pairs: pl.DataFrame, asked: pl.Series) -> pl.Series:
    """Say whether given names are spelt alike where family name and birth date are known and agree."""
    known = pl.all_horizontal(pl.col("family_a", "family_b", "birth_a", "birth_b").is_not_null())
    if not asked.any():
        return asked
    rows = (asked & pairs.select(known=known)["known"]).arg_true()
    some = pairs[rows]
    alike = spelt_alike(some["given_a"], some["given_b"]) & some.select(near=~_more_than_a_typing_error())["near"]
    return _where(rows.filter(alike), len(pairs))


def _swapped(pairs: pl.DataFrame, asked: pl.Series) -> pl.Series:
    """Say whether each given name is the other's family name: one of them exactly, the other near enough or missing."""
    if not asked.any():
        return asked
    exact = (pl.col("given_a") == pl.col("family_b")) | (pl.col("family_a") == pl.col("given_b"))
    rows = (asked & pairs.select(exact=exact.fill_null(value=False))["exact"]).arg_true()
    some = pairs[rows]
    crossed = (("given_a", "family_b"), ("family_a", "given_b"))
    near = [
        families_agree(some[a], some[b]) | (compare_given_names(some[a], some[b]) != "different") for a, b in crossed
    ]
    return _where(rows.filter(near[0] & near[1]), len(pairs))


def _births_disagree(pairs: pl.DataFrame, *, tolerant: pl.Series) -> pl.Series:
    births = pairs.select("birth_a", "birth_b").with_columns(tolerant=tolerant).with_row_index("row")
    differ = births.drop_nulls().filter(pl.col("birth_a") != pl.col("birth_b"))
    years = (pl.col("birth_a").dt.year() - pl.col("birth_b").dt.year()).abs()
    apart = differ.filter(_more_than_a_typing_error() & (~pl.col("tolerant") | (years >= GENERATION)))["row"]
    return _where(apart, len(pairs))


def _where(rows: pl.Series, size: int) -> pl.Series:
    return pl.repeat(value=False, n=size, eager=True).scatter(rows, True)


def _more_than_a_typing_error() -> pl.Expr:
    left, right = pl.col("birth_a"), pl.col("birth_b")
    a, b = left.dt.strftime("%Y%m%d"), right.dt.strftime("%Y%m%d")
    wrong = pl.sum_horizontal((a.str.slice(i, 1) != b.str.slice(i, 1)).cast(pl.Int8) for i in range(8))
    day_for_month = (left.dt.month() == right.dt.day()) & (left.dt.day() == right.dt.month())
    return (wrong > 1) & ~(day_for_month & (left.dt.year() == right.dt.year()))
