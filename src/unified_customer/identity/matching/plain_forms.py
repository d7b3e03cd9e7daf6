"""Normal forms of single values of ASCII in plain Python; see `unified_customer.identity.normalise.plain`.

What is not here is asked of `value_forms`. A law holds the two together.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from unified_customer.identity.matching import value_forms as forms
from unified_customer.identity.matching.role_names import Role
from unified_customer.identity.normalise import address
from unified_customer.identity.normalise.calendar_dates import iso_day
from unified_customer.identity.normalise.junk import Kind
from unified_customer.identity.normalise.mailbox import email_by_library
from unified_customer.identity.normalise.person_keys import plain_given_name, plain_person_name
from unified_customer.identity.normalise.plain import WHITE, compiled, is_plain_junk, plain_key

PlainForm = Callable[[str], str | None]


def plain_form(role: Role, text: str) -> str | None:
    """Return the form of a value that `has_plain_form`."""
    return PLAIN_FORMS[role](text)


def has_plain_form(role: Role, text: str) -> bool:
    """Say whether a value can be read here."""
    return role in PLAIN_FORMS and text.isascii() and (role != "birth_date" or iso_day(text) is not None)


def _without(pattern: str, text: str) -> str:
    return compiled(pattern).sub("", text, count=1)


def _kept(pattern: str, text: str) -> str:
    """Leave of what matches only the first group."""
    return compiled(pattern).sub(r"\1", text, count=1)


def _email(text: str) -> str | None:
    plain = text.strip(WHITE).lower()
    near = re.search(r"@|^\S+\.\S+\Z", plain, re.ASCII) and len(re.findall("[a-z0-9]", plain)) >= 3
    return None if is_plain_junk(text, "email") else email_by_library(text) or (plain if near else None)


def _phone(text: str) -> str | None:
    digits = re.sub("[^0-9]", "", _without(forms.EXTENSION, _kept(forms.FLOAT, text)))
    known = len(digits) >= forms.FEWEST_PHONE_DIGITS and not is_plain_junk(text, "phone")
    return digits[-forms.PHONE_DIGITS :] if known else None


def _code(text: str, kind: Kind) -> str | None:
    form = re.sub("[^a-z0-9]", "", _kept(forms.FLOAT, text).lower())
    return form if form and not is_plain_junk(text, kind) and not is_plain_junk(form, kind) else None


def _street(text: str) -> str | None:
    key = plain_key(compiled(address.UNIT_SIGN).sub(r"apt \1", text))
    if key is None:
        return None
    key = compiled(address.NUMBER_SIGN).sub(r"\1", key)
    key = compiled(address.GERMAN_STREET).sub(r"\1st\2", key)
    return _abbreviated(compiled(address.NUMBER_LETTER).sub(r"\1\2\3", key), address.short_words("street"))


def _city(text: str) -> str | None:
    key = plain_key(compiled(address.IN_BRACKETS).sub(r"\1 ", text))
    return key and _abbreviated(key, address.short_words("city"))


def _abbreviated(key: str, words: Mapping[str, str]) -> str:
    return " ".join(words.get(word, word) for word in key.split(" "))


def _place(text: str, key: PlainForm) -> str | None:
    return None if is_plain_junk(text, "address") else key(text)


def _birth(text: str) -> str | None:
    form = text.replace("-", "")
    return None if is_plain_junk(form, "date") or is_plain_junk(text, "date") else form


PLAIN_FORMS: Final[Mapping[Role, PlainForm]] = {
    "given_name": plain_given_name,
    "family_name": plain_person_name,
    "full_name": plain_person_name,
    "birth_date": _birth,
    "email": _email,
    "phone": _phone,
    "street": lambda text: _place(text, _street),
    "house_number": lambda text: _street(_kept(forms.FLOAT, text)),
    "city": lambda text: _place(text, _city),
    "postcode": lambda text: _code(_kept(forms.COUNTRY_SIGN, text), "postcode"),
    "region": plain_key,
    "identifier": lambda text: _code(text, "id"),
    "category": plain_key,
    "text": plain_key,
}
"""The form of each role that is here; of birth dates only those written as ISO 8601 has them."""
