"""When two records speak of people who cannot be one person: names and birth dates that disagree.

Nothing here says that two people are the same; that is left to identifiers. What is missing disagrees with nobody.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, Literal, NamedTuple

import polars as pl

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
    asked = pairs.select("given_a", "given_b", "family_a", "family_b").unique()
    verdicts = asked.with_columns(
        apart=pl.Series([_names_disagree(*row) for row in asked.iter_rows()], dtype=pl.Boolean)
    )
    names = pairs.join(verdicts, on=asked.columns, how="left", nulls_equal=True, maintain_order="left")
    return (names["apart"] | pairs.select(apart=_births_disagree())["apart"]).rename("apart")


def _births_disagree() -> pl.Expr:
    left, right = pl.col("birth_a"), pl.col("birth_b")
    a, b = left.dt.strftime("%Y%m%d"), right.dt.strftime("%Y%m%d")
    wrong = pl.sum_horizontal((a.str.slice(i, 1) != b.str.slice(i, 1)).cast(pl.Int8) for i in range(8))
    swapped = (
        (left.dt.year() == right.dt.year()) & (left.dt.month() == right.dt.day()) & (left.dt.day() == right.dt.month())
    )
    return ((wrong > 1) & ~swapped).fill_null(value=False)


def _names_disagree(given_a: str | None, given_b: str | None, family_a: str | None, family_b: str | None) -> bool:
    given = _given_names(given_a, given_b)
    if given == "same" or _swapped(given_a, given_b, family_a, family_b):
        return False
    return given == "different" or not _families_agree(family_a, family_b)


def _swapped(given_a: str | None, given_b: str | None, family_a: str | None, family_b: str | None) -> bool:
    crossed = [(one, other) for one, other in ((given_a, family_b), (family_a, given_b)) if one and other]
    return bool(given_a and given_b and crossed) and all(_families_agree(*pair) for pair in crossed)


def _given_names(one: str | None, other: str | None) -> Literal["same", "open", "different"]:
    if not one or not other:
        return "open"
    if one == other or _same_given(one.replace(" ", ""), other.replace(" ", "")):
        return "same"
    words, others = one.split(), other.split()
    if not (_covered(words, others, _may_be_same) or _covered(others, words, _may_be_same)):
        return "different"
    return "same" if any(_same_given(word, word2) for word in words for word2 in others) else "open"


def _families_agree(one: str | None, other: str | None) -> bool:
    if not one or not other or one == other:
        return True
    words, others = one.split(), other.split()
    return (
        _within_typing_errors(one.replace(" ", ""), other.replace(" ", ""), shortest=4)
        or _covered(words, others, str.__eq__)
        or _covered(others, words, str.__eq__)
    )


def _covered(words: list[str], others: list[str], alike: Callable[[str, str], bool]) -> bool:
    return all(any(alike(word, other) for other in others) for word in words)


def _may_be_same(one: str, other: str) -> bool:
    initial = min(len(one), len(other)) == 1 and one[0] == other[0]
    return initial or _same_given(one, other)


@lru_cache(maxsize=200_000)
def _same_given(one: str, other: str) -> bool:
    if one == other:
        return len(one) > 1
    if _nicknames_of_each_other(one, other):
        return True
    # Two known names are two names, and first letters and endings tell Mario from Maria and Dario; no typing error.
    if (one in _nicknames() and other in _nicknames()) or one[0] != other[0] or one[-1] != other[-1]:
        return False
    return _within_typing_errors(one, other, shortest=5)


def _within_typing_errors(one: str, other: str, *, shortest: int) -> bool:
    from rapidfuzz.distance import OSA

    length = min(len(one), len(other))
    allowed = 0 if length < shortest else 1 if length < 2 * shortest else 2
    return OSA.distance(one, other, score_cutoff=allowed) <= allowed


def _nicknames_of_each_other(one: str, other: str) -> bool:
    known = _nicknames()
    left, right = known.get(one, _NOBODY), known.get(other, _NOBODY)
    if other in left.short or one in right.short:
        return True
    return not left.short and not right.short and not left.full.isdisjoint(right.full)


class _Name(NamedTuple):
    """What the table knows of one name: what it is short for, and what is short for it."""

    full: frozenset[str]
    short: frozenset[str]


_NOBODY: Final = _Name(frozenset(), frozenset())


@lru_cache(maxsize=1)
def _nicknames() -> Mapping[str, _Name]:
    from nicknames import NickNamer

    table = NickNamer()
    names = table.nickname_lookup.keys() | table.canonical_lookup.keys()
    return {name: _Name(frozenset(table.canonicals_of(name)), frozenset(table.nicknames_of(name))) for name in names}
