"""When two records speak of people who cannot be one person: names and birth dates that disagree.

Nothing here says that two people are the same; that is left to identifiers. What is missing disagrees with nobody.
"""

from typing import Final, Literal

import polars as pl

from unified_customer.identity.given_names import compare_given_names, families_agree, spelt_alike
from unified_customer.identity.normalise import is_junk, name_key, split_full_names
from unified_customer.identity.normalise.vocabulary import HONORIFICS, by_word

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
    named = people["given_name"].is_not_null() | people["family_name"].is_not_null()
    split = split_full_names(people["full_name"].set(named, None)).struct
    parts = people.with_columns(
        given=pl.coalesce("given_name", split.field("given_name")),
        family=pl.coalesce("family_name", split.field("family_name")),
    )
    births = people["birth_date"]
    return parts.with_columns(
        given=_plain_given(name_key(_without_junk(parts["given"], parts["given"], "name"))),
        family=name_key(_without_junk(parts["family"], parts["family"], "name")),
        birth=_without_junk(births, births.cast(pl.String), "date"),
    ).drop("given_name", "family_name", "full_name", "birth_date")


def _plain_given(given: pl.Series) -> pl.Series:
    """Leave out forms of address that a source writes into the given name."""
    titles = "|".join(sorted(by_word(HONORIFICS)))
    return given.str.replace(rf"^(?:(?:{titles}) )+", "")


def _without_junk(values: pl.Series, text: pl.Series, kind: Literal["name", "date"]) -> pl.Series:
    return values.set(is_junk(text, kind).fill_null(value=False), None)


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


def _misspelt(pairs: pl.DataFrame, asked: pl.Series) -> pl.Series:
    """Say whether given names are spelt alike where family name and birth date are known and agree."""
    known = pl.all_horizontal(pl.col("family_a", "family_b", "birth_a", "birth_b").is_not_null())
    rows = (asked & pairs.select(known=known)["known"]).arg_true()
    some = pairs[rows]
    alike = spelt_alike(some["given_a"], some["given_b"]) & some.select(near=~_more_than_a_typing_error())["near"]
    return _where(rows.filter(alike), len(pairs))


def _swapped(pairs: pl.DataFrame, asked: pl.Series) -> pl.Series:
    """Say whether each given name is the other's family name: one of them exactly, the other near enough or missing."""
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
