"""What people can ask for, in words that they understand."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from unified_customer.policy import Right

RIGHT_WORDS: Final[Mapping[Right, str]] = MappingProxyType(
    {
        "access": "know what we hold about you, and get a copy of it",
        "portability": "get what you gave us in a form that machines read, and take it to somebody else",
        "rectification": "have mistakes put right",
        "erasure": "have your data erased",
        "restriction": "have us keep your data and do nothing else with them while a question is open",
        "objection": "object to what we do in our own interest; to marketing at any time, without giving a reason",
        "opt_out": "opt out of the sale and sharing of your data",
        "opt_in": "change your mind after you opted out",
        "no_automated_decisions": "not be subject to decisions made by machines alone that matter to you",
    }
)
"""Right -> what it lets people do; completes "You can"."""
