"""How alike two unequal values of a role are: pure functions from two columns of normal forms to levels of its scale."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from unified_customer.identity.given_names import related_names
from unified_customer.identity.matching.arrays import Flags, Floats, Levels
from unified_customer.identity.matching.roles import Role
from unified_customer.identity.matching.scales import SCALES, SPELLING

AT_ONCE: Final = 500_000
"""So many pairs are compared together, to keep memory flat."""

_FEW: Final = 2_000
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
    from rapidfuzz.process import cpdist

    # Threads take longer to start than a few pairs to compare.
    workers = -1 if len(left) > _FEW else 1
    found: Floats = cpdist(left.to_list(), right.to_list(), scorer=scorer, dtype=np.float32, workers=workers)
    return found


def _mask(pairs: pl.DataFrame, test: pl.Expr) -> Flags:
    return pairs.select(test.fill_null(value=False))[:, 0].to_numpy()


def _pairs(left: pl.Series, right: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"a": left, "b": right})


_A, _B = pl.col("a"), pl.col("b")


def _spelling(similarity: Floats) -> Levels:
    # What rapidfuzz returns is single precision, and so are the bounds: .95 is not below .95.
    return np.searchsorted(np.array(SPELLING, dtype=np.float32), similarity, side="right").astype(np.int8)


def _given(left: pl.Series, right: pl.Series) -> Levels:
    levels = _spelling(jaro_winkler(left, right))
    scale, pairs = SCALES["given_name"], _pairs(left, right)
    levels[_mask(pairs, _initials())] = scale.place("initial")
    levels[related_names(left, right).to_numpy()] = scale.place("nickname")
    return levels


def _family(left: pl.Series, right: pl.Series) -> Levels:
    levels = _spelling(jaro_winkler(left, right))
    scale, pairs = SCALES["family_name"], _pairs(left, right)
    levels[_mask(pairs, _initials())] = scale.place("initial")
    levels[_mask(pairs, _one_of_the_words())] = scale.place("part of the other")
    return levels


def _initials() -> pl.Expr:
    short = (_A.str.len_bytes() == 1) | (_B.str.len_bytes() == 1)
    return short & (_A.str.head(1) == _B.str.head(1))


def _one_of_the_words() -> pl.Expr:
    first = pl.format(" {} ", "a").str.contains(pl.format(" {} ", "b"), literal=True)
    second = pl.format(" {} ", "b").str.contains(pl.format(" {} ", "a"), literal=True)
    return first | second


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
    scale, pairs = SCALES["birth_date"], _pairs(left, right)
    whole = (_A.str.len_bytes() == 8) & (_B.str.len_bytes() == 8)
    year, month, day = (_same(start, length) for start, length in ((0, 4), (4, 2), (6, 2)))
    swapped = (_A.str.slice(4, 2) == _B.str.slice(6, 2)) & (_A.str.slice(6, 2) == _B.str.slice(4, 2))
    edits = _edits(left, right)
    levels = np.zeros(len(left), dtype=np.int8)
    levels[_mask(pairs, whole & year)] = scale.place("same year")
    levels[_mask(pairs, whole & month & day)] = scale.place("same day of the year")
    levels[edits <= 2] = scale.place("two digits off")
    levels[_mask(pairs, whole & year & (month | day))] = scale.place("two parts equal")
    levels[_mask(pairs, whole & year & swapped)] = scale.place("day and month swapped")
    levels[edits <= 1] = scale.place("one digit off")
    return levels


def _same(start: int, length: int) -> pl.Expr:
    return _A.str.slice(start, length) == _B.str.slice(start, length)


def _digits(left: pl.Series, right: pl.Series) -> Levels:
    return (2 - np.minimum(_edits(left, right) - 1, 2)).astype(np.int8)


def _postcode(left: pl.Series, right: pl.Series) -> Levels:
    pairs, edits = _pairs(left, right), _edits(left, right)
    area = _mask(pairs, _area(_A) == _area(_B))
    levels = _mask(pairs, _A.str.head(2) == _B.str.head(2)).astype(np.int8)
    levels[area | (edits == 2)] = 2
    levels[edits == 1] = 3
    levels[(edits == 1) & area] = 4
    return levels


def _area(code: pl.Expr) -> pl.Expr:
    """Return what a postcode begins with: all but the last three characters, at least two."""
    return pl.when(code.str.len_bytes() > 4).then(code.str.head(-3)).otherwise(code.str.head(2))


def _email(left: pl.Series, right: pl.Series) -> Levels:
    pairs = _pairs(left, right).select(*_mailbox("a"), *_mailbox("b"))
    box_a, box_b = pairs["a_box"], pairs["b_box"]
    longest = pairs.select(pl.max_horizontal(pl.col("a_box", "b_box").str.len_bytes(), 1))[:, 0].to_numpy()
    off = _edits(box_a, box_b) / longest
    same_domain = _mask(pairs, pl.col("a_host") == pl.col("b_host"))
    near = same_domain | (_nearness(_provider(pairs["a_host"]), _provider(pairs["b_host"])) >= 0.7)
    same = _mask(pairs, (pl.col("a_box") == pl.col("b_box")) & (pl.col("a_box") != ""))
    levels = same_domain.astype(np.int8)
    levels[near & (off <= 0.4)] = 2
    levels[near & (off <= 0.2)] = 3
    elsewhere = same & ~near
    levels[elsewhere] = 4 + (longest[elsewhere] > 5) + (longest[elsewhere] > 9)
    levels[near & (off <= 0.13)] = 7
    levels[same & near] = 8
    return levels


def _mailbox(side: str) -> tuple[pl.Expr, pl.Expr]:
    address = pl.col(side)
    box = address.str.extract(r"^([^@]*)").str.replace_all(r"[._-]", "").fill_null("")
    return box.alias(f"{side}_box"), address.str.extract(r"@([^@]*)$").fill_null("").alias(f"{side}_host")


def _provider(host: pl.Series) -> pl.Series:
    """Return a host without its top-level domain, which all of a country share."""
    return host.str.replace(r"\.[^.]*$", "")


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
