"""Results side by side: how the quality of data went."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import SchemaError

if TYPE_CHECKING:
    from unified_customer.analytics.quality.fitted import FittedDataQuality

Result: TypeAlias = "FittedDataQuality | Mapping[str, Any] | pl.DataFrame"

HISTORY: Final = {
    "as_of": pl.Datetime("us", "UTC"),
    "dimension": pl.String(),
    "table": pl.String(),
    "field": pl.String(),
    "source": pl.String(),
    "value": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "n": pl.Int64(),
    "status": pl.String(),
    "change": pl.Float64(),
}
"""The columns of a history."""
_NUMBER: Final = ["dimension", "table", "field", "source"]


def quality_history(*results: Result) -> pl.DataFrame:
    """Put results of `DataQuality` side by side.

    Args:
        results: Fitted results; bodies of saved ones (`to_body()`); or rows of `artifacts` of a store, of which those
            named `DataQuality` count. Of several of one instant the last that is given counts.

    Returns:
        A row for each number and instant: `as_of`, `dimension`, `table`, `field`, `source`, `value`, `low`, `high`,
        `n`, `status`, and `change` of the value since the instant before at which it was known; sorted by number, then
        by time.

    Raises:
        SchemaError: Something is no such result.

    Examples:
        >>> body = {"as_of": "2026-01-01T00:00:00+00:00", "table": []}
        >>> quality_history(body).height
        0
    """
    told = [name for name in HISTORY if name not in {"as_of", "change"}]
    types = {name: HISTORY[name] for name in told}
    parts = {
        as_of: pl.DataFrame(rows, schema=types, orient="row").with_columns(as_of=pl.lit(as_of))
        for as_of, rows in (_read(body) for body in _bodies(results))
    }
    empty = pl.DataFrame(schema={**types, "as_of": HISTORY["as_of"]})
    sorted_rows = pl.concat([empty, *(part.cast(empty.schema) for part in parts.values())]).sort(*_NUMBER, "as_of")
    before = pl.col("value").forward_fill().shift(1).over(_NUMBER)
    return sorted_rows.with_columns(change=pl.col("value") - before).select(list(HISTORY))


def _bodies(results: tuple[Result, ...]) -> Iterator[Mapping[str, Any]]:
    for each in results:
        if isinstance(each, pl.DataFrame):
            if not {"name", "body"} <= set(each.columns):
                raise SchemaError("Saved results are rows of artifacts, with the columns name and body.")
            yield from (_json(body) for body in each.filter(name="DataQuality")["body"].drop_nulls())
        else:
            yield each if isinstance(each, Mapping) else each.to_body()


def _json(text: str) -> Mapping[str, Any]:
    body: Mapping[str, Any] = json.loads(text)
    return body


def _read(body: Mapping[str, Any]) -> tuple[datetime, list[dict[str, Any]]]:
    try:
        as_of, rows = as_utc(datetime.fromisoformat(body["as_of"])), body["table"]
        return as_of, [{name: row[name] for name in HISTORY if name not in {"as_of", "change"}} for row in rows]
    except (KeyError, TypeError) as error:
        raise SchemaError(
            "This is no body of DataQuality: it has as_of and table, with a row for each number."
        ) from error
