"""Finding a person in rows that nobody could read: by whole values, since a part of a value is somebody else's."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

import polars as pl

EMAIL: Final = "email"
PHONE: Final = "phone"

NATIONAL_DIGITS: Final = 9
"""Last digits by which a telephone number is known however it is written."""

DISTINCT: Final = 5
"""Shortest id that is looked for: a shorter one is as well a number of pieces or a day."""

_WORDS: Final = re.compile(r"[^\s<>()\[\],;:\"']+")
_NUMBER: Final = re.compile(r"[-+\d\s()./]+")

Sign = tuple[str, str]
Owners = Mapping[Any, frozenset[str]]


@dataclass(frozen=True)
class Traces:
    """By what some people are known in a text.

    E-mail addresses are found in any letter case and inside a text, telephone numbers however they are written, every
    other identifier of at least `DISTINCT` signs where it is the whole of a value. An id of a source is looked for in
    rows of that source. A name tells nobody apart; together with another fact about the person it does.

    Attributes:
        signs: Whose each identifier is.
        ids: Whose each id of a source is.
        names: Who has each name.
        facts: Of whom each fact is.

    Examples:
        >>> ann = pl.DataFrame(
        ...     {"kind": ["email", "phone"], "value": ["ann@example.com", "+442079460018"], "owner": ["a", "a"]}
        ... )
        >>> rows = ['{"to": "Ann <ANN@example.com>"}', '{"to": "joann@example.com"}', '{"tel": "020 7946 0018"}']
        >>> traces = Traces.of(ann)
        >>> [sorted(traces.owners(row)) for row in rows]
        [['a'], [], ['a']]
    """

    signs: Owners = field(default_factory=dict)
    ids: Owners = field(default_factory=dict)
    names: Owners = field(default_factory=dict)
    facts: Owners = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        identifiers: pl.DataFrame,
        records: pl.DataFrame | None = None,
        *,
        names: Sequence[str] = (),
        facts: Sequence[str] = (),
    ) -> Self:
        """Return the traces of people.

        Args:
            identifiers: `kind`, normalised `value` and `owner`.
            records: What is said of them: `source`, `source_id`, `owner`, and the columns `names` and `facts`.
            names: Columns that hold names.
            facts: Columns that hold other facts.
        """
        signs = ((_sign(kind, value), owner) for kind, value, owner in identifiers.iter_rows() if value)
        if records is None or records.is_empty():
            return cls(_by_owner(signs))
        ids = records.select(pl.struct("source", "source_id"), "owner").iter_rows()
        named = (((each["source"], each["source_id"].casefold()), owner) for each, owner in ids)
        long = ((key, owner) for key, owner in named if len(key[1]) >= DISTINCT)
        return cls(_by_owner(signs), _by_owner(long), _texts(records, names), _texts(records, facts))

    def owners(self, payload: str, source: str | None = None) -> set[str]:
        """Return whom a payload (JSON, or any text) of a source is about."""
        if not (self.signs or self.ids or self.names):
            return set()
        texts = {text.strip().casefold() for text in texts_of(payload)}
        found = _all_of(self.signs, (sign for text in texts for sign in _signs(text)))
        found |= _all_of(self.ids, ((source, text) for text in texts))
        named = _all_of(self.names, texts)
        return found | (named & _all_of(self.facts, texts) if named else set())

    def named(self, payload: str) -> set[str]:
        """Return whom a payload names, be it by a name alone."""
        texts = {text.strip().casefold() for text in texts_of(payload)}
        return self.owners(payload) | _all_of(self.names, texts)


def held_about(payloads: pl.Series, identifiers: pl.DataFrame) -> pl.Series:
    """Return which of `payloads` hold an identifier of a person.

    Args:
        payloads: Rows as they came: JSON, or any text.
        identifiers: `kind` and normalised `value`.

    Examples:
        >>> ann = pl.DataFrame({"kind": ["email"], "value": ["ann@example.com"]})
        >>> held_about(pl.Series(['{"to": "ANN@example.com"}', '{"to": "joann@example.com"}']), ann).to_list()
        [True, False]
    """
    traces = Traces.of(identifiers.select("kind", "value", owner=pl.lit("")))
    return pl.Series([bool(traces.owners(payload)) for payload in payloads.to_list()], dtype=pl.Boolean)


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


def _by_owner(pairs: Iterator[tuple[Any, str]]) -> Owners:
    found: defaultdict[Any, set[str]] = defaultdict(set)
    for key, owner in pairs:
        found[key].add(owner)
    return {key: frozenset(owners) for key, owners in found.items()}


def _texts(records: pl.DataFrame, columns: Sequence[str]) -> Owners:
    parts = [records.select(pl.col(name).cast(pl.String).alias("text"), "owner") for name in columns]
    if not parts:
        return {}
    said = pl.concat(parts).drop_nulls().unique()
    folded = ((text.strip().casefold(), owner) for text, owner in said.iter_rows())
    return _by_owner((text, owner) for text, owner in folded if len(text) >= DISTINCT)


def _all_of(known: Owners, keys: Any) -> set[str]:
    return {owner for key in keys if key in known for owner in known[key]} if known else set()


def _sign(kind: str, value: str) -> Sign:
    if kind == PHONE:
        return PHONE, _digits(value)
    return (EMAIL if kind == EMAIL else "", value.casefold())


def _signs(text: str) -> Iterator[Sign]:
    if len(text) >= DISTINCT:
        yield "", text
    yield from ((EMAIL, word.rstrip(".")) for word in _WORDS.findall(text) if "@" in word)
    if _NUMBER.fullmatch(text):
        yield PHONE, _digits(text)


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)[-NATIONAL_DIGITS:]
