"""Whether two names may be one name: nicknames, initials, parts and typing errors.

The plain functions of one pair are the rule. Most pairs of a batch are two plain words that are clearly different; they
are told apart without asking, and a test holds the two ways together.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import groupby
from typing import Final, Literal, NamedTuple

import polars as pl

Verdict = Literal["same", "open", "different"]

_PLAIN: Final = "^[a-z]{2,}$"


def compare_given_names(left: pl.Series, right: pl.Series) -> pl.Series:
    """Compare given names, pair by pair.

    Args:
        left: Name keys, nullable.
        right: Name keys, nullable, as many.

    Returns:
        `same`, `different`, or `open` where one is missing or nothing but an initial.

    Examples:
        >>> compare_given_names(pl.Series(["ann", "w", "mario"]), pl.Series(["annie", "will", "maria"])).to_list()
        ['same', 'open', 'different']
    """
    return _ask_distinct(left, right, compare, _clearly_different(), default="open")


def families_agree(left: pl.Series, right: pl.Series) -> pl.Series:
    """Compare family names, pair by pair: equal, one a part of the other, within a typing error, or one missing.

    Args:
        left: Name keys, nullable.
        right: Name keys, nullable, as many.

    Returns:
        Boolean, true where one is missing.

    Examples:
        >>> families_agree(pl.Series(["lee", "garcia lopez"]), pl.Series(["kim", "garcia"])).to_list()
        [False, True]
    """
    plain = pl.col("a").str.contains(_PLAIN) & pl.col("b").str.contains(_PLAIN)
    lengths = pl.col("a").str.len_bytes().cast(pl.Int32) - pl.col("b").str.len_bytes().cast(pl.Int32)
    far = plain & (pl.col("a") != pl.col("b")) & (lengths.abs() > 2)
    verdict = _ask_distinct(left, right, _families, far, default="agree")
    return verdict == "agree"


def spelt_alike(left: pl.Series, right: pl.Series) -> pl.Series:
    """Compare given names as `compare_given_names` does, with more room for typing errors.

    Args:
        left: Name keys, not null.
        right: Name keys, as many.

    Returns:
        Boolean. Two names that are both known as names are two names.

    Examples:
        >>> spelt_alike(pl.Series(["oscra", "marie"]), pl.Series(["oscar", "maria"])).to_list()
        [True, False]
    """
    return _ask_distinct(left, right, _spelling, pl.lit(value=False), default="different") == "same"


def _spelling(one: str, other: str) -> Verdict:
    known = _nicknames()
    alike = one[0] == other[0] and _within_typing_errors(one, other, shortest=4, twice=6)
    return "same" if alike and not (one in known and other in known) else "different"


def _ask_distinct(
    left: pl.Series, right: pl.Series, ask: Callable[[str, str], str], clear: pl.Expr, *, default: str
) -> pl.Series:
    """Ask about each distinct pair once, but for the `clear` ones, which are different; `default` where one is null."""
    pairs = pl.DataFrame({"a": left, "b": right}, schema={"a": pl.String, "b": pl.String})
    asked = pairs.drop_nulls().unique()
    certain = asked.select(clear.alias("clear"))["clear"]
    rest = asked.filter(~certain)
    answers = pl.Series("verdict", [ask(a, b) for a, b in rest.iter_rows()], dtype=pl.String)
    told = pl.concat([asked.filter(certain).with_columns(verdict=pl.lit("different")), rest.with_columns(answers)])
    return pairs.join(told, on=["a", "b"], how="left", maintain_order="left")["verdict"].fill_null(default)


def _clearly_different() -> pl.Expr:
    a, b = pl.col("a"), pl.col("b")
    ends = (a.str.head(1) == b.str.head(1)) & (a.str.tail(1) == b.str.tail(1))
    related = pl.struct("a", "b").is_in(_related())
    return a.str.contains(_PLAIN) & b.str.contains(_PLAIN) & (a != b) & ~ends & ~related


def compare(one: str, other: str) -> Verdict:
    """Compare two given names.

    Examples:
        >>> compare("anna maria", "anna m"), compare("jean paul", "jean pierre"), compare("johanna", "johana")
        ('same', 'different', 'same')
    """
    if _same_word(one.replace(" ", ""), other.replace(" ", "")):
        return "same"
    words, others = one.split(), other.split()
    if not (_covered(words, others, _may_be_same) or _covered(others, words, _may_be_same)):
        return "different"
    return "same" if any(_same_word(word, word2) for word in words for word2 in others) else "open"


def _families(one: str, other: str) -> Literal["agree", "different"]:
    words, others = one.split(), other.split()
    agree = (
        one == other
        or _within_typing_errors(one.replace(" ", ""), other.replace(" ", ""), shortest=4)
        or _covered(words, others, str.__eq__)
        or _covered(others, words, str.__eq__)
    )
    return "agree" if agree else "different"


def _covered(words: list[str], others: list[str], alike: Callable[[str, str], bool]) -> bool:
    return all(any(alike(word, other) for other in others) for word in words)


def _may_be_same(one: str, other: str) -> bool:
    initial = min(len(one), len(other)) == 1 and one[0] == other[0]
    return initial or _same_word(one, other)


def _same_word(one: str, other: str) -> bool:
    if one == other:
        return len(one) > 1
    if _nicknames_of_each_other(one, other) or _undoubled(one) == _undoubled(other):
        return True
    # Two known names are two names, and first letters and endings tell Mario from Maria and Dario; no typing error.
    known = _nicknames()
    if (one in known and other in known) or one[0] != other[0] or one[-1] != other[-1]:
        return False
    return _transposed(one, other) or _within_typing_errors(one, other, shortest=5)


def _undoubled(name: str) -> str:
    """Return `name` with runs of one letter as one letter: Anna and Ana, Philip and Phillip."""
    return "".join(letter for letter, _ in groupby(name))


def _transposed(one: str, other: str) -> bool:
    return sorted(one) == sorted(other) and _within_typing_errors(one, other, shortest=4)


def _within_typing_errors(one: str, other: str, *, shortest: int, twice: int | None = None) -> bool:
    from rapidfuzz.distance import OSA

    length = min(len(one), len(other))
    allowed = 0 if length < shortest else 1 if length < (twice or 2 * shortest) else 2
    return OSA.distance(one, other, score_cutoff=allowed) <= allowed


class _Name(NamedTuple):
    """What the table knows of one name: what it is short for, and what is short for it."""

    full: frozenset[str]
    short: frozenset[str]


_NOBODY: Final = _Name(frozenset(), frozenset())


def _nicknames_of_each_other(one: str, other: str) -> bool:
    known = _nicknames()
    left, right = known.get(one, _NOBODY), known.get(other, _NOBODY)
    if other in left.short or one in right.short:
        return True
    # Kate and Kathy are both short for Katherine; but Chris and Christopher's Kit are not if one is a name of its own.
    return not left.short and not right.short and not left.full.isdisjoint(right.full)


@lru_cache(maxsize=1)
def _nicknames() -> Mapping[str, _Name]:
    from nicknames import NickNamer

    table = NickNamer()
    names = table.nickname_lookup.keys() | table.canonical_lookup.keys()
    return {name: _Name(frozenset(table.canonicals_of(name)), frozenset(table.nicknames_of(name))) for name in names}


@lru_cache(maxsize=1)
def _related() -> pl.Series:
    """Return every pair of names of which one may stand for the other, both ways round."""
    known = _nicknames()
    near = {name: {*word.full, *word.short} for name, word in known.items()}
    for name, word in known.items():
        near[name].update(short for full in word.full for short in known[full].short)
    pairs = [{"a": name, "b": other} for name, others in near.items() for other in others if name != other]
    return pl.Series(pairs, dtype=pl.Struct({"a": pl.String, "b": pl.String}))
