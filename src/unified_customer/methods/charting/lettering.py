"""How wide words are, so that they are cut or broken where they would not fit, and which signs can be drawn."""

import re
import unicodedata
from typing import Final

_NARROW: Final = frozenset("iIjlt.,:;|!'`()[]{}/\\ rf-·")
_BROAD: Final = frozenset("mwMW@%…—&")
_SAFE: Final = 1.02


_UNDRAWN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legible(text: str) -> str:
    r"""Return the text with a mark in place of each sign that no picture can hold, such as NUL.

    References:
        W3C (2008): Extensible Markup Language 1.0, fifth edition, production 2.

    Examples:
        >>> legible("a\x00b") == "a\ufffdb"
        True
    """
    return _UNDRAWN.sub("\ufffd", text)


def width(text: str, size: float) -> float:
    """Return about how many pixels a text takes, rather too many than too few.

    Widths are those of Arial and of the fonts made to replace it.

    Examples:
        >>> width("ill", 10) < width("oak", 10) < width("MWM", 10) < width("日本語", 10)
        True
    """
    return sum(map(_em, text)) * size * _SAFE


def _em(sign: str) -> float:
    if sign in _NARROW:
        return 0.32
    if sign in _BROAD:
        return 0.95
    if unicodedata.combining(sign):
        return 0.0
    if unicodedata.east_asian_width(sign) in "WF":
        return 1.02
    return 0.69 if sign.isupper() else 0.56


def cut(text: str, room: float, size: float) -> str:
    """Return the text, or as much of it as there is room for and an ellipsis; empty where not two signs fit.

    Examples:
        >>> cut("Champions", 100, 12), cut("Champions", 40, 12), cut("Champions", 15, 12)
        ('Champions', 'Cha…', '')
    """
    if width(text, size) <= room:
        return text
    left = room - width("…", size)
    kept = ""
    for sign in text:
        if width(kept + sign, size) > left:
            break
        kept += sign
    return f"{kept.rstrip()}…" if len(kept.rstrip()) >= 2 else ""


def wrapped(text: str, room: float, size: float) -> list[str]:
    """Return the text in lines that fit, broken between words; a word that is too long stands alone.

    Examples:
        >>> wrapped("What holds them together", 90, 12)
        ['What holds', 'them together']
    """
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and width(longer, size) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
