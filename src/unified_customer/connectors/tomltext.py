"""TOML text for people: tables of plain values, short ones in one line. Python reads TOML but does not write it."""

import re
from collections.abc import Mapping
from typing import Any, Final

BARE: Final = re.compile(r"^[A-Za-z0-9_-]+$")
ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def toml_text(document: Mapping[str, Any]) -> str:
    """Return `document` as TOML: scalars first, then a section for each table and each table of a list.

    Examples:
        >>> print(toml_text({"a": 1, "b": {"c d": [True, 1.5]}}))
        a = 1
        <BLANKLINE>
        [b]
        "c d" = [true, 1.5]
        <BLANKLINE>
    """
    lines = [f"{_key(name)} = {_value(value)}" for name, value in document.items() if not _is_section(value)]
    for name, value in document.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{_key(name)}]", *_entries(value)]
        elif _is_section(value):
            for each in value:
                lines += ["", f"[[{_key(name)}]]", *_entries(each)]
    return "\n".join([*lines, ""])


def _is_section(value: Any) -> bool:
    tables = isinstance(value, (list, tuple)) and bool(value) and all(isinstance(each, Mapping) for each in value)
    return isinstance(value, Mapping) or tables


def _entries(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(name)} = {_value(value)}" for name, value in table.items() if value is not None]


def _key(name: str) -> str:
    return name if BARE.match(name) else _string(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        return f"{{ {', '.join(_entries(value))} }}" if value else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_value(each) for each in value)}]"
    return _string(str(value))


def _string(text: str) -> str:
    return f'"{"".join(_escaped(character) for character in text)}"'


def _escaped(character: str) -> str:
    if character in ESCAPES:
        return ESCAPES[character]
    return f"\\u{ord(character):04x}" if ord(character) < 32 or ord(character) == 127 else character
