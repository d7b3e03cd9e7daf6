"""Values and rows as HTML: everything that came from data is escaped here."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, Final

import polars as pl

from unified_customer.core.tables import TABLES
from unified_customer.governance.access.as_json import meanings, plain
from unified_customer.governance.access.words import TABLE_WORDS, column_in_words

JSON_MEANING: Final = "A JSON object."
ORIGINS: Final = ("_source", "_observed_at")


def text_of(value: Any) -> str:
    """Return a value as a reader sees it, not escaped yet.

    Examples:
        >>> from datetime import UTC
        >>> text_of(datetime(2026, 1, 2, 3, tzinfo=UTC)), text_of(True), text_of(["a", "b"])
        ('2026-01-02 03:00:00', 'yes', 'a, b')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, list):
        return ", ".join(text_of(each) for each in value)
    return "" if value is None else str(plain(value))


def value_in_html(value: Any, *, is_json: bool = False) -> str:
    """Return a value as HTML; JSON text as a list of names and values."""
    if is_json and isinstance(value, str):
        try:
            return _nested(json.loads(value, parse_float=str, parse_int=str))
        except ValueError:
            pass
    if isinstance(value, datetime):
        return f"<time>{text_of(value)}</time>"
    return f"<bdi>{escape(text_of(value))}</bdi>"


def _nested(value: Any) -> str:
    if isinstance(value, dict) and value:
        return "".join(
            ["<ul>", *(f"<li><b>{escape(key)}</b>: {_nested(each)}</li>" for key, each in value.items()), "</ul>"]
        )
    if isinstance(value, list) and value:
        return "".join(["<ul>", *(f"<li>{_nested(each)}</li>" for each in value), "</ul>"])
    return f"<bdi>{escape(text_of(value))}</bdi>"


def table_in_html(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; the heads are text, the cells are HTML."""
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows)
    return f"<div class='wide'><table>{_head(heads)}<tbody>\n{body}</tbody></table></div>"


def _head(heads: Iterable[str]) -> str:
    cells = "".join(f"<th scope='col'>{escape(each)}</th>" for each in heads)
    return f"<thead><tr>{cells}</tr></thead>"


def rows_in_html(name: str, frame: pl.DataFrame) -> str:
    """Return the rows of a table: as cards where a row says much, else in a grid with the rest below it."""
    filled = frame.select(column for column in frame.columns if frame[column].null_count() < frame.height)
    lead = [column for column in TABLE_WORDS[name].lead if column in filled.columns]
    return _grid(name, filled, lead) if lead else _cards(name, filled)


def legend_in_html(name: str, frame: pl.DataFrame) -> str:
    """Return what each column that has a value means."""
    filled = [column for column in frame.columns if frame[column].null_count() < frame.height]
    told = [(column, text) for column, text in meanings(name, filled).items() if not _is_origin(column, filled)]
    items = "".join(f"<dt>{escape(column_in_words(column))}</dt><dd>{escape(text)}</dd>" for column, text in told)
    return f"<details><summary>What the columns mean</summary><dl class='legend'>{items}</dl></details>"


def _grid(name: str, frame: pl.DataFrame, lead: Sequence[str]) -> str:
    rest = [column for column in frame.columns if column not in lead]
    rows = "\n".join(_group(name, row, lead, rest) for row in frame.iter_rows(named=True))
    return f"<div class='wide'><table class='grid'>{_head(map(column_in_words, lead))}{rows}</table></div>"


def _group(name: str, row: Mapping[str, Any], lead: Sequence[str], rest: Sequence[str]) -> str:
    """Return a row, and below it what else it says: beside it there is no room on paper."""
    cells = "".join(f"<td>{cell}</td>" for cell in _cells(name, row, lead))
    also = _also(name, row, rest)
    more = f"<tr><td colspan='{len(lead)}'>{also}</td></tr>" if also else ""
    return f"<tbody><tr>{cells}</tr>{more}</tbody>"


def _cells(name: str, row: Mapping[str, Any], columns: Iterable[str]) -> list[str]:
    return [value_in_html(row[column], is_json=_is_json(name, column)) for column in columns]


def _also(name: str, row: Mapping[str, Any], columns: Iterable[str]) -> str:
    given = [column for column in columns if row[column] is not None and row[column] != []]
    items = zip(given, _cells(name, row, given), strict=True)
    return "".join(f"<div class='also'><b>{escape(column_in_words(each))}</b> {shown}</div>" for each, shown in items)


def _cards(name: str, frame: pl.DataFrame) -> str:
    return "\n".join(_card(name, row) for row in frame.iter_rows(named=True))


def _card(name: str, row: Mapping[str, Any]) -> str:
    said = [
        column
        for column, value in row.items()
        if value is not None and not _is_origin(column, row) and not _is_said_again(column, row)
    ]
    rows = (
        [escape(column_in_words(column)), *_cells(name, row, [column]), escape(_origin(column, row))] for column in said
    )
    with_origin = any(_origin(column, row) for column in said)
    heads = ["", "", "From"] if with_origin else ["", ""]
    return f"<div class='card'>{table_in_html(heads, (each[: len(heads)] for each in rows))}</div>"


def _is_origin(column: str, row: Iterable[str]) -> bool:
    """Return whether a column says where another one came from."""
    return any(column.endswith(each) and column.removesuffix(each) in row for each in ORIGINS)


def _is_said_again(column: str, row: Mapping[str, Any]) -> bool:
    """Return whether a value as written is the same as the value itself."""
    normal = column.removesuffix("_raw")
    return normal != column and row.get(normal) is not None and text_of(row[normal]) == text_of(row[column])


def _origin(column: str, row: Mapping[str, Any]) -> str:
    found = [text_of(row.get(f"{column}{each}")) for each in ORIGINS]
    return ", ".join(each for each in found if each)


def _is_json(name: str, column: str) -> bool:
    field = TABLES[name].fields.get(column)
    return field is not None and field.meaning.endswith(JSON_MEANING)
