"""One message after another under the collection policy: what is left of each, and what was found in it."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from unified_customer.connectors.cards import NAMED, holds_card_number
from unified_customer.connectors.collection import CARDS, Action, Hash, action_of
from unified_customer.connectors.message_fields import CREDENTIALS, ITEM, PASSWORD, Path, message_category

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
_quoted: Final = json.JSONEncoder(ensure_ascii=False).encode
_GONE: Final = object()


@dataclass(frozen=True)
class Refused:
    """Why a message is not let in."""

    reason: str


class _Place:
    """A place in messages: what stands there, and what becomes of it."""

    def __init__(self, path: Path, rules: Rules, *, group: bool = False) -> None:
        self.path = path
        self.category = message_category(path, group=group)
        self.action = action_of(self.category, rules)
        self.named_by_card = bool(path) and _may_be_card(path[-1]) and _holds_card(path[-1], path[:-1])
        self._rules = rules
        self._group = group
        self._inside: dict[str | None, _Place] = {}

    def inside(self, name: str) -> "_Place":
        """Return the place under `name`."""
        if name not in self._inside:
            self._inside[name] = _Place((*self.path, name), self._rules, group=self._group)
        return self._inside[name]

    def of_group(self) -> "_Place":
        """Return this place in a group call."""
        if None not in self._inside:
            self._inside[None] = _Place(self.path, self._rules, group=True)
        return self._inside[None]


class Sieve:
    """The rules at work on one message after another."""

    def __init__(self, rules: Rules, hash_value: Hash) -> None:
        """Let through what `rules` keep."""
        self.counts: Counter[tuple[str, str, Action]] = Counter()
        self._root = _Place((), rules)
        self._cards = action_of(CARDS, rules)
        self._hash_value = hash_value
        self._found: list[tuple[str, str, Action]] = []
        self._changed = False

    def passed(self, text: str) -> str | Refused:
        """Return what is left of a message: the very text, if that is all of it."""
        self._found, self._changed = [], False
        try:
            left = self._value(_decode(text), self._root)
            told = _json(left) if self._changed else text
        except (ValueError, RecursionError):
            return Refused(UNREADABLE)
        refused = [what for what in self._found if what[2] == "refuse"]
        self.counts.update(refused or self._found)
        if refused:
            return Refused(REFUSED.format(refused[0][0]))
        # A half of a pair of surrogates has no UTF-8; as an escape it is what it was.
        return told.encode("utf-8", "backslashreplace").decode() if self._changed else text

    def _value(self, value: Any, place: _Place) -> Any:
        """Return what is left of `value`, or `_GONE`."""
        if isinstance(value, _Members):
            if place.path in _MESSAGES and any(name == "type" and kind in _GROUP for name, kind in value):
                place = place.of_group()
            return _Members(self._members(value, place))
        if isinstance(value, list):
            items = (self._value(each, place.inside(ITEM)) for each in value)
            return [each for each in items if each is not _GONE]
        return self._leaf(value, place)

    def _members(self, members: _Members, place: _Place) -> Iterator[tuple[str, Any]]:
        for name, value in members:
            inner = place.inside(name)
            kept = self._settled(name, inner, CARDS, self._cards) if inner.named_by_card else name
            left = _GONE if kept is _GONE else self._value(value, inner)
            if left is not _GONE:
                yield kept, left

    def _leaf(self, value: Any, place: _Place) -> Any:
        if isinstance(value, str) and _may_be_card(value) and _holds_card(value, place.path):
            return self._settled(value, place, CARDS, self._cards)
        if place.action == "keep":
            return value
        if isinstance(value, bool):
            return self._flag(value, place)
        if value is not None and value.strip():
            return self._settled(value, place, place.category, place.action)
        self._changed |= place.action == "drop"
        return _GONE if place.action == "drop" else value

    def _flag(self, value: bool, place: _Place) -> Any:  # noqa: FBT001 (a value of the message)
        # That there is a password is no password; and the hash of a truth value hides nothing, so it is left out.
        if place.category in {PASSWORD, CREDENTIALS}:
            return value
        action = "drop" if place.action == "hash" else place.action
        return _GONE if self._settled("", place, place.category, action) is _GONE else value

    def _settled(self, text: str, place: _Place, category: str, action: Action) -> Any:
        if action == "keep":
            return text
        self._found.append((_shown(place.path), category, action))
        self._changed = True
        return _GONE if action == "drop" else self._hash_value(str(text)) if action == "hash" else text


def _may_be_card(text: str) -> bool:
    return len(text) >= _SHORTEST_CARD and not text.isalpha()


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
