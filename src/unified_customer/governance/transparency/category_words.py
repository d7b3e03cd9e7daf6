"""What each data category means, in words that a customer understands."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from unified_customer.core.models.purposes import ancestors

CATEGORY_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "user": "data about you",
        "user.account": "your account",
        "user.account.settings": "settings of your account",
        "user.account.username": "the name of your account",
        "user.authorization": "what you sign in with",
        "user.authorization.biometric": "biometric data that you sign in with",
        "user.behavior": "what you do with us",
        "user.behavior.browsing_history": "pages that you looked at",
        "user.behavior.derived": "what we work out from what you do with us",
        "user.behavior.media_consumption": "what you watched, heard or read",
        "user.behavior.purchase_history": "what you bought",
        "user.behavior.search_history": "what you searched for",
        "user.biometric": "biometric data",
        "user.childrens": "data about children",
        "user.contact": "how to reach you",
        "user.contact.address": "your address",
        "user.contact.address.city": "the town that you live in",
        "user.contact.address.country": "the country that you live in",
        "user.contact.address.postal_code": "your postcode",
        "user.contact.address.state": "the state, county or province that you live in",
        "user.contact.address.street": "your street and house number",
        "user.contact.email": "your e-mail address",
        "user.contact.fax_number": "your fax number",
        "user.contact.organization": "the organisation that you work for",
        "user.contact.phone_number": "your telephone number",
        "user.contact.url": "your web address",
        "user.content": "what you wrote or made",
        "user.content.private": "what you wrote to us",
        "user.content.public": "what you published",
        "user.criminal_history": "criminal convictions and offences",
        "user.demographic": "data such as age or family",
        "user.demographic.date_of_birth": "your date of birth",
        "user.demographic.gender": "your gender",
        "user.demographic.language": "your language",
        "user.demographic.political_opinion": "your political opinions",
        "user.demographic.race_ethnicity": "your racial or ethnic origin",
        "user.demographic.religious_belief": "your religious or philosophical beliefs",
        "user.demographic.sexual_orientation": "your sexual orientation",
        "user.device": "the device that you use",
        "user.device.ip_address": "your IP address",
        "user.financial": "amounts of money and how you pay",
        "user.financial.bank_account": "your bank account",
        "user.financial.credit_card": "your payment card",
        "user.government_id": "numbers of official documents",
        "user.health_and_medical": "your health",
        "user.health_and_medical.genetic": "genetic data",
        "user.job_title": "your position at work",
        "user.location": "where you are",
        "user.location.imprecise": "roughly where you are",
        "user.location.precise": "exactly where you are",
        "user.name": "your name",
        "user.payment": "how you pay",
        "user.privacy_preferences": "your privacy choices",
        "user.sensor": "what sensors measure of you",
        "user.social": "your social networks",
        "user.telemetry": "what our software measures while you use it",
        "user.unclassified": "data that we have not described yet",
        "user.unique_id": "numbers and names that identify you with us",
        "user.unique_id.pseudonymous": "numbers that stand for you in place of your name",
        "user.user_sensor": "what sensors measure of you",
        "user.workplace": "your workplace",
    }
)
"""Data category -> what it is, for customers."""


def category_in_words(category: str) -> str:
    """Return what `category` means; one without words of its own is told by what it is a part of.

    Examples:
        >>> category_in_words("user.contact.email"), category_in_words("user.health_and_medical.blood_type")
        ('your e-mail address', 'your health (blood type)')
        >>> category_in_words("system.operations")
        'system.operations'
    """
    known = next((each for each in ancestors(category) if each in CATEGORY_WORDS), None)
    if known is None:
        return category
    rest = category.removeprefix(known).removeprefix(".").replace(".", ", ").replace("_", " ")
    return f"{CATEGORY_WORDS[known]} ({rest})" if rest else CATEGORY_WORDS[known]
