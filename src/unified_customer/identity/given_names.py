"""Whether two names may be one name: nicknames, initials, parts and typing errors.

The plain functions of one pair are the rule. Most pairs of a batch are two plain words that are clearly different; they
are told apart without asking, and a test holds the two ways together.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby
from typing import Final, Literal, NamedTuple

import polars as pl

from unified_customer.identity.hypocorisms import hypocorisms

FEW: Final = 20
"""So few pairs are asked about one by one: to tell the clear ones apart takes longer."""

Verdict = Literal["same", "open", "different"]

_PLAIN: Final = "^[a-z]{2,}$"
_OF_WOMEN: Final = ("ina", "ine", "ette", "etta", "elle", "ella", "inka", "iana")


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


def _families(one: str, other: str) -> str:
    return "agree" if family_names_agree(one, other) else "different"


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
    return _ask_distinct(left, right, spelling, pl.lit(value=False), default="different") == "same"


def related_names(left: pl.Series, right: pl.Series) -> pl.Series:
    """Say of each pair whether one name is a nickname of the other, or both are of a third.

    Args:
        left: Name keys, not null.
        right: Name keys, as many.

    Returns:
        Boolean.

    Examples:
        >>> related_names(pl.Series(["robert", "kate", "ann"]), pl.Series(["bob", "kathy", "bob"])).to_list()
        [True, True, False]
    """
    near, nobody = _near(), frozenset[str]()
    found = (b in near.get(a, nobody) for a, b in zip(left.to_list(), right.to_list(), strict=True))
    return pl.Series("related", found, dtype=pl.Boolean)


def spelling(one: str, other: str) -> Verdict:
    """Compare two given names as `spelt_alike` does."""
    known = _nicknames()
    alike = one[0] == other[0] and _within_typing_errors(one, other, shortest=4, twice=6)
    return "same" if alike and not (one in known and other in known) else "different"


def _ask_distinct(
    left: pl.Series, right: pl.Series, ask: Callable[[str, str], str], clear: pl.Expr, *, default: str
) -> pl.Series:
    """Ask about each distinct pair once, but for the `clear` ones, which are different; `default` where one is null."""
    if len(left) <= FEW:
        both = zip(left.to_list(), right.to_list(), strict=True)
        return pl.Series(
            "verdict", [ask(a, b) if a is not None and b is not None else default for a, b in both], dtype=pl.String
        )
    pairs = pl.DataFrame({"a": left, "b": right}, schema={"a": pl.String, "b": pl.String})
    asked = pairs.drop_nulls().unique()
    certain = asked.select(clear.alias("clear"))["clear"]
    rest = asked.filter(~certain)
    answers = pl.Series("verdict", [ask(a, b) for a, b in rest.iter_rows()], dtype=pl.String)
    told = pl.concat([asked.filter(certain).with_columns(verdict=pl.lit("different")), rest.with_columns(answers)])
    return pairs.join(told, on=["a", "b"], how="left", maintain_order="left")["verdict"].fill_null(default)


def _clearly_different() -> pl.Expr:
    """Say of two plain words that nothing below makes them one: both known and not related, or both unknown and far."""
    a, b = pl.col("a"), pl.col("b")
    known = pl.lit(pl.Series(list(_nicknames()), dtype=pl.String)).implode()
    ends = (a.str.head(1) == b.str.head(1)) & (a.str.tail(1) == b.str.tail(1))
    two_names = a.is_in(known) & b.is_in(known) & ~pl.struct("a", "b").is_in(pl.lit(_related()).implode())
    far = ~a.is_in(known) & ~b.is_in(known) & (a.str.head(3) != b.str.head(3))
    return a.str.contains(_PLAIN) & b.str.contains(_PLAIN) & ~ends & (two_names | far)


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


def family_names_agree(one: str, other: str) -> bool:
    """Compare two family names as `families_agree` does."""
    words, others = one.split(), other.split()
    return (
        _undoubled(one) == _undoubled(other)
        or _within_typing_errors(one.replace(" ", ""), other.replace(" ", ""), shortest=4)
        or _covered(words, others, str.__eq__)
        or _covered(others, words, str.__eq__)
    )


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
    known = _nicknames()
    if one in known and other in known:
        return False
    pairs = (one, other), *_behind(one, other)
    return _short_form(one, other) or any(_misspelt(*pair) for pair in pairs) or _of_one_name(one, other)


def _misspelt(one: str, other: str) -> bool:
    # First letters and endings tell Mario from Maria and Dario: there a difference is no typing error.
    if one[0] != other[0] or one[-1] != other[-1]:
        return False
    anagrams = sorted(one) == sorted(other)
    return _within_typing_errors(one, other, shortest=4 if anagrams else 5, twice=6 if anagrams else None)


def _undoubled(name: str) -> str:
    """Return `name` with runs of one letter as one letter: Anna and Ana, Philip and Phillip."""
    return "".join(letter for letter, _ in groupby(name))


def _short_form(one: str, other: str) -> bool:
    """Say whether one begins the other and leaves out three letters or more: Magda and Magdalena, not Josef and Josefine."""
    short, long = sorted((one, other), key=len)
    rest = long.removeprefix(short)
    return len(short) > 2 and 2 < len(rest) < len(long) and rest not in _OF_WOMEN


def _behind(one: str, other: str) -> Iterator[tuple[str, str]]:
    """Pair a name that nobody knows with all that the other may stand for: Alexamder and the Alexander behind Alex."""
    for name, unknown in ((one, other), (other, one)):
        if unknown not in _nicknames():
            yield from ((full, unknown) for full in _near().get(name, ()))


def _of_one_name(one: str, other: str) -> bool:
    """Say whether two unknown names are both misspellings of one known name."""
    known = _nicknames()
    if one in known or other in known or one[0] != other[0] or one[-1] != other[-1]:
        return False
    return any(_misspelt(name, one) and _misspelt(name, other) for name in _by_ends().get((one[0], one[-1]), ()))


@lru_cache(maxsize=1)
def _by_ends() -> Mapping[tuple[str, str], tuple[str, ...]]:
    names = sorted(_nicknames(), key=lambda name: (name[0], name[-1]))
    return {ends: tuple(group) for ends, group in groupby(names, key=lambda name: (name[0], name[-1]))}


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

    short = {name: set(forms) for name, forms in NickNamer().nickname_lookup.items()}
    for name, pet_forms in hypocorisms().items():
        short.setdefault(name, set()).update(pet_forms)
    full: dict[str, set[str]] = {}
    for name, form in ((name, form) for name, forms in short.items() for form in forms):
        full.setdefault(form, set()).add(name)
    names = short.keys() | full.keys()
    return {name: _Name(frozenset(full.get(name, ())), frozenset(short.get(name, ()))) for name in names}


@lru_cache(maxsize=1)
def _near() -> Mapping[str, frozenset[str]]:
    """Return for each known name all that it may stand for, or that may stand for it."""
    known = _nicknames()
    siblings = {name: {short for full in word.full for short in known[full].short} for name, word in known.items()}
    return {name: (word.full | word.short | siblings[name]) - {name} for name, word in known.items()}


@lru_cache(maxsize=1)
def _related() -> pl.Series:
    """Return every pair of names of which one may stand for the other, both ways round."""
    pairs = [{"a": name, "b": other} for name, others in _near().items() for other in others]
    return pl.Series(pairs, dtype=pl.Struct({"a": pl.String, "b": pl.String}))
