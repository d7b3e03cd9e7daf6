"""Whether the values of a column agree with what its name says."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import polars as pl

from unified_customer.connectors.evidence import EMAIL, LETTERS, NUMBER, POSTCODE, digits_share, share, texts_of

Verdict = tuple[dict[str, Any], str] | None

WORDS: Final = frozenset(
    {"full_name", "given_name", "family_name", "middle_name", "city", "region", "country", "organisation", "job_title"}
)
FEW: Final[Mapping[str, int]] = {"gender": 10, "honorific": 40, "currency": 30}
"""Fields that have few different values."""

GROUPED: Final = r"^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?$"
COMMA: Final = r"^[+-]?\d+,\d+$"
POINT: Final = r"^[+-]?\d+\.\d+$"


def judge(name: str, values: pl.Series) -> Verdict:
    """Return how a column fills the text field `name` and why; None where its values do not agree."""
    texts = texts_of(values)
    if not len(texts):
        return {}, "named so; the sample has no value"
    portion = _TESTS.get(name, _words if name in WORDS else _anything)(texts)
    if portion < _NEEDED.get(name, 0.8) or texts.n_unique() > FEW.get(name, len(texts)):
        return None
    return {}, "named so" if name not in _TESTS else f"named so, {portion:.0%} of the values are of that form"


def number_form(values: pl.Series) -> Verdict:
    """Return how the numbers of a column are written and why; None where it holds none."""
    if values.dtype.is_numeric():
        return {}, "named so, a column of numbers"
    texts = texts_of(values)
    if not len(texts):
        return {}, "named so; the sample has no value"
    if share(texts, NUMBER) + share(texts, GROUPED) * (share(texts, NUMBER) < 1) < 0.9:
        return None
    commas, points = share(texts, COMMA), share(texts, POINT)
    if commas == 0:
        return {}, "named so, its values are numbers"
    if points > 0 and share(texts, r"^[+-]?\d{1,3}\.\d{3}$") < points:
        return None
    grouped = {"thousands": "."} if share(texts, GROUPED) > 0 else {}
    return {"decimal": ",", **grouped}, "named so, its values are numbers with a comma"


def _words(texts: pl.Series) -> float:
    return share(texts, LETTERS)


def _anything(_: pl.Series) -> float:
    return 1.0


def _postcodes(texts: pl.Series) -> float:
    return min(share(texts, POSTCODE), 1.6 * share(texts, r"\d"))


def _short(texts: pl.Series) -> float:
    return share(texts, r"^\S.{0,14}$")


_TESTS: Final[Mapping[str, Callable[[pl.Series], float]]] = {
    "email": lambda texts: share(texts, EMAIL),
    "phone": digits_share,
    "postcode": _postcodes,
    "gender": _short,
    "honorific": _short,
    "language": _short,
    "website": lambda texts: share(texts, r"\w\.\w"),
    "currency": lambda texts: share(texts, r"^[A-Z]{3}$"),
    "url": lambda texts: share(texts, r"^(?:https?://|/)"),
}
_NEEDED: Final[Mapping[str, float]] = {"phone": 0.7, "currency": 1.0}
