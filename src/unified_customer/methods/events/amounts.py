"""Values of properties: exact money, texts, and fields under any of their names."""

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

import msgspec

PLACES: Final = Decimal("0.0001")
LIMIT: Final = Decimal(10) ** 14
ROUNDED: Final = "an amount with more than four decimal places was rounded"
NO_NUMBER: Final = "an amount that is no number was left out"
TOO_LARGE: Final = "an amount beyond 14 digits was left out"
NO_CURRENCY: Final = "an amount without currency"
BAD_CURRENCY: Final = "a currency that is no ISO 4217 code was left out"
NO_TEXT: Final = "a value that is no text was left out"

_EXACT: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?")
_CODE: Final = re.compile(r"[A-Z]{3}")
_decode: Final = msgspec.json.Decoder(float_hook=Decimal).decode

Body = Mapping[str, Any]
Aliases = Mapping[str, Sequence[str]]


def body_of(properties: str) -> Body:
    """Return the object that the JSON text `properties` is; its numbers are `int` or exact `Decimal`.

    Examples:
        >>> body_of('{"price": 0.1}')["price"] * 3
        Decimal('0.3')
    """
    return _decode(properties)  # type: ignore[no-any-return]  # the decoder is made for the type


def pick(body: Body, fields: Sequence[str], aliases: Aliases) -> Any:
    """Return the first value that is there of `fields`, each under its own name or one of its `aliases`."""
    for field in fields:
        value = body.get(field)
        if value is not None:
            return value
        for alias in aliases.get(field, ()):
            if (value := body.get(alias)) is not None:
                return value
    return None


def amount_of(value: Any) -> tuple[Decimal | None, str | None]:
    """Return `value` as a decimal of four places, and what is wrong with it.

    Whole numbers, decimals and their texts are read exactly; a fifth decimal place is rounded half to even and said.

    Examples:
        >>> amount_of("12.50"), amount_of(True)
        ((Decimal('12.50'), None), (None, 'an amount that is no number was left out'))
        >>> amount_of(Decimal("0.00005"))
        (Decimal('0.0000'), 'an amount with more than four decimal places was rounded')
    """
    number = _number(value)
    if number is None:
        return None, None if value is None else NO_NUMBER
    if abs(number) >= LIMIT:
        return None, TOO_LARGE
    if value.__class__ is int:
        return number, None
    rounded = number.quantize(PLACES, context=_EXACT)
    if rounded == number:
        return number, None
    return rounded, ROUNDED


def _number(value: Any) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    if value.__class__ is int:
        return Decimal(value)
    if value.__class__ is str and _NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    return None


def text_of(value: Any) -> str | None:
    """Return a text or number as text; None for anything else, and for a blank text."""
    if value.__class__ is str:
        return value if value and not value.isspace() else None
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def currency_of(value: Any, *, default: str | None) -> tuple[str | None, str | None]:
    """Return the currency code, and what is wrong with it."""
    if value is None:
        return default, None if default else NO_CURRENCY
    code = value.strip().upper() if isinstance(value, str) else ""
    return (code, None) if _CODE.fullmatch(code) else (None, BAD_CURRENCY)
