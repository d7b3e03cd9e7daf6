"""Recognising payment card numbers: the issuer's prefix and length, and the check digit (ISO/IEC 7812-1, Annex B)."""

import re
from collections.abc import Iterable
from typing import Final

import polars as pl

from unified_customer.connectors.parsing import as_text

SAMPLE: Final = 2000
SHARE: Final = 0.5
"""Without a telling name, this share of the values must be card numbers: one number in ten has a fitting digit."""

NAMED: Final = re.compile(
    r"card|credit|\bpan\b|^cc_|_cc$|ccnum|kreditkarte|kartennummer|carte|tarjeta|cartao|carta", re.IGNORECASE
)
CANDIDATE: Final = re.compile(r"(?<![\w.])(?:\d[ -]?){12,18}\d(?!\w|\.\w)")
DIGITS: Final = r"(?:\d[ -]?){12}\d"
"""What every card number holds: a quick look before the close one."""

ISSUERS: Final = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|(?:6011|64[4-9]\d|65\d{2})\d{12,15}"  # Discover
    r"|3(?:0[0-5]|[68]\d)\d{11,16}"  # Diners Club
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"  # JCB
    r"|62\d{14,17}"  # UnionPay
)


def is_card_number(text: str) -> bool:
    """Return whether `text` is a payment card number, with spaces or hyphens between its groups or not.

    Examples:
        >>> is_card_number("4111 1111 1111 1111"), is_card_number("4111 1111 1111 1112")
        (True, False)
    """
    digits = text.replace(" ", "").replace("-", "")
    return digits.isascii() and ISSUERS.fullmatch(digits) is not None and _check_digit_fits(digits)


def holds_card_number(text: str) -> bool:
    """Return whether a card number stands somewhere in `text`."""
    return any(is_card_number(found.group()) for found in CANDIDATE.finditer(text))


def _check_digit_fits(digits: str) -> bool:
    doubled = [int(digit) * 2 for digit in digits[-2::-2]]
    return (sum(map(int, digits[-1::-2])) + sum(each - 9 if each > 9 else each for each in doubled)) % 10 == 0


def looks_like_cards(values: pl.Series) -> bool:
    """Return whether a column holds card numbers, judged by its name and some of its values.

    Where the name says so, one number is enough; else half of the values must be card numbers.
    """
    texts = _sampled(values)
    found = sum(map(holds_card_number, texts.filter(texts.str.contains(DIGITS))))
    return found > 0 and (NAMED.search(values.name) is not None or found >= SHARE * len(texts))


def _sampled(values: pl.Series) -> pl.Series:
    if not (values.dtype == pl.String or values.dtype.is_integer()):
        return pl.Series([], dtype=pl.String)
    filled = values.drop_nulls()
    step = max(1, len(filled) // SAMPLE)
    texts = as_text(filled.gather_every(step))
    return texts.filter(texts.str.strip_chars() != "")


def any_card_number(texts: Iterable[str]) -> bool:
    """Return whether a card number stands in any of `texts`."""
    return any(map(holds_card_number, texts))
