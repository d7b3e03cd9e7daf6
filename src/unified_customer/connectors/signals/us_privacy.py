"""US privacy strings: four characters in which a site says whether somebody opted out of the sale of their data.

References:
    IAB Tech Lab, US Privacy String v1.0 (deprecated in favour of the Global Privacy Platform, and still sent).
"""

import re
from dataclasses import dataclass
from typing import Final

from unified_customer.core.errors import SignalError

_FORM: Final = re.compile(r"1[YNyn-]{3}")
_ANSWERS: Final[dict[str, bool | None]] = {"Y": True, "N": False, "-": None}


@dataclass(frozen=True, slots=True)
class UsPrivacySignal:
    """A US privacy string; None stands for "does not apply"."""

    version: int
    notice: bool | None
    """Notice of the right to opt out was given."""
    opted_out: bool | None
    """Somebody opted out of the sale of their data."""
    limited_service_provider: bool | None
    """The site has signed the Limited Service Provider Agreement."""


def decode_us_privacy(text: str) -> UsPrivacySignal:
    """Return what a US privacy string says.

    Args:
        text: Such as `1YNN`, in capital or small letters; space around it is cut off.

    Raises:
        SignalError: It is none. The message holds no part of it.

    Examples:
        >>> decode_us_privacy("1YYN").opted_out
        True
    """
    stripped = text.strip()
    if not _FORM.fullmatch(stripped):
        message = "This is no US privacy string: it is 1 and three times Y, N or -, such as 1YNN."
        raise SignalError(message)
    notice, opted_out, agreement = (_ANSWERS[letter] for letter in stripped[1:].upper())
    return UsPrivacySignal(1, notice, opted_out, agreement)
