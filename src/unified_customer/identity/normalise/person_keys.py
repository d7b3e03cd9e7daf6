"""Keys of the names of people, without stand-ins for nobody and forms of address: of a column, and of one value of ASCII."""

from typing import Final

import polars as pl

from unified_customer.identity.normalise.junk import junk_in
from unified_customer.identity.normalise.lettering import folding
from unified_customer.identity.normalise.plain import compiled, is_plain_junk, plain_key
from unified_customer.identity.normalise.vocabulary import HONORIFICS, by_word

_TITLES: Final = rf"^(?:(?:{'|'.join(sorted(by_word(HONORIFICS)))}) )+"


def person_name(text: pl.Expr) -> pl.Expr:
    """Return the key of names; null where one stands for nobody."""
    return pl.when(~junk_in(text, "name").fill_null(value=False)).then(folding(text))


def given_name(text: pl.Expr) -> pl.Expr:
    """Return the key of given names, without the forms of address that a source writes into them."""
    return person_name(text).str.replace(_TITLES, "")


def plain_person_name(text: str) -> str | None:
    """Return what `person_name` makes of one value of ASCII."""
    return None if is_plain_junk(text, "name") else plain_key(text)


def plain_given_name(text: str) -> str | None:
    """Return what `given_name` makes of one value of ASCII."""
    key = plain_person_name(text)
    return key and compiled(_TITLES).sub("", key, count=1)
