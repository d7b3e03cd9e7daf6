"""What an examination found."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "wrong"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        about: What was looked at.
        state: `ok`, `note` (worth knowing) or `wrong` (has to be mended).
        found: What was found.
        advice: What to do, if anything.
    """

    about: str
    state: State
    found: str
    advice: str | None = None
