"""A policy as TOML, an element a line, so that two policies differ in the lines that differ."""

from collections.abc import Mapping
from typing import Any

import tomli_w


def to_toml(document: Mapping[str, Any]) -> str:
    """Return `document` as TOML; nulls, and empty tables at the top, are left out.

    Examples:
        >>> print(to_toml({"name": "shop", "unset": None, "bases": {"essential.service": "contract"}}))
        name = "shop"
        <BLANKLINE>
        [bases]
        "essential.service" = "contract"
        <BLANKLINE>
    """
    return tomli_w.dumps({key: each for key, each in _told(document).items() if each != {}})


def _told(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _told(each) for key, each in value.items() if each is not None}
    return [_told(each) for each in value] if isinstance(value, (list, tuple)) else value
