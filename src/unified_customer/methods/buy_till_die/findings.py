"""What there is to say about a fit, as data."""

from dataclasses import dataclass
from typing import Literal

FindingKind = Literal[
    "no_customers",
    "no_repeaters",
    "few_repeaters",
    "few_contracts",
    "degenerate_dropout",
    "one_rate_for_all",
    "one_spend_for_all",
    "one_churn_for_all",
    "endless_mean_spend",
    "spend_follows_frequency",
    "unusable_spend",
    "flat_likelihood",
    "not_converged",
    "chains_disagree",
    "no_churn",
    "all_churned",
    "season_unseen",
]
"""Names of findings; each is explained by the message of the finding."""


@dataclass(frozen=True)
class Finding:
    """One thing to know about a fit before its numbers are used.

    Attributes:
        kind: Its name.
        message: What was found, and what it means for the numbers.
    """

    kind: FindingKind
    message: str
