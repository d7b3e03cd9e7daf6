"""Numbering plans, read from the metadata of phonenumbers, as expressions over columns of digits."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import polars as pl

if TYPE_CHECKING:
    from phonenumbers import PhoneMetadata, PhoneNumberDesc


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the library knows of a region's numbers, as far as reading them goes.

    Attributes:
        calling_code: Country calling code, such as 44.
        dial_out: Pattern of the international prefix, such as "00".
        trunk: Pattern of the national prefix, such as "0".
        rewrites: Whether the prefix may be rewritten, rather than only dropped.
        shape: Pattern of a national number.
        lengths: Possible numbers of digits of a national number.
        local_lengths: Numbers of digits that can be dialled only within an area.
    """

    calling_code: int
    dial_out: str | None
    trunk: str | None
    rewrites: bool
    shape: str
    lengths: tuple[int, ...]
    local_lengths: tuple[int, ...]

    def has_shape(self, digits: pl.Expr) -> pl.Expr:
        """Whether the digits are a number of the plan's general shape."""
        return digits.str.contains(f"^(?:{self.shape})$")

    def is_possible(self, digits: pl.Expr) -> pl.Expr:
        """Whether the number of digits is one of a complete number."""
        return digits.str.len_bytes().is_in(sorted(set(self.lengths) - set(self.local_lengths)))

    def is_too_long(self, digits: pl.Expr) -> pl.Expr:
        """Whether there are more digits than a complete number has."""
        length = digits.str.len_bytes()
        return (length > max(self.lengths)) & ~length.is_in(self.local_lengths)

    def trunk_length(self, digits: pl.Expr) -> pl.Expr:
        """How many leading digits the national prefix takes."""
        return _prefix_length(digits, self.trunk)

    def dial_out_length(self, digits: pl.Expr) -> pl.Expr:
        """How many leading digits the international prefix takes."""
        return _prefix_length(digits, self.dial_out)

    def without_trunk(self, digits: pl.Expr) -> pl.Expr:
        """The digits without the national prefix, unless what is left would be no number of the plan."""
        if not self.trunk:
            return digits
        rest = digits.str.slice(self.trunk_length(digits))
        spoilt = self.has_shape(digits) & ~self.has_shape(rest)
        return pl.when((self.is_possible(rest) | self.is_too_long(rest)) & ~spoilt).then(rest).otherwise(digits)

    def is_rewritten(self, digits: pl.Expr) -> pl.Expr:
        """Whether the plan may rewrite the digits in a way that only the library knows."""
        return self.trunk_length(digits) > 0 if self.rewrites else pl.lit(False)


def _prefix_length(digits: pl.Expr, pattern: str | None) -> pl.Expr:
    if not pattern:
        return pl.lit(0, dtype=pl.UInt32)
    return digits.str.extract(f"^({pattern})", 1).str.len_bytes().fill_null(0)


def _plan(calling_code: int, region: str) -> Plan:
    from phonenumbers import PhoneMetadata

    metadata = cast("PhoneMetadata", PhoneMetadata.metadata_for_region_or_calling_code(calling_code, region))
    general = cast("PhoneNumberDesc", metadata.general_desc)
    return Plan(
        calling_code=calling_code,
        dial_out=metadata.international_prefix,
        trunk=metadata.national_prefix_for_parsing,
        rewrites=bool(metadata.national_prefix_transform_rule),
        shape=cast("str", general.national_number_pattern),
        lengths=tuple(general.possible_length),
        local_lengths=tuple(general.possible_length_local_only),
    )


@lru_cache(maxsize=512)
def plan_of_region(region: str) -> Plan | None:
    """The plan of an ISO 3166-1 alpha-2 region; None where the library knows none."""
    from phonenumbers import country_code_for_region

    calling_code = country_code_for_region(region)
    return _plan(calling_code, region) if calling_code else None


@lru_cache(maxsize=512)
def plan_of_calling_code(calling_code: int) -> Plan:
    """The plan of the main region of a country calling code."""
    from phonenumbers import region_code_for_country_code

    return _plan(calling_code, region_code_for_country_code(calling_code))


@lru_cache(maxsize=1)
def calling_code_pattern() -> str:
    """A pattern that takes the country calling code off an international number; no code is a prefix of another."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    return r"^\+(" + "|".join(map(str, sorted(COUNTRY_CODE_TO_REGION_CODE))) + ")"
