"""What there is to say about a policy, an estimate or a fit, as data."""

from dataclasses import dataclass
from typing import Literal

FindingKind = Literal[
    "no_support",
    "too_little_support",
    "few_effective_rows",
    "heavy_row",
    "many_clipped",
    "nothing_left",
    "old_model",
    "many_new_interactions",
    "drifted",
]
"""Names of findings; each is explained by the message of the finding."""


@dataclass(frozen=True)
class Finding:
    """One thing to know before the numbers are used.

    Attributes:
        kind: Its name.
        message: What was found, and what it means.
    """

    kind: FindingKind
    message: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"
