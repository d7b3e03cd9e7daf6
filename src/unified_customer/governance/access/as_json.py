"""An answer to a person as JSON, and back."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import polars as pl
from pydantic import ValidationError

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.tables import TABLES
from unified_customer.governance.access.information import Information
from unified_customer.governance.access.others import Withheld
from unified_customer.governance.access.personal_data import PersonalData

FORMAT: Final = "unified_customer personal data"
VERSION: Final = 1
WHEN_RECORDED: Final = "When it came to us."


def to_json(data: PersonalData) -> str:
    """Return `data` as one JSON document; see `PersonalData.to_json`."""
    return json.dumps(document(data), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def document(data: PersonalData) -> dict[str, Any]:
    """Return `data` as plain values: what is told first, then the tables."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "kind": data.kind,
        "customer_id": data.customer_id,
        "request_id": data.request_id,
        "made_at": plain(data.made_at),
        "held": data.held,
        "erased_at": plain(data.erased_at),
        "information": data.information.model_dump(mode="json"),
        "withheld": [each.model_dump(mode="json") for each in data.withheld],
        "tables": {name: _table(name, frame) for name, frame in data.tables.items()},
    }


def meanings(name: str, columns: list[str]) -> dict[str, str]:
    """Return what each of some columns of a table means."""
    fields = TABLES[name].fields
    return {column: fields[column].meaning if column in fields else WHEN_RECORDED for column in columns}


def plain(value: Any) -> Any:
    """Return a value as JSON has it: times and dates in ISO 8601, amounts as text.

    Examples:
        >>> from datetime import UTC
        >>> plain(datetime(2026, 1, 2, 3, tzinfo=UTC)), plain(Decimal("1.50")), plain(["a"])
        ('2026-01-02T03:00:00Z', '1.50', ['a'])
    """
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _table(name: str, frame: pl.DataFrame) -> dict[str, Any]:
    rows = [{column: plain(value) for column, value in row.items()} for row in frame.iter_rows(named=True)]
    return {"about": TABLES[name].doc, "columns": meanings(name, frame.columns), "rows": rows}


def parts_of(text: str) -> dict[str, Any]:
    """Return the parts of the `PersonalData` that a JSON document was made of.

    Raises:
        ConfigurationError: The text is no such document.
    """
    try:
        told = json.loads(text)
        return _parts(told)
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError, pl.exceptions.PolarsError) as error:
        message = f"The text is no answer that PersonalData.to_json wrote: {type(error).__name__}."
        raise ConfigurationError(message) from None


def _parts(told: Mapping[str, Any]) -> dict[str, Any]:
    if (told["format"], told["version"]) != (FORMAT, VERSION):
        raise ValueError
    return {
        "customer_id": told["customer_id"],
        "kind": told["kind"],
        "made_at": datetime.fromisoformat(told["made_at"]),
        "tables": {name: _frame(name, each) for name, each in told["tables"].items()},
        "information": Information.model_validate(told["information"]),
        "withheld": tuple(Withheld.model_validate(each) for each in told["withheld"]),
        "erased_at": None if told["erased_at"] is None else datetime.fromisoformat(told["erased_at"]),
        "request_id": told["request_id"],
    }


def _frame(name: str, told: Mapping[str, Any]) -> pl.DataFrame:
    types = {column: TABLES[name].stored_columns[column] for column in told["columns"]}
    columns = {
        column: pl.Series(column, [_read(row[column], dtype) for row in told["rows"]], dtype=dtype)
        for column, dtype in types.items()
    }
    return pl.DataFrame(columns)


def _read(value: Any, dtype: pl.DataType) -> Any:
    if value is None:
        return None
    if isinstance(dtype, pl.Datetime):
        return datetime.fromisoformat(value)
    if isinstance(dtype, pl.Date):
        return date.fromisoformat(value)
    return Decimal(value) if isinstance(dtype, pl.Decimal) else value
