"""Single values of ASCII in plain Python, for a record whose answer somebody waits for.

A question to Polars takes longer to set up than one value to answer; and on ASCII all tables of Unicode agree, so what
is found is what the expressions find. A law holds the two together.
"""

import re
import string
from functools import lru_cache
from typing import Final

from unified_customer.identity.normalise.junk import Kind, junk_values

WHITE: Final = " \t\n\v\f\r"
_QUOTES: Final = str.maketrans("", "", "'`\"")
_CLASSES: Final = {r"\p{P}\p{S}": re.escape(string.punctuation), r"\p{L}": "a-zA-Z", r"\p{N}": "0-9"}


@lru_cache(maxsize=128)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern that was written for Polars as one of Python that finds the same in ASCII."""
    for name, letters in _CLASSES.items():
        pattern = pattern.replace(name, letters)
    return re.compile(re.sub(r"(?<!\\)\$", r"\\Z", pattern), re.ASCII)


def plain_key(text: str) -> str | None:
    """Return what `name_key` makes of a text."""
    return re.sub("[^a-z0-9]+", " ", text.lower().translate(_QUOTES)).strip(" ") or None


def is_plain_junk(text: str, kind: Kind) -> bool:
    """Return what `is_junk` says of a text."""
    bare = text.lower().strip(WHITE)
    if kind == "phone":
        digits = re.sub(r"[\s().\-/]", "", bare, flags=re.ASCII)
        bare = digits if digits.removeprefix("+").isdigit() else bare
    return _junk(kind).fullmatch(bare) is not None


@lru_cache(maxsize=16)
def _junk(kind: Kind) -> re.Pattern[str]:
    return compiled("|".join(f"(?:{junk.pattern})" for junk in junk_values(kind)))
