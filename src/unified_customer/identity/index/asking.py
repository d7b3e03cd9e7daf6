"""One record as a table, to be read as the records of a matcher are."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from unified_customer.connectors.naming import listed
from unified_customer.core.errors import ConfigurationError
from unified_customer.identity.matching.matcher import FittedMatcher
from unified_customer.identity.matching.normal_forms import NormalForms

_LAST = "\U0010ffff"


def one_record(matcher: FittedMatcher, record: Mapping[str, Any], *, ids: pl.DataType) -> NormalForms:
    """Bring one record to normal form.

    Args:
        matcher: The matcher, which says how.
        record: Values by column; those that are missing are null.
        ids: The type of record ids. A record without one gets the last of all.

    Raises:
        ConfigurationError: The record has a field that is none of the columns which the matcher was fitted on.
    """
    columns = dict(matcher.roles.by_column)
    unknown = sorted(set(record) - {*columns, "record_id", "source"})
    if unknown:
        message = f"The matcher does not know {listed(unknown)}. It was fitted on {listed([*columns])}."
        raise ConfigurationError(message)
    values = {name: _one(record.get(name)) for name, role in columns.items() if role != "ignored"}
    last = _LAST if ids == pl.String else 2**31 - 1
    named = pl.Series("record_id", [record.get("record_id", last)], dtype=ids)
    return matcher.read(pl.DataFrame({**values, "record_id": named, "source": _one(record.get("source"))}))


def _one(value: Any) -> pl.Series:
    return pl.Series([value], dtype=pl.String if value is None else None)
