"""Writing the small part of TOML that a policy needs; the standard library reads it, but does not write it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def to_toml(document: Mapping[str, Any]) -> str:
    """Return `document` as TOML: texts, lists of texts, and tables of these; empty tables and nulls are left out.

    Examples:
        >>> print(to_toml({"name": "shop", "bases": {"essential.service": "contract"}}))
        name = "shop"
        <BLANKLINE>
        [bases]
        "essential.service" = "contract"
        <BLANKLINE>
    """
    return "\n".join(_lines(document, ())).lstrip("\n") + "\n"


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    plain = {key: value for key, value in table.items() if value is not None and not isinstance(value, Mapping)}
    if path and (plain or not table):
        yield f"\n[{'.'.join(map(_key, path))}]"
    for key, value in plain.items():
        yield f"{_key(key)} = {json.dumps(value, ensure_ascii=False)}"
    for key, value in table.items():
        if isinstance(value, Mapping) and (value or path):
            yield from _lines(value, (*path, key))


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "a").replace("-", "a").isalnum()
    return key if bare else json.dumps(key, ensure_ascii=False)
