"""Strings of the Global Privacy Platform (GPP): a header that names sections, and a section for each law.

Decoded are the sections `tcfeuv2`, `uspv1`, `usnat` and those of the US states. Any other, such as `tcfcav1` of Canada,
is kept as its id and text. No Python package decodes them.

References:
    IAB Tech Lab, Global Privacy Platform String v1.0, "GPP string format" and "Fibonacci encoding".
"""

from dataclasses import dataclass
from typing import Final

from unified_customer.connectors.signals.bits import BitReader
from unified_customer.connectors.signals.tcf import TcfSignal, decode_tcf
from unified_customer.connectors.signals.us_layouts import LAYOUTS
from unified_customer.connectors.signals.us_privacy import UsPrivacySignal, decode_us_privacy
from unified_customer.connectors.signals.us_section import UsSection, decode_us_section

TCF_EU: Final = 2
US_PRIVACY: Final = 6

HEADER: Final = "GPP header"
_UNDECODED: Final = {1: "tcfeuv1", 5: "tcfcav1"}
_TYPE, _VERSION = 3, 1


@dataclass(frozen=True, slots=True)
class GppSection:
    """One section of a GPP string.

    Attributes:
        id: Its number.
        name: Its prefix in the client API, such as `usca`; None where the id is not known.
        text: The section as it came.
        content: What it says; None where it is kept undecoded.
    """

    id: int
    name: str | None
    text: str
    content: TcfSignal | UsPrivacySignal | UsSection | None


@dataclass(frozen=True, slots=True)
class GppSignal:
    """A GPP string."""

    version: int
    sections: tuple[GppSection, ...]

    def section(self, name: str) -> GppSection | None:
        """Return the section of that name, if the string has it."""
        return next((each for each in self.sections if each.name == name), None)


def decode_gpp(text: str) -> GppSignal:
    """Return what a GPP string says.

    Args:
        text: The string as the consent tool wrote it: a header and sections, joined by `~`; space around it is cut off.

    Raises:
        SignalError: It is none, or one of the sections that can be decoded is not of its form. The message holds no
            part of it.

    Examples:
        >>> signal = decode_gpp("DBABLA~CFAUAAAAAABA.YA")
        >>> usnat = signal.section("usnat")
        >>> usnat.content.sale_opt_out, usnat.content.gpc
        (1, True)
    """
    header, *texts = text.strip().split("~")
    ids = _section_ids(BitReader(header, what=HEADER), len(texts))
    return GppSignal(_VERSION, tuple(map(_section, ids, texts)))


def _section_ids(reader: BitReader, expected: int) -> list[int]:
    if (reader.number(6), reader.number(6)) != (_TYPE, _VERSION):
        raise reader.wrong("it does not begin with type 3 and version 1")
    ids: list[int] = []
    for _ in range(reader.number(12)):
        is_range, last = reader.flag(), ids[-1] if ids else 0
        start = last + reader.fibonacci()
        length = reader.fibonacci() if is_range else 0
        if len(ids) + length >= expected:
            raise reader.wrong("it names more sections than follow")
        ids.extend(range(start, start + length + 1))
    if len(ids) != expected:
        raise reader.wrong("more sections follow than it names")
    reader.finish()
    return ids


def _section(number: int, text: str) -> GppSection:
    layout = LAYOUTS.get(number)
    if layout is not None:
        return GppSection(number, layout.name, text, decode_us_section(text, layout))
    if number == TCF_EU:
        return GppSection(number, "tcfeuv2", text, decode_tcf(text))
    if number == US_PRIVACY:
        return GppSection(number, "uspv1", text, decode_us_privacy(text))
    return GppSection(number, _UNDECODED.get(number), text, None)
