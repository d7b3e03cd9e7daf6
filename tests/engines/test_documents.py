"""JSON objects, looked into on every engine."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.engines.portable import collected, opened, texts_within

PATHS = {"number": ("a", "b c"), "text": ("s",), "null": ("n",), "flag": ("t",), "word": ("w",), "quoted": ("q",)}
ROWS = [
    '{"a": {"b c": 1.50}, "s": "x", "n": null, "t": true, "w": "null", "q": "\\"y"}',
    '{"a": 3, "s": "", "t": false}',
    "{}",
    None,
]
FOUND = [
    ("1.5", "x", None, "true", "null", '"y'),
    (None, "", None, "false", None, None),
    (None,) * 6,
    (None,) * 6,
]


def frame(rows: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame({"row": range(len(rows)), "traits": rows}, schema_overrides={"traits": pl.String})


def looked_into(native: Any) -> list[tuple[str | None, ...]]:
    return collected(texts_within(opened(native), "traits", PATHS)).sort("row").select(*PATHS).rows()


def test_what_lies_at_a_path_is_the_same_on_every_engine(engine: Callable[[pl.DataFrame], Any]) -> None:
    assert looked_into(engine(frame(ROWS))) == FOUND


@pytest.mark.parametrize("kind", ["polars", "duckdb"])
def test_what_is_no_json_has_nothing_in_it(kind: str) -> None:
    rows = frame(["no JSON"])
    if kind == "duckdb":
        import duckdb

        assert looked_into(duckdb.connect().from_arrow(rows.to_arrow())) == [(None,) * 6]
    else:
        assert looked_into(rows) == [(None,) * 6]


def test_no_path_adds_nothing() -> None:
    assert texts_within(opened(frame(ROWS)), "traits", {}).collect_schema().names() == ["row", "traits"]


def test_what_cannot_be_looked_into_is_refused() -> None:
    lazy = opened(frame(ROWS))
    with pytest.raises(SchemaError, match="not JSON objects"):
        texts_within(lazy, "row", PATHS)
    for path in ((), ("",), ("it's",)):
        with pytest.raises(ConfigurationError, match="no path of keys"):
            texts_within(lazy, "traits", {"x": path})
