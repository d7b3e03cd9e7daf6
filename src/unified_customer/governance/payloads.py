"""Finding a person in rows that nobody could read: by whole values, since a part of a value is somebody else's."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import polars as pl

EMAIL: Final = "email"
PHONE: Final = "phone"

NATIONAL_DIGITS: Final = 9
"""Last digits by which a telephone number is known however it is written."""

DISTINCT: Final = 5
"""Shortest id that is looked for: a shorter one is as well a number of pieces or a day."""

_WORDS: Final = re.compile(r"[^\s<>()\[\],;:\"']+")
_NUMBER: Final = re.compile(r"[-+\d\s()./]+")


def held_about(payloads: pl.Series, identifiers: pl.DataFrame) -> pl.Series:
    """Return which of `payloads` hold an identifier of a person.

    E-mail addresses are found in any letter case and inside a text, telephone numbers however they are written, every
    other identifier of at least `DISTINCT` signs where it is the whole of a value.

    Args:
        payloads: Rows as they came: JSON, or any text.
        identifiers: `kind` and normalised `value`.

    Examples:
        >>> ann = pl.DataFrame({"kind": ["email", "phone"], "value": ["ann@example.com", "+442079460018"]})
        >>> rows = ['{"to": "Ann <ANN@example.com>"}', '{"to": "joann@example.com"}', '{"tel": "020 7946 0018"}']
        >>> held_about(pl.Series(rows), ann).to_list()
        [True, False, True]
    """
    looked_for = {_sign(kind, value) for kind, value in identifiers.select("kind", "value").iter_rows() if value}
    found = [not looked_for.isdisjoint(_signs(payload)) for payload in payloads.to_list()]
    return pl.Series(found, dtype=pl.Boolean)


def texts_of(payload: str) -> Iterator[str]:
    """Yield every text and number in a payload; the payload itself where it is not JSON."""
    try:
        yield from _leaves(json.loads(payload, parse_float=str, parse_int=str))
    except ValueError:
        yield payload


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _leaves(each)


def _sign(kind: str, value: str) -> tuple[str, str]:
    if kind == PHONE:
        return PHONE, _digits(value)
    return (EMAIL if kind == EMAIL else "", value.casefold())


def _signs(payload: str) -> Iterator[tuple[str, str]]:
    for text in texts_of(payload):
        stripped = text.strip().casefold()
        if len(stripped) >= DISTINCT:
            yield "", stripped
        yield from ((EMAIL, word.rstrip(".")) for word in _WORDS.findall(stripped) if "@" in word)
        if _NUMBER.fullmatch(stripped):
            yield PHONE, _digits(stripped)


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)[-NATIONAL_DIGITS:]
