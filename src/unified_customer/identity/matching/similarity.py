"""How alike two unequal values of a role are: pure functions from two columns of normal forms to levels of its scale."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl

from unified_customer.identity.given_names import related_names
from unified_customer.identity.matching.arrays import Flags, Floats, Ints, Levels
from unified_customer.identity.matching.roles import Role
from unified_customer.identity.matching.scales import SCALES, SPELLING
from unified_customer.identity.matching.traits import AREA, Trait
from unified_customer.identity.normalise.distinct import FEW

AT_ONCE: Final = 500_000
"""So many pairs are compared together, to keep memory flat."""

_WITHOUT_THREADS: Final = 2_000
_PART: Final = 0.7


def grade(role: Role, left: pl.Series, right: pl.Series) -> Levels:
    """Return the levels of pairs of unequal values.

    Args:
        role: What the values say.
        left: Normal forms, none of them null.
        right: As many.

    Returns:
        Levels of the role's scale. Exchanging the two columns changes nothing.
    """
    graders = _GRADERS.get(role)
    found = np.zeros(len(left), dtype=np.int8)
    if graders is None:
        return found
    for start in range(0, len(left), AT_ONCE):
        stretch = slice(start, start + AT_ONCE)
        found[stretch] = graders(left[stretch], right[stretch])
    return found


def jaro_winkler(left: pl.Series, right: pl.Series) -> Floats:
    """Return the Jaro-Winkler similarity of each pair.

    References:
        W. E. Winkler (1990): String comparator metrics and enhanced decision rules in the Fellegi-Sunter model.
    """
    from rapidfuzz.distance import JaroWinkler

    return _pairwise(JaroWinkler.normalized_similarity, left, right)


def _edits(left: pl.Series, right: pl.Series) -> Floats:
    from rapidfuzz.distance import DamerauLevenshtein

    return _pairwise(DamerauLevenshtein.distance, left, right)


def _pairwise(scorer: Callable[..., float], left: pl.Series, right: pl.Series) -> Floats:
    if len(left) <= FEW:
        both = zip(left.to_list(), right.to_list(), strict=True)
        return np.array([scorer(one, other) for one, other in both], dtype=np.float32)
    from rapidfuzz.process import cpdist

    # Threads take longer to start than a few pairs to compare.
    workers = -1 if len(left) > _WITHOUT_THREADS else 1
    found: Floats = cpdist(left.to_list(), right.to_list(), scorer=scorer, dtype=np.float32, workers=workers)
    return found


class PairTest(NamedTuple):
    """Something that is asked of two values, in plain Python and of columns `a` and `b`; a law holds the two together."""

    of_one: Callable[[str, str], bool]
    of_columns: pl.Expr


def _asked(test: PairTest, left: pl.Series, right: pl.Series) -> Flags:
    """Ask of each pair; of a few in plain Python, since somebody may wait for the answer."""
    if len(left) <= FEW:
        found = (test.of_one(a, b) for a, b in zip(left.to_list(), right.to_list(), strict=True))
        return np.fromiter(found, dtype=np.bool_, count=len(left))
    pairs = pl.DataFrame({"a": left, "b": right})
    return pairs.select(test.of_columns.fill_null(value=False))[:, 0].to_numpy()


_A, _B = pl.col("a"), pl.col("b")


def _spelling(similarity: Floats) -> Levels:
    # What rapidfuzz returns is single precision, and so are the bounds: .95 is not below .95.
    return np.searchsorted(np.array(SPELLING, dtype=np.float32), similarity, side="right").astype(np.int8)


def _given(left: pl.Series, right: pl.Series) -> Levels:
    levels, scale = _spelling(jaro_winkler(left, right)), SCALES["given_name"]
    levels[_asked(INITIALS, left, right)] = scale.place("initial")
    levels[related_names(left, right).to_numpy()] = scale.place("nickname")
    return levels


def _family(left: pl.Series, right: pl.Series) -> Levels:
    levels, scale = _spelling(jaro_winkler(left, right)), SCALES["family_name"]
    levels[_asked(INITIALS, left, right)] = scale.place("initial")
    levels[_asked(ONE_OF_THE_WORDS, left, right)] = scale.place("part of the other")
    return levels


def _one_of_the_words(one: str, other: str) -> bool:
    return f" {one} " in f" {other} " or f" {other} " in f" {one} "


def _contains(whole: str, part: str) -> pl.Expr:
    return pl.format(" {} ", whole).str.contains(pl.format(" {} ", part), literal=True)


def _short_with(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    return (one.str.len_chars() == 1) & (one == other.str.head(1))


INITIALS: Final = PairTest(
    lambda one, other: 1 in (len(one), len(other)) and one[0] == other[0], _short_with(_A, _B) | _short_with(_B, _A)
)
ONE_OF_THE_WORDS: Final = PairTest(_one_of_the_words, _contains("a", "b") | _contains("b", "a"))


def _city(left: pl.Series, right: pl.Series) -> Levels:
    return _spelling(jaro_winkler(left, right))


def _words(left: pl.Series, right: pl.Series) -> Levels:
    from rapidfuzz import fuzz

    ordered = _pairwise(fuzz.token_sort_ratio, left, right) / 100
    levels = _spelling(ordered.astype(np.float32))
    contained = (_pairwise(fuzz.token_set_ratio, left, right) >= 99.5) & (ordered < SPELLING[-1])
    scale = SCALES["text"]
    part, most = scale.place("part of the other"), scale.place("most of the other")
    levels[contained] = np.where(ordered[contained] > _PART, most, part)
    return levels


def _birth_date(left: pl.Series, right: pl.Series) -> Levels:
    scale = SCALES["birth_date"]
    year, month, day = (_asked(test, left, right) for test in (SAME_YEAR, SAME_MONTH, SAME_DAY))
    edits = _edits(left, right)
    levels = np.zeros(len(left), dtype=np.int8)
    levels[year] = scale.place("same year")
    levels[month & day] = scale.place("same day of the year")
    levels[edits <= 2] = scale.place("two digits off")
    levels[year & (month | day)] = scale.place("two parts equal")
    levels[year & _asked(SWAPPED_DAY, left, right)] = scale.place("day and month swapped")
    levels[edits <= 1] = scale.place("one digit off")
    return levels


def _same(start: int, end: int, *, swapped: tuple[int, int] | None = None) -> PairTest:
    """Ask of two whole dates whether a part of the one is that part of the other, or the `swapped` one; and that back."""
    theirs = swapped or (start, end)

    def of_one(one: str, other: str) -> bool:
        whole = len(one) == len(other) == 8
        return whole and one[start:end] == other[slice(*theirs)] and one[slice(*theirs)] == other[start:end]

    def part(text: pl.Expr, of: tuple[int, int]) -> pl.Expr:
        return text.str.slice(of[0], of[1] - of[0])

    whole = (_A.str.len_chars() == 8) & (_B.str.len_chars() == 8)
    forth = part(_A, (start, end)) == part(_B, theirs)
    back = part(_A, theirs) == part(_B, (start, end))
    return PairTest(of_one, whole & forth & back)


SAME_YEAR: Final = _same(0, 4)
SAME_MONTH: Final = _same(4, 6)
SAME_DAY: Final = _same(6, 8)
SWAPPED_DAY: Final = _same(4, 6, swapped=(6, 8))


def _digits(left: pl.Series, right: pl.Series) -> Levels:
    return (2 - np.minimum(_edits(left, right) - 1, 2)).astype(np.int8)


def _postcode(left: pl.Series, right: pl.Series) -> Levels:
    area, edits = _asked(SAME_AREA, left, right), _edits(left, right)
    levels = _asked(SAME_REGION, left, right).astype(np.int8)
    levels[area | (edits == 2)] = 2
    levels[edits == 1] = 3
    levels[(edits == 1) & area] = 4
    return levels


SAME_REGION: Final = PairTest(lambda one, other: one[:2] == other[:2], _A.str.head(2) == _B.str.head(2))
SAME_AREA: Final = PairTest(
    lambda one, other: AREA.of_one(one) == AREA.of_one(other), AREA.of_column(_A) == AREA.of_column(_B)
)


def _email(left: pl.Series, right: pl.Series) -> Levels:
    box_a, host_a, box_b, host_b = MAILBOX(left), HOST(left), MAILBOX(right), HOST(right)
    longest = np.maximum(np.maximum(_lengths(box_a), _lengths(box_b)), 1)
    off = _edits(box_a, box_b) / longest
    same_domain = _asked(EQUAL, host_a, host_b)
    near = same_domain | (_nearness(PROVIDER(host_a), PROVIDER(host_b)) >= 0.7)
    same = _asked(EQUAL, box_a, box_b) & (_lengths(box_a) > 0)
    levels = same_domain.astype(np.int8)
    levels[near & (off <= 0.4)] = 2
    levels[near & (off <= 0.2)] = 3
    elsewhere = same & ~near
    levels[elsewhere] = 4 + (longest[elsewhere] > 5) + (longest[elsewhere] > 9)
    levels[near & (off <= 0.13)] = 7
    levels[same & near] = 8
    return levels


EQUAL: Final = PairTest(str.__eq__, _A == _B)


MAILBOX: Final = Trait(
    lambda address: address.partition("@")[0].translate({ord(sign): None for sign in "._-"}),
    lambda address: address.str.extract(r"^([^@]*)").str.replace_all(r"[._-]", ""),
)
HOST: Final = Trait(
    lambda address: address.rpartition("@")[2] if "@" in address else "",
    lambda address: address.str.extract(r"@([^@]*)$").fill_null(""),
)
PROVIDER: Final = Trait(
    lambda host: host.rpartition(".")[0] if "." in host else host,
    lambda host: host.str.replace(r"\.[^.]*$", ""),
)
"""A host without its top-level domain, which all of a country share."""


def _lengths(values: pl.Series) -> Ints:
    if len(values) <= FEW:
        return np.array([len(value) for value in values.to_list()], dtype=np.int64)
    return values.str.len_chars().to_numpy().astype(np.int64)


def _nearness(left: pl.Series, right: pl.Series) -> Floats:
    from rapidfuzz.distance import DamerauLevenshtein

    return _pairwise(DamerauLevenshtein.normalized_similarity, left, right)


_GRADERS: Final[Mapping[Role, Callable[[pl.Series, pl.Series], Any]]] = {
    "given_name": _given,
    "family_name": _family,
    "birth_date": _birth_date,
    "email": _email,
    "phone": _digits,
    "identifier": _digits,
    "website": _digits,
    "house_number": _digits,
    "postcode": _postcode,
    "street": _words,
    "organisation": _words,
    "text": _words,
    "city": _city,
}
