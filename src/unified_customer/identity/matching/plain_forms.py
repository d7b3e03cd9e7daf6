"""Normal forms of single values in plain Python, for a record whose answer somebody waits for.

A question to Polars takes longer to set up than one value to answer. So for values of ASCII, on which all tables of Unicode
agree, the forms of `value_forms` are here a second time; what is not here is asked there. A law holds the two together.
"""

import re
import string
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from unified_customer.identity.matching import value_forms as forms
from unified_customer.identity.matching.role_names import Role
from unified_customer.identity.normalise import address
from unified_customer.identity.normalise.calendar_dates import iso_day
from unified_customer.identity.normalise.junk import Kind, junk_values
from unified_customer.identity.normalise.mailbox import email_by_library

PlainForm = Callable[[str], str | None]

_WHITE: Final = " \t\n\v\f\r"
_QUOTES: Final = str.maketrans("", "", "'`\"")
_CLASSES: Final = {r"\p{P}\p{S}": re.escape(string.punctuation), r"\p{L}": "a-zA-Z", r"\p{N}": "0-9"}


def plain_form(role: Role, text: str) -> str | None:
    """Return the form of a value that `has_plain_form`."""
    return PLAIN_FORMS[role](text)


def has_plain_form(role: Role, text: str) -> bool:
    """Say whether a value can be read here."""
    return role in PLAIN_FORMS and text.isascii() and (role != "birth_date" or iso_day(text) is not None)


@lru_cache(maxsize=128)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern of `value_forms`, written for Rust, as one of Python that finds the same in ASCII."""
    for name, letters in _CLASSES.items():
        pattern = pattern.replace(name, letters)
    return re.compile(re.sub(r"(?<!\\)\$", r"\\Z", pattern), re.ASCII)


def _without(pattern: str, text: str) -> str:
    return _compiled(pattern).sub("", text, count=1)


def _kept(pattern: str, text: str) -> str:
    """Leave of what matches only the first group."""
    return _compiled(pattern).sub(r"\1", text, count=1)


@lru_cache(maxsize=16)
def _junk_pattern(kind: Kind) -> re.Pattern[str]:
    return _compiled("|".join(f"(?:{junk.pattern})" for junk in junk_values(kind)))


def _is_junk(text: str, kind: Kind) -> bool:
    bare = text.lower().strip(_WHITE)
    if kind == "phone":
        digits = re.sub(r"[\s().\-/]", "", bare, flags=re.ASCII)
        bare = digits if digits.removeprefix("+").isdigit() else bare
    return _junk_pattern(kind).fullmatch(bare) is not None


def _fold(text: str) -> str | None:
    return re.sub("[^a-z0-9]+", " ", text.lower().translate(_QUOTES)).strip(" ") or None


def _name(text: str) -> str | None:
    return None if _is_junk(text, "name") else _fold(text)


def _given_name(text: str) -> str | None:
    key = _name(text)
    return key and _without(forms.TITLES, key)


def _email(text: str) -> str | None:
    plain = text.strip(_WHITE).lower()
    near = re.search(r"@|^\S+\.\S+\Z", plain, re.ASCII) and len(re.findall("[a-z0-9]", plain)) >= 3
    return None if _is_junk(text, "email") else email_by_library(text) or (plain if near else None)


def _phone(text: str) -> str | None:
    digits = re.sub("[^0-9]", "", _without(forms.EXTENSION, _kept(forms.FLOAT, text)))
    known = len(digits) >= forms.FEWEST_PHONE_DIGITS and not _is_junk(text, "phone")
    return digits[-forms.PHONE_DIGITS :] if known else None


def _code(text: str, kind: Kind) -> str | None:
    form = re.sub("[^a-z0-9]", "", _kept(forms.FLOAT, text).lower())
    return form if form and not _is_junk(text, kind) and not _is_junk(form, kind) else None


def _street(text: str) -> str | None:
    key = _fold(_compiled(address.UNIT_SIGN).sub(r"apt \1", text))
    if key is None:
        return None
    key = _compiled(address.NUMBER_SIGN).sub(r"\1", key)
    key = _compiled(address.GERMAN_STREET).sub(r"\1st\2", key)
    return _abbreviated(_compiled(address.NUMBER_LETTER).sub(r"\1\2\3", key), address.short_words("street"))


def _city(text: str) -> str | None:
    key = _fold(_compiled(address.IN_BRACKETS).sub(r"\1 ", text))
    return key and _abbreviated(key, address.short_words("city"))


def _abbreviated(key: str, words: Mapping[str, str]) -> str:
    return " ".join(words.get(word, word) for word in key.split(" "))


def _place(text: str, key: PlainForm) -> str | None:
    return None if _is_junk(text, "address") else key(text)


def _birth(text: str) -> str | None:
    form = text.replace("-", "")
    return None if _is_junk(form, "date") or _is_junk(text, "date") else form


PLAIN_FORMS: Final[Mapping[Role, PlainForm]] = {
    "given_name": _given_name,
    "family_name": _name,
    "full_name": _name,
    "birth_date": _birth,
    "email": _email,
    "phone": _phone,
    "street": lambda text: _place(text, _street),
    "house_number": lambda text: _street(_kept(forms.FLOAT, text)),
    "city": lambda text: _place(text, _city),
    "postcode": lambda text: _code(_kept(forms.COUNTRY_SIGN, text), "postcode"),
    "region": _fold,
    "identifier": lambda text: _code(text, "id"),
    "category": _fold,
    "text": _fold,
}
"""The form of each role that is here; of birth dates only those written as ISO 8601 has them."""
