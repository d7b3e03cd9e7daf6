"""Texts and other lists of terms as sparse vectors, each term the heavier the rarer it is (TF-IDF)."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Final

import numpy as np

from unified_customer.methods.learning.matrices import Floats, Sparse

_LETTERS: Final = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "\u0131": "i"})
_ACCENT: Final = re.compile("[\u0300-\u036f]")
# Scripts that put no space between words: two signs at a time stand for one.
_UNSPACED: Final = re.compile("([\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+)")
_PAIR: Final = 2


def plain(text: str) -> str:
    """Return a text in lower case, without accents, with one space for all that is no letter, digit or vowel sign.

    Only accents of European scripts go: in others a mark makes another letter.

    Examples:
        >>> plain("Crème-Brûlée, 6 Stück"), plain("Weiße ŁÓDŹ"), plain("ガラス")
        ('creme brulee 6 stuck', 'weisse lodz', 'ガラス')
    """
    taken_apart = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    put_together = unicodedata.normalize("NFC", _ACCENT.sub("", taken_apart))
    return " ".join("".join(map(_kept, put_together)).split())


@lru_cache(maxsize=4096)
def _kept(character: str) -> str:
    return character if unicodedata.category(character)[0] in "LNM" else " "


def words(text: str) -> list[str]:
    """Return the words of a text in the form of `plain`, in order; of scripts without spaces all pairs of signs.

    Examples:
        >>> words("Set of 6 Tea-Cups"), words("緑茶セット")
        (['set', 'of', '6', 'tea', 'cups'], ['緑茶', '茶セ', 'セッ', 'ット'])
    """
    return [term for run in _UNSPACED.sub(r" \1 ", plain(text)).split() for term in _terms_of(run)]


def _terms_of(run: str) -> list[str]:
    if len(run) > _PAIR and _UNSPACED.fullmatch(run):
        return [run[start : start + _PAIR] for start in range(len(run) - 1)]
    return [run]


def characters(text: str, *, shortest: int = 3, longest: int = 5) -> list[str]:
    """Return all runs of characters inside the words of a text in the form of `plain`; a space marks where words end.

    Examples:
        >>> characters("Tea", shortest=3, longest=4)
        [' te', 'tea', 'ea ', ' tea', 'tea ']
    """
    return [
        padded[start : start + size]
        for padded in (f" {word} " for word in plain(text).split())
        for size in range(shortest, longest + 1)
        for start in range(len(padded) - size + 1)
    ]


@dataclass(frozen=True, eq=False)
class Terms:
    """Terms that were learned, and how much each weighs.

    Attributes:
        listed: The terms, in order.
        weights: The weight of each: 1 for one that is everywhere, more for a rare one.
    """

    listed: tuple[str, ...] = field(repr=False)
    weights: Floats = field(repr=False)

    def vectors(self, documents: Sequence[Sequence[str]]) -> Sparse:
        """Return a row of length 1 for each document, one column a term; all 0 where none of its terms is known.

        A term that is there several times counts 1 and the logarithm of how often.
        """
        from scipy.sparse import csr_array

        if not self.listed or not len(documents):
            return csr_array((len(documents), len(self.listed)))
        found = csr_array(self._counter.transform(documents), dtype=np.float64)
        found.sort_indices()
        found.data = (1 + np.log(found.data)) * self.weights[found.indices]
        return of_length_one(found)

    @cached_property
    def _counter(self) -> Any:
        from sklearn.feature_extraction.text import CountVectorizer

        return CountVectorizer(analyzer=_as_it_is, vocabulary={term: place for place, term in enumerate(self.listed)})


def fit_terms(documents: Sequence[Sequence[str]]) -> Terms:
    """Learn the terms of some documents, in any order, and how rare they are.

    Of n documents of which d have a term, the term weighs 1 + ln((1 + n) / (1 + d)).

    Args:
        documents: The terms of each; a term is no empty text and holds no end of line. Documents without any do not count.

    References:
        K. Spärck Jones (1972): A statistical interpretation of term specificity. Journal of Documentation 28, 11-21.

    Examples:
        >>> terms = fit_terms([["tea", "cup"], ["tea", "pot"]])
        >>> terms.listed, terms.vectors([["pot"], ["sea"]]).toarray().tolist()
        (('cup', 'pot', 'tea'), [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    told = [document for document in documents if len(document)]
    if not told:
        return Terms((), np.zeros(0))
    learner = TfidfVectorizer(analyzer=_as_it_is, sublinear_tf=True).fit(told)
    return Terms(tuple(map(str, learner.get_feature_names_out())), np.asarray(learner.idf_, np.float64))


def _as_it_is(document: Sequence[str]) -> Sequence[str]:
    return document


def of_length_one(rows: Sparse) -> Sparse:
    """Return sparse rows divided by their length; rows without anything stay."""
    from scipy.sparse import csr_array

    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    each = np.repeat(1 / np.where(lengths > 0, lengths, 1), np.diff(rows.indptr))
    return csr_array((rows.data * each, rows.indices, rows.indptr), shape=rows.shape)
