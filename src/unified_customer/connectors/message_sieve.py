"""One message after another under the collection policy: what is left of each, and what was found in it."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from unified_customer.connectors.cards import NAMED, holds_card_number
from unified_customer.connectors.collection import CARDS, Action, Hash
from unified_customer.connectors.message_fields import CREDENTIALS, ITEM, PASSWORD, Path, message_category
from unified_customer.core.fields import covers

Rules = Mapping[str, Action]

UNREADABLE: Final = "message: unreadable, and withheld by the collection policy"
REFUSED: Final = "{}: refused by the collection policy"
UNNAMED: Final = "*"
"""Stands in a path for a name that may be a value itself."""

UUID: Final = r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
_SHOWN: Final = re.compile(r"(?!.*\d{4})[^\W\d][\w -]{0,39}|\$\w{1,39}")
_SHORTEST_CARD: Final = 13
_NOISE: Final = re.compile(rf"{UUID}|(?<!\d)\.|\.(?!\d)|\.0+\b")
"""What may stand beside a card number, or look like one: ids in hexadecimal, full stops, and a fraction of nothing."""

_MESSAGES: Final[tuple[Path, ...]] = ((), ("batch", ITEM))
_GROUP: Final = ("group", "g")


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


class _Members(list[tuple[str, Any]]):
    """The members of an object, in order; a name may come twice."""


_decode: Final = json.JSONDecoder(
    object_pairs_hook=_Members, parse_int=_Number, parse_float=_Number, parse_constant=_Number, strict=False
).decode
_quoted: Final = partial(json.dumps, ensure_ascii=False)
_GONE: Final = object()


def action_of(category: str, rules: Rules) -> Action:
    """Return the action of the nearest rule that covers `category`."""
    covering = [rule for rule in rules if covers(rule, category)]
    return rules[max(covering, key=len)] if covering else "keep"


@dataclass(frozen=True)
class Refused:
    """Why a message is not let in."""

    reason: str


@dataclass
class Sieve:
    """The rules at work on one message after another."""

    rules: Rules
    hash_value: Hash
    counts: Counter[tuple[str, str, Action]] = field(default_factory=Counter)
    _fates: dict[tuple[Path, bool], tuple[str, Action]] = field(default_factory=dict)

    def passed(self, text: str) -> str | Refused:
        """Return what is left of a message: the very text, if that is all of it."""
        try:
            walk = _Walk(self)
            left = walk.value(_decode(text), (), group=False)
            told = _json(left) if walk.changed else text
        except (ValueError, RecursionError):
            return Refused(UNREADABLE)
        refused = [what for what in walk.found if what[2] == "refuse"]
        self.counts.update(refused or walk.found)
        # A half of a pair of surrogates has no UTF-8; as an escape it is what it was.
        whole = told.encode("utf-8", "backslashreplace").decode()
        return Refused(REFUSED.format(refused[0][0])) if refused else whole

    def fate(self, path: Path, *, group: bool) -> tuple[str, Action]:
        """Return the category of what stands at `path`, and what becomes of it."""
        known = self._fates.get((path, group))
        if known is None:
            category = message_category(path, group=group)
            known = self._fates[path, group] = (category, action_of(category, self.rules))
        return known


class _Walk:
    """One message, gone through value by value."""

    def __init__(self, sieve: Sieve) -> None:
        self._sieve = sieve
        self.found: list[tuple[str, str, Action]] = []
        self.changed = False

    def value(self, value: Any, path: Path, *, group: bool) -> Any:
        """Return what is left of `value`, or `_GONE`."""
        if isinstance(value, _Members):
            told = path in _MESSAGES and any(name == "type" and kind in _GROUP for name, kind in value)
            return _Members(self._members(value, path, group=group or told))
        if isinstance(value, list):
            items = (self.value(each, (*path, ITEM), group=group) for each in value)
            return [each for each in items if each is not _GONE]
        return self._leaf(value, path, group=group)

    def _members(self, members: _Members, path: Path, *, group: bool) -> Iterator[tuple[str, Any]]:
        for name, value in members:
            kept = self._name(name, path)
            left = _GONE if kept is _GONE else self.value(value, (*path, name), group=group)
            if left is not _GONE:
                yield kept, left

    def _name(self, name: str, path: Path) -> Any:
        holds = len(name) >= _SHORTEST_CARD and _holds_card(name, path)
        action = action_of(CARDS, self._sieve.rules) if holds else "keep"
        return self._settled(name, (*path, name), CARDS, action)

    def _leaf(self, value: Any, path: Path, *, group: bool) -> Any:
        category, action = self._sieve.fate(path, group=group)
        if isinstance(value, str):
            if len(value) >= _SHORTEST_CARD and _holds_card(value, path):
                category, action = CARDS, action_of(CARDS, self._sieve.rules)
            if value.strip():
                return self._settled(value, path, category, action)
        elif isinstance(value, bool):
            return self._flag(value, path, category, action)
        self.changed |= action == "drop"
        return _GONE if action == "drop" else value

    def _flag(self, value: bool, path: Path, category: str, action: Action) -> Any:  # noqa: FBT001
        # That there is a password is no password; and the hash of a truth value hides nothing, so it is left out.
        if category in {PASSWORD, CREDENTIALS}:
            return value
        text = "true" if value else "false"
        left = self._settled(text, path, category, "drop" if action == "hash" else action)
        return value if left is text else left

    def _settled(self, text: str, path: Path, category: str, action: Action) -> Any:
        if action == "keep":
            return text
        self.found.append((_shown(path), category, action))
        self.changed = True
        return _GONE if action == "drop" else self._sieve.hash_value(text) if action == "hash" else text


def _holds_card(text: str, path: Path) -> bool:
    if not holds_card_number(_NOISE.sub(",", text)):
        return False
    return not _is_barcode(text.strip()) or NAMED.search(" ".join(path)) is not None


def _is_barcode(text: str) -> bool:
    """Return whether `text` may be a GTIN-13 (GS1 General Specifications): one in ten would pass for a card number."""
    if not re.fullmatch("[0-9]{13}", text):
        return False
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(text)) % 10 == 0


def _shown(path: Path) -> str:
    names = (name if name == ITEM or _SHOWN.fullmatch(name) else UNNAMED for name in path)
    return ".".join(names).replace(f".{ITEM}", ITEM) or UNNAMED


def _json(value: Any) -> str:
    if isinstance(value, _Members):
        return f"{{{','.join(f'{_quoted(name)}:{_json(each)}' for name, each in value)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_json, value))}]"
    return str(value) if isinstance(value, _Number) else _quoted(value)
