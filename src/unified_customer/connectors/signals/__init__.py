"""Consent signals: decoders of the strings that consent tools write, and what these say in our purposes.

    decode_tcf, decode_gpp, decode_us_privacy, decode_gpc     one signal, field by field
    said_by                                                   what a decoded signal says
    said_in                                                   both, by the kind of the signal

Nothing here reads a store, a clock or the policy.
"""

from unified_customer.connectors.signals.gpc import decode_gpc
from unified_customer.connectors.signals.gpp import GppSection, GppSignal, decode_gpp
from unified_customer.connectors.signals.reading import SignalKind, check_signal_kind, check_vendor, said_in
from unified_customer.connectors.signals.said import OPT_OUT, Said
from unified_customer.connectors.signals.statements import Signal, said_by
from unified_customer.connectors.signals.tcf import PublisherPurposes, PublisherRestriction, TcfSignal, decode_tcf
from unified_customer.connectors.signals.tcf_statements import TCF_PURPOSES, Disclosure, disclosure
from unified_customer.connectors.signals.us_privacy import UsPrivacySignal, decode_us_privacy
from unified_customer.connectors.signals.us_section import UsSection

__all__ = [
    "OPT_OUT",
    "TCF_PURPOSES",
    "Disclosure",
    "GppSection",
    "GppSignal",
    "PublisherPurposes",
    "PublisherRestriction",
    "Said",
    "Signal",
    "SignalKind",
    "TcfSignal",
    "UsPrivacySignal",
    "UsSection",
    "check_signal_kind",
    "check_vendor",
    "decode_gpc",
    "decode_gpp",
    "decode_tcf",
    "decode_us_privacy",
    "disclosure",
    "said_by",
    "said_in",
]
