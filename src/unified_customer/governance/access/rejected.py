"""Rows of the quarantine as a person may see them: where a row names somebody else too, the person's own values alone.

Nobody could read such a row, so that nobody knows which of its values is whose. Shown is what is an identifier of the
person, and the whole row where nothing in it points at anybody else. An identifier that others hold too points at them,
unless the row names a record of the person.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import polars as pl

from unified_customer.governance.access.person import NAMED, Person
from unified_customer.governance.payloads import DISTINCT, EMAIL, held_about
from unified_customer.store import Keys, Reader

OTHER: Final = "[another person]"
"""Stands where somebody else was named."""

_ADDRESS: Final = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")
_NUMBER: Final = re.compile(r"[+0(][\d\s()./-]*")
_DIGITS: Final = range(8, 16)
"""How many digits a telephone number has."""


def shown_payloads(reader: Reader, person: Person, rows: pl.DataFrame) -> pl.Series:
    """Return the payloads of `rows` as the person may see them.

    Args:
        reader: One state of the store.
        person: Who asks.
        rows: Rows of `quarantine` about the person: at least `payload` and `record_id`.
    """
    texts = {text for payload in rows["payload"].drop_nulls() for text in _texts(payload)}
    named = _Judge(person, person.identifiers, _held_by_others(reader, person.identifiers, texts))
    unnamed = _Judge(person, person.own, _held_by_others(reader, person.own, texts))
    shown = [
        payload and (unnamed if record_id is None else named).shown(payload, theirs=record_id in {None, *person.ids})
        for payload, record_id in rows.select("payload", "record_id").iter_rows()
    ]
    return pl.Series("payload", shown, dtype=pl.String)


def _held_by_others(reader: Reader, own: pl.DataFrame, texts: set[str]) -> frozenset[str]:
    """Return those of `texts`, folded, that are an identifier, and not one of `own`."""
    asked = {form for text in texts if len(text) >= DISTINCT for form in (text, text.casefold())}
    keys = Keys(pl.DataFrame({"value": sorted(asked)}, schema={"value": pl.String}), ("value",))
    held = reader.read("identifiers", columns=[*NAMED, "value"], keys=keys)
    return frozenset(value.casefold() for value in held.join(own, on=NAMED, how="anti")["value"])


@dataclass(frozen=True, eq=False)
class _Judge:
    """Tells what names the person from what names somebody else.

    Attributes:
        person: Who asks.
        own: The identifiers that do not point at anybody else.
        known: Values that are other identifiers.
    """

    person: Person
    own: pl.DataFrame
    known: frozenset[str]

    @cached_property
    def addresses(self) -> frozenset[str]:
        """The e-mail addresses that do not point at anybody else."""
        return frozenset(value for kind, _, value in self.own.iter_rows() if kind == EMAIL)

    def shown(self, payload: str, *, theirs: bool) -> str:
        """Return what may be shown of a payload; `theirs`: it names no record of somebody else."""
        if theirs and not any(map(self.is_strange, _texts(payload))):
            return payload
        try:
            row = json.loads(payload, parse_float=str, parse_int=str)
        except ValueError:
            return OTHER
        return json.dumps(self._reduced(row), ensure_ascii=False)

    def is_strange(self, text: str) -> bool:
        """Return whether a text names somebody else: an identifier, an address or a number that is not the person's."""
        addresses = {each.rstrip(".") for each in _ADDRESS.findall(text.casefold())}
        return (
            text.casefold() in self.known
            or not addresses <= self.addresses
            or (_looks_called(text) and not _is_among(text, self.own))
        )

    def _reduced(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {OTHER if self.is_strange(key) else key: self._reduced(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._reduced(each) for each in value]
        return value if isinstance(value, str) and self._is_nothing_else(value) else OTHER

    def _is_nothing_else(self, text: str) -> bool:
        """Return whether a text is an identifier of the person with nothing around it."""
        return (len(text.split()) == 1 or _looks_called(text.strip())) and _is_among(text, self.person.identifiers)


def _is_among(text: str, identifiers: pl.DataFrame) -> bool:
    return bool(held_about(pl.Series([json.dumps(text)]), identifiers).item())


def _looks_called(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None and len(re.sub(r"\D", "", text)) in _DIGITS


def _texts(payload: str) -> Iterator[str]:
    """Yield every text and number of a payload, trimmed, names of fields too; the payload itself if it is not JSON."""
    try:
        row = json.loads(payload, parse_float=str, parse_int=str)
    except ValueError:
        yield payload.strip()
        return
    yield from _leaves(row)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value.strip()
    elif isinstance(value, dict):
        for key, each in value.items():
            yield key.strip()
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
