"""What a mapping can fill: the fields of each target table, as they come out of a mapping, and which it must have.

A field is a column of the table, with three differences: people's fields of `records` are the source's own text (the
hub normalises them), `source_id` is what the source calls the person, and what the hub itself derives is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.tables import RAW_FIELDS, TABLES

DERIVED: Final = frozenset({"record_id", "source", "version", "subject_key", "traits", "attributes", "properties"})
PERSON_FIELDS: Final = (*RAW_FIELDS, "honorific", "middle_name", "job_title", "language", "time_zone", "website")
FOLDED: Final[Mapping[str, str]] = MappingProxyType(
    {"records": "traits", "accounts": "traits", "items": "attributes", "events": "properties"}
)
"""Where each table keeps the columns that nobody mapped."""

DEFAULTS: Final[Mapping[str, Mapping[str, object]]] = MappingProxyType(
    {
        "records": {"deleted": False},
        "events": {"type": "track"},
        "order_lines": {"kind": "sale"},
        "items": {"kind": "product"},
        "spend": {"campaign": ""},
        "consents": {"legal_basis": "consent", "verified": False},
    }
)
"""Values of required fields that a mapping need not name."""

KEYS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "records": ("source_id",),
        "events": ("event_id",),
        "order_lines": ("order_id", "line_id"),
        "items": ("item_id",),
        "answers": ("answer_id",),
        "spend": (),
        "accounts": ("account_id",),
        "consents": ("statement_id",),
    }
)
"""Fields that name a row of the source; where one is missing, the content of the row names it."""

REQUIRED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "records": ("source_id",),
        "events": ("occurred_at",),
        "order_lines": ("order_id", "occurred_at", "quantity"),
        "items": ("item_id", "valid_from"),
        "answers": ("instrument", "question", "answered_at"),
        "spend": ("period_start", "period_end", "channel", "amount", "currency"),
        "accounts": ("account_id",),
        "consents": ("subject_kind", "subject_value", "purpose", "status", "stated_at"),
    }
)
"""Fields that a mapping must fill and a row must have."""


@dataclass(frozen=True)
class Target:
    """What a mapping onto one table can fill.

    Attributes:
        table: The table.
        fields: Polars type of each field.
        required: Fields without which a row is rejected.
        keys: Fields that name a row.
        defaults: Values of fields that are required by the table and that a mapping may leave out.
        folded: The column that takes what nobody mapped, or None.
        about_people: Whether rows belong to a person, so that `person` and `identifiers` make sense.
    """

    table: str
    fields: Mapping[str, pl.DataType]
    required: tuple[str, ...]
    keys: tuple[str, ...]
    defaults: Mapping[str, object]
    folded: str | None
    about_people: bool


@cache
def target(table: str) -> Target:
    """Return what a mapping onto `table` can fill.

    Raises:
        ConfigurationError: Sources are not loaded into that table.
    """
    if table not in KEYS:
        message = f"Nothing is loaded into a table {table!r}. Sources fill: {', '.join(KEYS)}."
        raise ConfigurationError(message)
    subject = TABLES[table].subject != "none"
    return Target(
        table,
        MappingProxyType(_fields(table)),
        REQUIRED[table],
        KEYS[table],
        DEFAULTS.get(table, {}),
        FOLDED.get(table),
        subject,
    )


def _fields(table: str) -> dict[str, pl.DataType]:
    columns = {name: dtype for name, dtype in TABLES[table].columns.items() if name not in DERIVED}
    text: pl.DataType = pl.String()
    if table == "records":
        raw = dict.fromkeys(PERSON_FIELDS, text)
        own = {name: columns[name] for name in ("observed_at", "deleted", "partial")}
        return {"source_id": text, **own, **raw}
    if table == "consents":
        return {"subject_value": text, "subject_source": text, **columns}
    return {"source_id": text, **columns} if TABLES[table].subject == "record" else columns
