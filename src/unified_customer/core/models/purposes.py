"""What data are used for: dotted paths in the fideslang data uses.

A purpose covers its children: who allows `marketing` allows `marketing.communications.email`. The names are those of
fideslang 3.1, so that statements from other systems need no translation; a policy may declare more.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated, Final

from pydantic import AfterValidator

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.fields import covers

EVERY_PURPOSE: Final = "*"
"""In a statement: about every purpose, known today or not. A read names a purpose of its own."""

DATA_USES: Final = (
    "analytics",
    "analytics.reporting",
    "analytics.reporting.ad_performance",
    "analytics.reporting.campaign_insights",
    "analytics.reporting.content_performance",
    "analytics.reporting.system",
    "analytics.reporting.system.performance",
    "collect",
    "employment",
    "employment.recruitment",
    "essential",
    "essential.fraud_detection",
    "essential.legal_obligation",
    "essential.service",
    "essential.service.authentication",
    "essential.service.notifications",
    "essential.service.notifications.email",
    "essential.service.notifications.sms",
    "essential.service.operations",
    "essential.service.operations.improve",
    "essential.service.operations.support",
    "essential.service.payment_processing",
    "essential.service.security",
    "essential.service.upgrades",
    "finance",
    "functional",
    "functional.service",
    "functional.service.improve",
    "functional.storage",
    "functional.storage.privacy_preferences",
    "marketing",
    "marketing.advertising",
    "marketing.advertising.first_party",
    "marketing.advertising.first_party.contextual",
    "marketing.advertising.first_party.targeted",
    "marketing.advertising.frequency_capping",
    "marketing.advertising.negative_targeting",
    "marketing.advertising.profiling",
    "marketing.advertising.serving",
    "marketing.advertising.third_party",
    "marketing.advertising.third_party.targeted",
    "marketing.communications",
    "marketing.communications.email",
    "marketing.communications.sms",
    "operations",
    "personalize",
    "personalize.content",
    "personalize.content.limited",
    "personalize.content.profiled",
    "personalize.content.profiling",
    "personalize.profiling",
    "personalize.system",
    "sales",
    "third_party_sharing",
    "third_party_sharing.legal_obligation",
    "train_ai_system",
)
"""The data uses of fideslang 3.1.4."""

AUTOMATED_DECISIONS: Final = "decisions.automated"
"""Decisions about a person that no person takes (GDPR Art. 22). Fideslang has profiling, but no use for what is decided
by it, so this one is ours and known beside the data uses."""

_PATH: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")


def check_path(purpose: str) -> str:
    """Return `purpose` if it is a dotted path of lower-case words.

    Raises:
        ConfigurationError: It is not.

    Examples:
        >>> check_path("marketing.communications.email")
        'marketing.communications.email'
    """
    if not _PATH.fullmatch(purpose):
        message = f"A purpose is a dotted path of lower-case words such as 'marketing.communications.email'; found {purpose!r}."
        raise ConfigurationError(message)
    return purpose


Purpose = Annotated[str, AfterValidator(check_path)]
"""A purpose in a pydantic model: its syntax is checked, not whether anyone knows it."""


def ancestors(purpose: str) -> tuple[str, ...]:
    """Return `purpose` and everything above it, nearest first.

    Examples:
        >>> ancestors("marketing.communications.email")
        ('marketing.communications.email', 'marketing.communications', 'marketing')
    """
    words = purpose.split(".")
    return tuple(".".join(words[:length]) for length in range(len(words), 0, -1))


def known_purposes(declared: Iterable[str] = ()) -> frozenset[str]:
    """Return the data uses, automated decisions, the `declared` purposes and what stands above those."""
    return frozenset(DATA_USES).union(*(ancestors(each) for each in (AUTOMATED_DECISIONS, *declared)))


def check_purpose(purpose: str, *, declared: Iterable[str] = ()) -> str:
    """Return `purpose` if it is a data use or among the `declared` ones.

    Args:
        purpose: The dotted path that somebody wrote.
        declared: Purposes that the policy adds to the taxonomy.

    Returns:
        The same path.

    Raises:
        ConfigurationError: Nobody knows it; the message names the nearest one.

    Examples:
        >>> check_purpose("analytics.reporting")
        'analytics.reporting'
        >>> check_purpose("marketing.communication")
        Traceback (most recent call last):
        ...
        unified_customer.core.errors.ConfigurationError: There is no purpose 'marketing.communication'. Did you mean
        'marketing.communications'? A policy may declare more: Policy(purposes=("marketing.communication",), ...).
    """
    known = known_purposes(declared)
    if check_path(purpose) in known:
        return purpose
    message = (
        f"There is no purpose {purpose!r}.{_nearest(purpose, known)}"
        f' A policy may declare more: Policy(purposes=("{purpose}",), ...).'
    )
    raise ConfigurationError(message)


def _nearest(purpose: str, known: frozenset[str]) -> str:
    near = get_close_matches(purpose, sorted(known), n=1)
    if near:
        return f" Did you mean {near[0]!r}?"
    top = sorted(each for each in known if "." not in each)
    siblings = sorted(each for each in known if covers(purpose.partition(".")[0], each))
    return f" The known ones there are: {', '.join(siblings or top)}."
