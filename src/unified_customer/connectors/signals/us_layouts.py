"""The sections of the Global Privacy Platform for the United States: which fields each has, in their order.

A field is two bits, or a list of so many times two bits: 0 does not apply, 1 yes or opted out or no consent, 2 no or
did not opt out or consent, as the field's name says.

References:
    IAB Tech Lab, Global Privacy Platform, Sections: US National v1 and v2, and the sections of the states.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Field = tuple[str, int]
"""Name of a field, and how many times two bits it has; 0: two bits that are no list."""

Second = Literal["gpc", "sensitive_data", "none"]
"""What the sub-section after the core is about."""

SALE, SHARING, ADVERTISING = "sale_opt_out", "sharing_opt_out", "targeted_advertising_opt_out"
SENSITIVE, CHILD = "sensitive_data_processing", "known_child_consents"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a section is written.

    Attributes:
        name: The prefix of the section in the client API.
        jurisdiction: Whose law it follows.
        versions: Fields behind the version, by version.
        second: What its sub-section is about.
        child: For each element of the consents of known children, the opt-out that takes the same use away; an empty
            text where it is about no such use.
    """

    name: str
    jurisdiction: str
    versions: Mapping[int, tuple[Field, ...]]
    second: Second = "gpc"
    child: tuple[str, ...] = ("",)


_MSPA: Final = (("mspa_covered_transaction", 0), ("mspa_opt_out_option_mode", 0), ("mspa_service_provider_mode", 0))
_OPT_OUTS: Final = ((SALE, 0), (ADVERTISING, 0))
_OPT_OUT_NOTICES: Final = (("sale_opt_out_notice", 0), ("targeted_advertising_opt_out_notice", 0))
_OTHER_USE: Final = ("additional_data_processing_consent", 0)

_TEENS: Final = ("", SALE, ADVERTISING)
_TEENS_OF_TWO_AGES: Final = (*_TEENS, SALE, ADVERTISING)


def _once(*fields: Field) -> Mapping[int, tuple[Field, ...]]:
    return MappingProxyType({1: fields})


def _national(sensitive: int, child: int) -> tuple[Field, ...]:
    return (
        ("sharing_notice", 0), ("sale_opt_out_notice", 0), ("sharing_opt_out_notice", 0),
        ("targeted_advertising_opt_out_notice", 0), ("sensitive_data_processing_opt_out_notice", 0),
        ("sensitive_data_limit_use_notice", 0), (SALE, 0), (SHARING, 0), (ADVERTISING, 0), (SENSITIVE, sensitive),
        (CHILD, child), ("personal_data_consents", 0), *_MSPA,
    )  # fmt: skip


def _early(sensitive: int, child: int, *notices: Field) -> Mapping[int, tuple[Field, ...]]:
    """Return the fields of the states whose sections came first."""
    return _once(
        ("sharing_notice", 0), *_OPT_OUT_NOTICES, *notices, *_OPT_OUTS, (SENSITIVE, sensitive), (CHILD, child), *_MSPA
    )


def _later(sensitive: int, child: int, *, first: str = "processing_notice") -> Mapping[int, tuple[Field, ...]]:
    """Return the fields of the states whose sections came later."""
    return _once((first, 0), *_OPT_OUT_NOTICES, *_OPT_OUTS, (SENSITIVE, sensitive), (CHILD, child), _OTHER_USE, *_MSPA)


def _latest(*child: Field) -> Mapping[int, tuple[Field, ...]]:
    """Return the fields of the states whose sections have the agreement first and sensitive data apart."""
    return _once(
        ("mspa_covered_transaction", 0), ("mspa_mode", 0), ("processing_notice", 0), *_OPT_OUT_NOTICES, *_OPT_OUTS,
        *child, _OTHER_USE,
    )  # fmt: skip


LAYOUTS: Final[Mapping[int, Layout]] = MappingProxyType(
    {
        7: Layout("usnat", "US", MappingProxyType({1: _national(12, 2), 2: _national(16, 3)}), child=("", "", "")),
        8: Layout(
            "usca",
            "US-CA",
            _once(
                ("sale_opt_out_notice", 0), ("sharing_opt_out_notice", 0), ("sensitive_data_limit_use_notice", 0),
                (SALE, 0), (SHARING, 0), (SENSITIVE, 9), (CHILD, 2), ("personal_data_consents", 0), *_MSPA,
            ),
            child=(SALE, SHARING),
        ),
        9: Layout("usva", "US-VA", _early(8, 1), second="none"),
        10: Layout("usco", "US-CO", _early(7, 1)),
        11: Layout("usut", "US-UT", _early(8, 1, ("sensitive_data_processing_opt_out_notice", 0)), second="none"),
        12: Layout("usct", "US-CT", _early(8, 3), child=_TEENS),
        13: Layout("usfl", "US-FL", _later(8, 3), second="none", child=("", "", "")),
        14: Layout("usmt", "US-MT", _later(8, 3, first="sharing_notice"), child=_TEENS),
        15: Layout("usor", "US-OR", _later(11, 3), child=_TEENS),
        16: Layout("ustx", "US-TX", _later(8, 1)),
        17: Layout("usde", "US-DE", _later(9, 5), child=_TEENS_OF_TWO_AGES),
        18: Layout(
            "usia",
            "US-IA",
            _once(
                ("processing_notice", 0), *_OPT_OUT_NOTICES, ("sensitive_data_processing_opt_out_notice", 0),
                *_OPT_OUTS, (SENSITIVE, 8), (CHILD, 1), *_MSPA,
            ),
        ),
        19: Layout("usne", "US-NE", _later(8, 1)),
        20: Layout("usnh", "US-NH", _later(8, 3), child=_TEENS),
        21: Layout("usnj", "US-NJ", _later(10, 5), child=_TEENS_OF_TWO_AGES),
        22: Layout("ustn", "US-TN", _later(8, 1)),
        23: Layout("usmn", "US-MN", _later(8, 1)),
        24: Layout("usmd", "US-MD", _latest()),
        25: Layout("usin", "US-IN", _latest((CHILD, 1)), second="sensitive_data"),
        26: Layout("usky", "US-KY", _latest((CHILD, 1)), second="sensitive_data"),
        27: Layout("usri", "US-RI", _latest((CHILD, 1)), second="sensitive_data"),
    }
)  # fmt: skip
"""Section id -> how it is written."""

SENSITIVE_KINDS: Final = 8
"""How many kinds of sensitive data the sub-section about them has."""
