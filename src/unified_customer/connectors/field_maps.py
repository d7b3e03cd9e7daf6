"""Where a field comes from and how its text is read, as a value that people write, read and edit."""

import re
from collections.abc import Mapping as Dictionary
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import BeforeValidator, Field, field_validator, model_validator

from unified_customer.core.spec import Spec

Scalar = str | bool | int | float
Unit = Literal["s", "ms", "us", "ns", "minor"]


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _column_or_table(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


Columns = Annotated[tuple[str, ...], BeforeValidator(_one_or_more)]


class FieldMap(Spec):
    """Where a field comes from and how its text is read.

    Examples:
        >>> FieldMap(column="dob", format="%d/%m/%Y").column
        'dob'
    """

    column: str | None = None
    """The source's column."""
    constant: Scalar | None = None
    """The same value in every row, instead of a column."""
    format: str | None = None
    """How a time or date is written, in the notation of `strptime`; by default ISO 8601."""
    zone: str | None = None
    """IANA time zone of times that name none; without it they are rejected."""
    unit: Unit | None = None
    """The number counts seconds, ... since 1970 in UTC; `minor`: hundredths of the currency."""
    decimal: Literal[".", ","] = "."
    """What stands before the decimal places."""
    thousands: Literal[".", ",", " ", "'", "\u00a0", "\u202f"] | None = None
    """What may stand between groups of three digits."""
    places: int | None = Field(default=None, ge=0, le=4)
    """Round decimals to so many places (half to even); by default more than four places are rejected."""
    values: dict[str, Scalar] | None = None
    """What the source's words mean, such as `{"yes": True}`; an empty word stands for a missing value."""
    patterns: dict[str, Scalar] | None = None
    """What texts mean in which a regular expression is found; the first that is found counts, after `values`."""
    otherwise: Scalar | None = None
    """What all other texts mean; by default they are rejected."""

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if (self.column is None) == (self.constant is None):
            raise ValueError("name either a column or a constant")
        if self.otherwise is not None and not (self.values or self.patterns):
            raise ValueError("otherwise needs values or patterns")
        return self

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str | None) -> str | None:
        if zone is not None and zone not in available_timezones():
            raise ValueError("there is no such IANA time zone")
        return zone

    @field_validator("patterns")
    @classmethod
    def _valid_patterns(cls, patterns: dict[str, Scalar] | None) -> dict[str, Scalar] | None:
        for pattern in patterns or ():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError("a pattern is no regular expression") from error
        return patterns

    @property
    def label(self) -> str:
        """What the field is called in reasons: its column, or "constant"."""
        return self.column if self.column is not None else "constant"

    @property
    def translates(self) -> bool:
        """Whether texts are replaced by what they mean."""
        return bool(self.values or self.patterns)


FieldEntry = Annotated[FieldMap, BeforeValidator(_column_or_table)]
Entry = FieldMap | str | Dictionary[str, Any]
"""What may be written for a field: a `FieldMap`, the name of a column, or the parts of a `FieldMap`."""


def single(columns: list[str]) -> str | list[str]:
    """Return a dumped list of columns as people write it."""
    return columns[0] if len(columns) == 1 else columns


def short_field(field: dict[str, Any]) -> Any:
    """Return a dumped `FieldMap` as people write it."""
    return field["column"] if set(field) == {"column"} else field
