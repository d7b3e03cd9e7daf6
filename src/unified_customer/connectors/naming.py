"""Naming the columns of a source in a message, without naming anybody."""

import re
from collections.abc import Sequence
from typing import Final

VALUE: Final = re.compile(r"@|^\s*$|^[\d+(.,-]|\d{4}")
"""What a column name hardly ever is and a value often: an address, blank, a number, a date, a long number."""


def listed(columns: Sequence[str]) -> str:
    """Return the names of columns for a message; only their number where any looks like a value.

    The first row of a file without a header is a person, not the names of columns.

    Examples:
        >>> listed(["id", "E-Mail"])
        'id, E-Mail'
        >>> listed(["7", "ann@example.com"])
        '2 columns whose names look like values (is there a header row?)'
    """
    if any(VALUE.search(name) for name in columns):
        return f"{len(columns)} columns whose names look like values (is there a header row?)"
    return ", ".join(columns)
