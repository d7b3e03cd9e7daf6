"""Constructors of columns: a dataframely column with its `FieldSpec` in the metadata.

Times are UTC with microseconds, money is `Decimal(18, 4)` beside an ISO 4217 code, and a column is nullable unless it
says `required=True`. No column is a struct or an enum, so that every store can hold it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypedDict, Unpack

import dataframely as dy

from unified_customer.core.expectation import Expectation
from unified_customer.core.fields import OPERATIONAL, FieldSpec, Party

FIELD: Final = "field"


class Meaning(TypedDict, total=False):
    """What a column says beside its type: the fields of `FieldSpec`."""

    category: str
    party: Party
    quality: Expectation
    retention_days: int


def text(meaning: str, *, required: bool = False, **field: Unpack[Meaning]) -> dy.String:
    """Return a column of text."""
    return dy.String(nullable=not required, metadata=_metadata(meaning, field))


def choice(meaning: str, values: Sequence[str], *, required: bool = True, **field: Unpack[Meaning]) -> dy.String:
    """Return a column of text that is one of `values`."""
    allowed = list(values)
    described = f"{meaning} One of: {', '.join(allowed)}."
    return dy.String(
        nullable=not required,
        check={"known_value": lambda column: column.is_in(allowed)},
        metadata=_metadata(described, field),
    )


def code(meaning: str, pattern: str, *, required: bool = False, **field: Unpack[Meaning]) -> dy.String:
    """Return a column of text that matches the regular expression `pattern`."""
    return dy.String(nullable=not required, regex=pattern, metadata=_metadata(meaning, field))


def instant(meaning: str, *, required: bool = False, **field: Unpack[Meaning]) -> dy.Datetime:
    """Return a column of UTC instants with microseconds."""
    return dy.Datetime(nullable=not required, time_zone="UTC", time_unit="us", metadata=_metadata(meaning, field))


def day(meaning: str, *, required: bool = False, **field: Unpack[Meaning]) -> dy.Date:
    """Return a column of civil dates."""
    return dy.Date(nullable=not required, metadata=_metadata(meaning, field))


def amount(meaning: str, *, required: bool = False, **field: Unpack[Meaning]) -> dy.Decimal:
    """Return a column of exact decimals with four places: money, and quantities that may be fractions."""
    return dy.Decimal(18, 4, nullable=not required, metadata=_metadata(meaning, field))


def count(meaning: str, *, required: bool = False, **field: Unpack[Meaning]) -> dy.Int64:
    """Return a column of whole numbers."""
    return dy.Int64(nullable=not required, metadata=_metadata(meaning, field))


def number(meaning: str, *, required: bool = False, **field: Unpack[Meaning]) -> dy.Float64:
    """Return a column of finite real numbers."""
    return dy.Float64(nullable=not required, allow_inf=False, allow_nan=False, metadata=_metadata(meaning, field))


def probability(meaning: str, *, required: bool = False, **field: Unpack[Meaning]) -> dy.Float64:
    """Return a column of real numbers from 0 to 1."""
    return dy.Float64(nullable=not required, min=0.0, max=1.0, allow_nan=False, metadata=_metadata(meaning, field))


def flag(meaning: str, *, required: bool = False, **field: Unpack[Meaning]) -> dy.Bool:
    """Return a column of truth values."""
    return dy.Bool(nullable=not required, metadata=_metadata(meaning, field))


def texts(meaning: str, *, required: bool = False, **field: Unpack[Meaning]) -> dy.List:
    """Return a column of lists of text."""
    inner = dy.String(nullable=False)
    return dy.List(inner, nullable=not required, metadata=_metadata(meaning, field))


def field_of(column: dy.Column) -> FieldSpec:
    """Return the `FieldSpec` that a constructor of this module put on `column`."""
    return (column.metadata or {})[FIELD]  # type: ignore[no-any-return]  # metadata has no types


def currency() -> dy.String:
    """Return the column of currencies that goes with every amount of money."""
    return code("ISO 4217 currency of the amounts in this row.", r"^[A-Z]{3}$", category="user.financial")


def record_reference(meaning: str = "Whose it is: the identity it points at.", *, required: bool = False) -> dy.String:
    """Return a column that names a row of `identities`; null where the row is about nobody known."""
    return text(meaning, required=required, category="user.unique_id.pseudonymous")


def json_text(meaning: str, **field: Unpack[Meaning]) -> dy.String:
    """Return a column of JSON objects written as text."""
    return text(f"{meaning} A JSON object.", **field)


def _metadata(meaning: str, field: Mapping[str, Any]) -> dict[str, FieldSpec]:
    return {FIELD: FieldSpec(meaning=meaning, **{"category": OPERATIONAL, **field})}
