"""From a decoded consent signal to what it says, in the purposes of this library: statements for the consent ledger.

A signal says yes only where it holds a consent of the person: a purpose of a TCF string (with the vendor, where one is
named), or a consent to sell, share or target that a section of a US state records for a known child.
"""

from collections.abc import Sequence

from unified_customer.connectors.signals.gpp import GppSection, GppSignal
from unified_customer.connectors.signals.said import OPT_OUT, Said, in_order
from unified_customer.connectors.signals.tcf import TcfSignal
from unified_customer.connectors.signals.tcf_statements import said_by_tcf
from unified_customer.connectors.signals.us_privacy import UsPrivacySignal
from unified_customer.connectors.signals.us_section import UsSection
from unified_customer.connectors.signals.us_statements import said_by_gpc, said_by_us_privacy, said_by_us_section

Signal = TcfSignal | GppSignal | UsPrivacySignal | bool
"""A decoded signal; True or False for Global Privacy Control."""


def said_by(signal: Signal, *, vendor_id: int | None = None, opt_out: Sequence[str] = OPT_OUT) -> tuple[Said, ...]:
    """Return what a decoded signal says, sorted by purpose.

    Each purpose stands there once, with the stricter of two words; in a GPP string once for each section.

    Args:
        signal: What a decoder returned.
        vendor_id: Our own number in the Global Vendor List; see `said_by_tcf`.
        opt_out: Purposes that Global Privacy Control and a US privacy string object to: those of `Policy.gpc`.

    Examples:
        >>> from unified_customer.connectors.signals.us_privacy import decode_us_privacy
        >>> [(each.purpose, each.status) for each in said_by(decode_us_privacy("1YYN"))]
        [('marketing.advertising.third_party', 'objected'), ('third_party_sharing', 'objected')]
        >>> said_by(decode_us_privacy("1YNN"))
        ()
    """
    match signal:
        case TcfSignal():
            return said_by_tcf(signal, vendor_id=vendor_id)
        case UsPrivacySignal():
            return said_by_us_privacy(signal, opt_out=opt_out)
        case GppSignal():
            said = {each for section in signal.sections for each in _in_section(section, vendor_id, opt_out)}
            return tuple(sorted(said, key=in_order))
        case _:
            return said_by_gpc(given=signal, opt_out=opt_out)


def _in_section(section: GppSection, vendor_id: int | None, opt_out: Sequence[str]) -> tuple[Said, ...]:
    if isinstance(section.content, UsSection):
        return said_by_us_section(section.id, section.content, opt_out=opt_out)
    return () if section.content is None else said_by(section.content, vendor_id=vendor_id, opt_out=opt_out)
