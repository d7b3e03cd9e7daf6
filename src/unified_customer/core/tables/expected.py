"""What good values of the columns of the tables are."""

from typing import Final

from unified_customer.core.expectation import Expectation

_SPACE: Final = "\\t-\\r \\x85\\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""White space in a class: engines mean different things by one escape."""
_LABEL: Final = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"

BIRTH_DATE: Final = Expectation(
    description="before the observation, at most 130 years", not_after="observed_at", within_years=130
)
EMAIL: Final = Expectation(
    description="RFC 5322 syntax", pattern=rf'^[^@{_SPACE},;:<>()"\[\]\\]+@({_LABEL}\.)+{_LABEL}$', longest=254
)
PHONE: Final = Expectation(description="E.164", pattern=r"^\+[1-9][0-9]{3,16}(;ext=[0-9]+)?$")
COUNTRY: Final = Expectation(description="ISO 3166-1 alpha-2", pattern="^[A-Z]{2}$")
GENDER: Final = Expectation(description="female, male or other", values=("female", "male", "other"))
LANGUAGE: Final = Expectation(description="BCP 47 syntax", pattern="^([A-Za-z]{2,8}|[ix])(-[A-Za-z0-9]{1,8})*$")
TIME_ZONE: Final = Expectation(
    description="form of an IANA time zone", pattern="^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$"
)
WEBSITE: Final = Expectation(description="web address", pattern=rf"^([A-Za-z]+://)?[^{_SPACE}/@]+\.[^{_SPACE}]+$")
CURRENCY: Final = Expectation(description="ISO 4217", pattern="^[A-Z]{3}$")
NOT_NEGATIVE: Final = Expectation(description="not negative", least=0)
NEGATIVE_IF_BACK: Final = Expectation(
    description="not above 0 for what came back", most=0, where={"kind": ("return", "cancellation")}
)
HAPPENED: Final = Expectation(description="not after it was received", not_after="received_at")
