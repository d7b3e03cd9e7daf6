"""When two records speak of people who cannot be one person: names and birth dates that disagree.

Nothing here says that two people are the same; that is left to identifiers. What is missing disagrees with nobody.
"""

from typing import Final, Literal

import polars as pl

from unified_customer.identity.given_names import compare_given_names, families_agree
from unified_customer.identity.normalise import is_junk, name_key, split_full_names

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
        given=name_key(_without_junk(parts["given"], parts["given"], "name")),
        family=name_key(_without_junk(parts["family"], parts["family"], "name")),
        birth=_without_junk(births, births.cast(pl.String), "date"),
    ).drop("given_name", "family_name", "full_name", "birth_date")


def _without_junk(values: pl.Series, text: pl.Series, kind: Literal["name", "date"]) -> pl.Series:
    return values.set(is_junk(text, kind).fill_null(value=False), None)


def disagree(pairs: pl.DataFrame) -> pl.Series:
    """Say of each pair whether the two cannot be one person.

    Two people disagree if their birth dates differ by more than one typing error, or their given names differ, or
    their given names leave it open (missing, an initial) and their family names differ. Given names agree when equal,
    when one is a nickname or a part of the other, and within a typing error; family names change on marriage, so they
    count only where the given names do not settle it. A given and family name that were swapped agree.

    Args:
        pairs: Columns `given_a`, `family_a`, `birth_a` and the same of `b`.

    Returns:
        Boolean series, never null.
    """
    given = compare_given_names(pairs["given_a"], pairs["given_b"])
    swapped = pairs.select(swapped=_swapped())["swapped"]
    unsettled = (given == "open") & ~swapped
    families = families_agree(pairs["family_a"].set(~unsettled, None), pairs["family_b"])
    names = ((given == "different") & ~swapped) | ~families
    return (names | _births_disagree(pairs)).rename("apart")


def _swapped() -> pl.Expr:
    """Say whether each given name is the other's family name; where one family name is missing, one such is enough."""
    crossed = pl.col("given_a") == pl.col("family_b"), pl.col("family_a") == pl.col("given_b")
    both_given = pl.col("given_a").is_not_null() & pl.col("given_b").is_not_null()
    some = pl.col("family_a").is_not_null() | pl.col("family_b").is_not_null()
    return both_given & some & crossed[0].fill_null(value=True) & crossed[1].fill_null(value=True)


def _births_disagree(pairs: pl.DataFrame) -> pl.Series:
    births = pairs.select("birth_a", "birth_b").with_row_index("row").drop_nulls()
    differ = births.filter(pl.col("birth_a") != pl.col("birth_b"))
    apart = differ.filter(_more_than_a_typing_error())["row"]
    return pl.Series([False]).extend_constant(value=False, n=len(pairs)).head(len(pairs)).scatter(apart, True)


def _more_than_a_typing_error() -> pl.Expr:
    left, right = pl.col("birth_a"), pl.col("birth_b")
    a, b = left.dt.strftime("%Y%m%d"), right.dt.strftime("%Y%m%d")
    wrong = pl.sum_horizontal((a.str.slice(i, 1) != b.str.slice(i, 1)).cast(pl.Int8) for i in range(8))
    day_for_month = (left.dt.month() == right.dt.day()) & (left.dt.day() == right.dt.month())
    return (wrong > 1) & ~(day_for_month & (left.dt.year() == right.dt.year()))
