"""Global Privacy Control: one bit by which a browser objects to the sale and sharing of data.

References:
    W3C, Global Privacy Control, "The Sec-GPC header field" and "globalPrivacyControl".
"""

from typing import Final

HEADER: Final = "Sec-GPC"
"""Name of the header field of a request."""

_SET: Final = frozenset({"1", "true"})


def decode_gpc(value: str | None) -> bool:
    """Return whether the signal is given.

    Args:
        value: The value of the header `Sec-GPC`, or of the browser's `navigator.globalPrivacyControl` as text; None
            where there is none. Only `1` and `true` are the signal; anything else says nothing.

    Examples:
        >>> decode_gpc("1"), decode_gpc("0"), decode_gpc(None)
        (True, False, False)
    """
    return value is not None and value.strip().lower() in _SET
