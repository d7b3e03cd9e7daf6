"""Signals by kind: from a text to what it says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final, Literal, get_args

from unified_customer.connectors.signals.gpc import decode_gpc
from unified_customer.connectors.signals.gpp import decode_gpp
from unified_customer.connectors.signals.said import OPT_OUT, Said
from unified_customer.connectors.signals.statements import Signal, said_by
from unified_customer.connectors.signals.tcf import decode_tcf
from unified_customer.connectors.signals.us_privacy import decode_us_privacy
from unified_customer.core.errors import ConfigurationError

SignalKind = Literal["tcf", "gpp", "us_privacy", "gpc"]
"""A string of the Transparency and Consent Framework or of the Global Privacy Platform, a US privacy string, the value
of the header `Sec-GPC`."""

MAX_VENDOR: Final = 2**16 - 1

_DECODERS: Final[Mapping[str, Callable[[str], Signal]]] = MappingProxyType(
    {"tcf": decode_tcf, "gpp": decode_gpp, "us_privacy": decode_us_privacy, "gpc": decode_gpc}
)


def said_in(
    kind: SignalKind, text: str, *, vendor_id: int | None = None, opt_out: Sequence[str] = OPT_OUT
) -> tuple[Said, ...]:
    """Return what a signal says, each statement with the signal as its evidence.

    Args:
        kind: tcf, gpp, us_privacy or gpc.
        text: The signal as it came.
        vendor_id: Our own number in the Global Vendor List, for tcf and gpp; see `said_by`.
        opt_out: Purposes that Global Privacy Control and a US privacy string object to.

    Raises:
        SignalError: The text is no such signal.
        ConfigurationError: There is no such kind, or the number cannot be that of a vendor.

    Examples:
        >>> [
        ...     (each.purpose, each.status, each.evidence)
        ...     for each in said_in("gpc", "1", opt_out=["third_party_sharing"])
        ... ]
        [('third_party_sharing', 'objected', 'gpc 1')]
    """
    check_vendor(vendor_id)
    signal = _DECODERS[check_signal_kind(kind)](text)
    evidence = f"{kind} {text.strip()}"
    return tuple(replace(each, evidence=evidence) for each in said_by(signal, vendor_id=vendor_id, opt_out=opt_out))


def check_signal_kind(kind: str) -> str:
    """Return `kind` if it is one of a signal.

    Raises:
        ConfigurationError: It is not.
    """
    if kind not in _DECODERS:
        message = f"There is no signal {kind!r}. Known ones: {', '.join(get_args(SignalKind))}."
        raise ConfigurationError(message)
    return kind


def check_vendor(vendor_id: int | None) -> int | None:
    """Return `vendor_id` if it can be the number of a vendor, or None.

    Raises:
        ConfigurationError: It cannot.
    """
    if vendor_id is not None and not 1 <= vendor_id <= MAX_VENDOR:
        message = f"vendor_id is a number of the Global Vendor List, from 1 to {MAX_VENDOR}; found {vendor_id}."
        raise ConfigurationError(message)
    return vendor_id
