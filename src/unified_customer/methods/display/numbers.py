"""Numbers as people read them: 1,234 and 1.2 k, 12 %, EUR 1,234, 3.5 days."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal

Kind = Literal["count", "share", "money", "days", "number", "text"]

NOTHING: Final = "—"
"""What stands for a null."""

_UNITS: Final = ((1e3, "k"), (1e6, "M"), (1e9, "bn"), (1e12, "tn"))
_BEYOND: Final = 1e15
"""From here on a number is written with its power of ten."""


@dataclass(frozen=True)
class Format:
    """How the values of a column are written.

    Attributes:
        kind: What they are. Shares are from 0 to 1 and written in per cent.
        currency: ISO 4217 code, in front of money; empty where the page names it elsewhere.

    Examples:
        >>> SHARE.written(0.1234), SHARE.written(0.0042), SHARE.written(0.9999)
        ('12 %', '0.42 %', '>99.9 %')
        >>> COUNT.written(1234567), COUNT.short(1234567), DAYS.written(3.5)
        ('1,234,567', '1.2 M', '3.5 days')
        >>> money("EUR").written(1234.56), money("EUR").short(-1234.5), COUNT.written(None)
        ('EUR 1,235', 'EUR -1.2 k', '—')
    """

    kind: Kind
    currency: str = ""

    def written(self, value: Any) -> str:
        """Return the value in full, as it stands in a table; a null or an infinity is a dash, a text itself."""
        return self._put(value, _FULL[self.kind])

    def short(self, value: Any) -> str:
        """Return the value in few signs, as it stands on a chart."""
        return self._put(value, _SHORT[self.kind])

    @property
    def numeric(self) -> bool:
        """Whether it writes numbers, which stand to the right in a table."""
        return self.kind != "text"

    @property
    def unit(self) -> str:
        """The unit as it stands behind the title of an axis; empty where the numbers carry it."""
        return self.currency if self.kind == "money" else "days" if self.kind == "days" else ""

    def _put(self, value: Any, write: Callable[[Any], str]) -> str:
        if value is None:
            return NOTHING
        if not isinstance(value, int | float | Decimal):
            return _text(value)
        if not math.isfinite(value):
            return NOTHING
        text = write(float(value) + 0.0 if self.numeric else value)  # a nought has no sign
        return f"{self.currency} {text}" if self.currency else text


def _whole(value: float) -> str:
    return f"{value:.3g}" if abs(value) >= _BEYOND else f"{value:z,.0f}"


def _number(value: float) -> str:
    """Write three digits that matter, and never fewer than those before the point."""
    size = abs(value)
    if size >= 999.5 or value == int(value):
        return _whole(value)
    return _trimmed(f"{value:.{_places(size, 3)}f}") if size >= 1e-6 else f"{value:.1e}"


def _places(size: float, digits: int) -> int:
    return max(0, digits - 1 - math.floor(math.log10(size)))


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _amount(value: float) -> str:
    """Write cents only where they say something."""
    return f"{value:z,.2f}" if abs(value) < 99.995 and value != int(value) else _whole(value)


def _share(value: float) -> str:
    """Write per cent; only what is nothing is 0 %, and only what is all is 100 %."""
    cents = value * 100
    size = abs(cents)
    if 99.5 <= size < 100:
        return f"{cents:.1f} %" if size < 99.95 else f"{'>' if cents > 0 else '<-'}99.9 %"
    if 0 < size < 0.005:
        return "<0.01 %" if cents > 0 else ">-0.01 %"
    places = 0 if size >= 9.95 or size == 0 else 1 if size >= 0.995 else 2
    return f"{_trimmed(f'{cents:,.{places}f}')} %" if size < _BEYOND else f"{cents:.3g} %"


def _compact(value: float) -> str:
    size = abs(value)
    if size < 999.5 or size >= _BEYOND:
        return _number(value)
    scale, sign = next(each for each in reversed(_UNITS) if size >= each[0] * 0.9995)
    scaled = value / scale
    return f"{_trimmed(f'{scaled:.{1 if abs(scaled) < 9.95 else 0}f}')} {sign}"


def _compact_amount(value: float) -> str:
    return _compact(value) if abs(value) >= 99.995 else _amount(value)


def _days(value: float) -> str:
    text = _number(value) if abs(value) >= 9.95 else _trimmed(f"{value:z.1f}")
    return f"{text} day" if text == "1" else f"{text} days"


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str) else ", ".join(map(str, value)) if isinstance(value, list) else str(value)


_FULL: Final[Mapping[Kind, Callable[[Any], str]]] = {
    "count": _number,
    "share": _share,
    "money": _amount,
    "days": _days,
    "number": _number,
    "text": _text,
}
_SHORT: Final[Mapping[Kind, Callable[[Any], str]]] = {
    **_FULL,
    "count": _compact,
    "money": _compact_amount,
    "number": _compact,
}

COUNT: Final = Format("count")
SHARE: Final = Format("share")
DAYS: Final = Format("days")
NUMBER: Final = Format("number")
TEXT: Final = Format("text")


def money(currency: str | None) -> Format:
    """Return the format of amounts in a currency; None: of one that is named elsewhere."""
    return Format("money", currency or "")
