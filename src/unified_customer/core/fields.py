"""The field dictionary: what a column or trait means and how it has to be treated.

Data categories are dotted paths of the fideslang taxonomy (`user.contact.email`); a rule about a parent covers its
children. Values about nobody are `system.operations`. Traits that nobody described are `user.unclassified`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from unified_customer.core.expectation import Expectation

Sensitivity = Literal["none", "personal", "special"]
Party = Literal["zero", "first", "second", "third"]

UNCLASSIFIED: Final = "user.unclassified"
OPERATIONAL: Final = "system.operations"

SPECIAL_CATEGORIES: Final = (
    "user.authorization.biometric",
    "user.biometric",
    "user.demographic.political_opinion",
    "user.demographic.race_ethnicity",
    "user.demographic.religious_belief",
    "user.demographic.sexual_orientation",
    "user.health_and_medical",
    "user.criminal_history",
)
"""Categories of GDPR Art. 9 and 10, as fideslang names them; genetic data are `user.health_and_medical.genetic`
there."""


RETENTION_DAYS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "user.behavior": 760,
        "user.behavior.purchase_history": 3650,
        "user.content.private": 1095,
        "user.device": 395,
        "user.location": 395,
        "user.unclassified": 395,
    }
)
"""Days for which values of a category are kept by default, after they were last observed; the nearest category counts.

What has none here is kept as long as the customer. What a device tells 13 months and behaviour 25 (CNIL, guidelines on
cookies and audience measurement, 2020), correspondence three years after the last contact (CNIL, reference framework
for the management of customers, 2022), purchases ten years (bookkeeping, as in the French code de commerce L123-22).
What nobody described is kept no longer than what a device tells."""

THIRD_PARTY_DAYS: Final = 90
"""Days for which values of a broker are kept at most."""


def covers(parent: str, child: str) -> bool:
    """Return whether the dotted path `parent` is `child` or one of its ancestors.

    Examples:
        >>> covers("user.contact", "user.contact.email"), covers("user.contact", "user.contacts")
        (True, False)
    """
    return child == parent or child.startswith(parent + ".")


def covered(category: str, rules: tuple[str, ...]) -> bool:
    """Return whether any of `rules` covers `category`."""
    return any(covers(rule, category) for rule in rules)


class FieldSpec(BaseModel):
    """What one column or trait means.

    Examples:
        >>> FieldSpec(category="user.contact.email", meaning="E-mail address.").sensitivity
        'personal'
        >>> FieldSpec(category="system.operations", meaning="Row number.").personal
        False
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    category: str = Field(pattern=r"^[a-z_]+(\.[a-z_]+)*$")
    """Fideslang data category."""
    meaning: str
    """One sentence for the reader of the dictionary."""
    party: Party = "first"
    """Who it comes from: the person (zero), our own observation (first), a partner (second), a broker (third)."""
    quality: Expectation | None = None
    """The rule that a good value keeps: checked when rows are loaded, and by `analytics.DataQuality`."""
    retention_days: int | None = Field(default=None, gt=0)
    """Days to keep it after it was last observed, where it differs from its category's; see `kept_days`."""

    @property
    def sensitivity(self) -> Sensitivity:
        """How much harm a leak does: none, personal, or special (GDPR Art. 9 and 10)."""
        if covered(self.category, SPECIAL_CATEGORIES):
            return "special"
        return "personal" if covers("user", self.category) else "none"

    @property
    def kept_days(self) -> int | None:
        """For how many days it is kept by default after it was last observed; None: as long as the customer."""
        days = self.retention_days or _days_of(self.category)
        if self.party == "third":
            return min(THIRD_PARTY_DAYS, days or THIRD_PARTY_DAYS)
        return days

    @property
    def personal(self) -> bool:
        """Whether a value says something of a person."""
        return self.sensitivity != "none"


def _days_of(category: str) -> int | None:
    nearest = max((each for each in RETENTION_DAYS if covers(each, category)), key=len, default=None)
    return None if nearest is None else RETENTION_DAYS[nearest]
