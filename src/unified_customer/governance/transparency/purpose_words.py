"""What each data use means, in words that a customer understands; every one completes "We use your data"."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from unified_customer.core.models.purposes import ancestors

PURPOSE_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "analytics": "to learn how what we offer is used",
        "analytics.reporting": "to report how what we offer is used",
        "analytics.reporting.ad_performance": "to measure how well advertisements work",
        "analytics.reporting.campaign_insights": "to learn what came of a campaign",
        "analytics.reporting.content_performance": "to measure how well content is received",
        "analytics.reporting.system": "to report what happens in our systems",
        "analytics.reporting.system.performance": "to report how well our systems run",
        "collect": "to keep them for a use that is yet to be named",
        "employment": "to manage employment",
        "employment.recruitment": "to recruit staff",
        "essential": "to provide what you asked us for, and to do what the law asks of us",
        "essential.fraud_detection": "to find fraud and misuse",
        "essential.legal_obligation": "to do what the law asks of us",
        "essential.service": "to provide what you asked us for",
        "essential.service.authentication": "to let you sign in",
        "essential.service.notifications": "to tell you what you need to know of our service",
        "essential.service.notifications.email": "to tell you by e-mail what you need to know of our service",
        "essential.service.notifications.sms": "to tell you by text message what you need to know of our service",
        "essential.service.operations": "to run our service",
        "essential.service.operations.improve": "to make our support better",
        "essential.service.operations.support": "to help you when you ask for support",
        "essential.service.payment_processing": "to process payments",
        "essential.service.security": "to keep our service secure",
        "essential.service.upgrades": "to tell you of new versions of our service",
        "finance": "to keep our books and pay our taxes",
        "functional": "to make what we offer work as you set it",
        "functional.service": "to provide functions that you use",
        "functional.service.improve": "to make what we offer better",
        "functional.storage": "to store something on your device, or to read it there",
        "functional.storage.privacy_preferences": "to remember your privacy choices on your device",
        "marketing": "to promote what we offer",
        "marketing.advertising": "to advertise what we offer",
        "marketing.advertising.first_party": "to choose advertisements by what we know of you ourselves",
        "marketing.advertising.first_party.contextual": "to choose advertisements by what you are looking at",
        "marketing.advertising.first_party.targeted": "to choose advertisements by what you did with us before",
        "marketing.advertising.frequency_capping": "to limit how often you see an advertisement",
        "marketing.advertising.negative_targeting": "to keep advertisements from people whom they are not meant for",
        "marketing.advertising.profiling": "to make a profile of you for advertising",
        "marketing.advertising.serving": "to deliver advertisements",
        "marketing.advertising.third_party": "to choose advertisements together with others' data",
        "marketing.advertising.third_party.targeted": "to have advertisements aimed at you by others",
        "marketing.communications": "to write to you about what we offer",
        "marketing.communications.email": "to write to you by e-mail about what we offer",
        "marketing.communications.sms": "to write to you by text message about what we offer",
        "operations": "to run our business",
        "personalize": "to fit what we offer to you",
        "personalize.content": "to fit content to you",
        "personalize.content.limited": "to choose content by little more than what you are looking at",
        "personalize.content.profiled": "to choose content by a profile of you",
        "personalize.content.profiling": "to make a profile of you for choosing content",
        "personalize.profiling": "to make a profile of you",
        "personalize.system": "to fit our systems to you",
        "sales": "to sell: to find out what you may need, and to approach you",
        "third_party_sharing": "to share them with others",
        "third_party_sharing.legal_obligation": "to share them with others where the law asks us to",
        "train_ai_system": "to train systems of artificial intelligence",
    }
)
"""Data use -> why, for customers."""


def purpose_in_words(purpose: str) -> str:
    """Return what `purpose` means; one that a policy declares itself is told by what it is a part of.

    Examples:
        >>> purpose_in_words("marketing.communications.email")
        'to write to you by e-mail about what we offer'
        >>> purpose_in_words("marketing.communications.post")
        'to write to you about what we offer (post)'
        >>> purpose_in_words("loyalty_club")
        'for: loyalty club'
    """
    known = next((each for each in ancestors(purpose) if each in PURPOSE_WORDS), None)
    if known is None:
        return f"for: {purpose.replace('.', ', ').replace('_', ' ')}"
    rest = purpose.removeprefix(known).removeprefix(".").replace(".", ", ").replace("_", " ")
    return f"{PURPOSE_WORDS[known]} ({rest})" if rest else PURPOSE_WORDS[known]
