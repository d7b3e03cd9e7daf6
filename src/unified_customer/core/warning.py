"""Warnings, shown at the line that called the library."""

import inspect
import warnings

from unified_customer.core.errors import UnifiedCustomerWarning


def warn(message: str, category: type[UnifiedCustomerWarning]) -> None:
    """Warn, as if the code that called the library did.

    Examples:
        >>> from unified_customer.core.errors import NotResolvedWarning
        >>> with warnings.catch_warnings(record=True) as shown:
        ...     warnings.simplefilter("always")
        ...     warn("2 records are not resolved yet.", NotResolvedWarning)
        >>> shown[0].category.__name__
        'NotResolvedWarning'
    """
    warnings.warn(message, category, stacklevel=_outside())


def _outside() -> int:
    """Return how many frames above `warn` the code is that called the library."""
    level, frame = 0, inspect.currentframe()
    while frame is not None and _inside(str(frame.f_globals.get("__name__"))):
        level, frame = level + 1, frame.f_back
    return level


def _inside(module: str) -> bool:
    # Between two lines of the library `contextlib` may stand, which runs its `with` blocks.
    return module.startswith("unified_customer.") or module == "contextlib"
