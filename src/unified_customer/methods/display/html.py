"""Small pieces of HTML: a table, a card, and what a result shows of itself.

Nothing sets a colour for text or ground: both come from the page, light or dark, and lines and bars are veils over it.
Styles stand in the elements, so that a piece looks alike wherever it is put.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

import polars as pl

from unified_customer.methods.display.numbers import COUNT, NUMBER, TEXT, Format

_LINE: Final = "1px solid rgba(128,128,128,.35)"
_BAR: Final = "rgba(0,114,178,.28)"
_FONT: Final = "font-family:system-ui,-apple-system,Segoe UI,Arial,sans-serif;font-size:13px;line-height:1.45"
_LONGEST: Final = 60
"""Texts are cut after so many signs; the whole stands in the tooltip."""

Facts = Mapping[str, Any] | Sequence[tuple[str, Any]]
"""What something is called and its value, in order."""


def as_html_table(
    frame: pl.DataFrame,
    *,
    title: str = "",
    formats: Mapping[str, Format] | None = None,
    names: Mapping[str, str] | None = None,
    at_most: int = 20,
) -> str:
    """Return the first rows of a frame as an HTML table.

    Args:
        frame: What is shown, as it is ordered.
        title: Stands above the table.
        formats: How columns are written. By default whole numbers are counts, other numbers numbers, and the rest text.
            Shares have a bar behind them, but where one is below 0: then they are changes, not parts of a whole.
        names: What columns are called, where their own name, with blanks for underscores, does not do.
        at_most: So many rows are shown; a line below says how many more there are.

    Examples:
        >>> from unified_customer.methods.display.numbers import SHARE
        >>> table = as_html_table(pl.DataFrame({"segment": ["<b>"], "share": [0.25]}), formats={"share": SHARE})
        >>> "&lt;b&gt;" in table, "25 %" in table, "<b>" in table
        (True, True, False)
    """
    chosen = {name: (formats or {}).get(name) or _format_of(dtype) for name, dtype in frame.schema.items()}
    called = {name: (names or {}).get(name) or _spoken(name) for name in frame.columns}
    head = "".join(_head(called[name], each) for name, each in chosen.items())
    parts = {name for name, each in chosen.items() if each.kind == "share" and _are_parts(frame[name])}
    body = "".join(_row(row, chosen, parts) for row in frame.head(at_most).iter_rows(named=True))
    caption = f'<caption style="{_CAPTION}">{escape(title)}</caption>' if title else ""
    table = f'<table style="{_TABLE}">{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div style="{_FONT};overflow-x:auto">{table}{_more(frame.height - at_most)}</div>'


def card(title: str, facts: Facts, *, text: str = "", note: str = "") -> str:
    """Return a card: a title, facts with large values, and a text below.

    Args:
        title: Its heading.
        facts: What is told; values that are not text are written as counts and numbers, so write shares and money
            first, as `SHARE.written(.12)`.
        text: A sentence or two.
        note: Small print at the foot.
    """
    told = "".join(_fact(name, value) for name, value in _pairs(facts))
    parts = [
        f'<div style="font-size:15px;font-weight:600;margin-bottom:6px">{escape(title)}</div>',
        f'<div style="display:flex;flex-wrap:wrap;gap:6px 22px">{told}</div>' if told else "",
        f'<p style="margin:8px 0 0">{escape(text)}</p>' if text else "",
        f'<div style="margin-top:6px;opacity:.7;font-size:12px">{escape(note)}</div>' if note else "",
    ]
    return f'<div style="{_FONT};{_CARD}">{"".join(parts)}</div>'


def result_html(
    title: str,
    facts: Facts,
    frame: pl.DataFrame | None = None,
    *,
    formats: Mapping[str, Format] | None = None,
    names: Mapping[str, str] | None = None,
    table_title: str = "",
    at_most: int = 20,
    note: str = "",
) -> str:
    """Return what a result shows of itself in a notebook: what it is, a few facts, and its table of aggregates.

    Args:
        title: What it is.
        facts: As in `card`.
        frame: Aggregates, not people.
        formats: As in `as_html_table`.
        names: As in `as_html_table`.
        table_title: Stands above the table.
        at_most: So many rows are shown.
        note: Small print at the foot of the card.
    """
    told = card(title, facts, note=note)
    if frame is None:
        return f"<div>{told}</div>"
    table = as_html_table(frame, title=table_title, formats=formats, names=names, at_most=at_most)
    return f'<div>{told}<div style="height:10px"></div>{table}</div>'


_TABLE: Final = f"border-collapse:collapse;border-top:{_LINE};border-bottom:{_LINE};color:inherit;background:none"
_CAPTION: Final = "caption-side:top;text-align:left;font-weight:600;padding:0 0 6px;color:inherit;white-space:nowrap"
_CELL: Final = "padding:3px 12px 3px 8px;border:none;color:inherit;font-variant-numeric:tabular-nums;white-space:nowrap"
_CARD: Final = f"border:{_LINE};border-radius:8px;padding:12px 16px;max-width:760px;color:inherit;box-sizing:border-box"


def _format_of(dtype: pl.DataType) -> Format:
    return COUNT if dtype.is_integer() else NUMBER if dtype.is_numeric() else TEXT


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _side(each: Format) -> str:
    return "right" if each.numeric else "left"


def _head(name: str, each: Format) -> str:
    return f'<th scope="col" style="{_CELL};font-weight:600;text-align:{_side(each)};border-bottom:{_LINE}">{escape(name)}</th>'


def _are_parts(values: pl.Series) -> bool:
    return not (values < 0).any()


def _row(row: Mapping[str, Any], formats: Mapping[str, Format], parts: Collection[str]) -> str:
    cells = (_cell(row[name], each, _bar(row[name]) if name in parts else "") for name, each in formats.items())
    return f'<tr style="background:none">{"".join(cells)}</tr>'


def _cell(value: Any, each: Format, bar: str) -> str:
    text = each.written(value)
    shown, tip = (text, "") if len(text) <= _LONGEST else (f"{text[: _LONGEST - 1]}…", f' title="{escape(text)}"')
    return f'<td style="{_CELL};text-align:{_side(each)}{bar}"{tip}>{escape(shown)}</td>'


def _bar(value: Any) -> str:
    if value is None or not 0 < value <= 1:
        return ""
    end = f"{value * 100:.1f}%"
    return f";min-width:84px;background:linear-gradient(to right,{_BAR} {end},transparent {end})"


def _more(left: int) -> str:
    return f'<div style="opacity:.7;padding:4px 8px">and {COUNT.written(left)} more</div>' if left > 0 else ""


def _pairs(facts: Facts) -> Iterable[tuple[str, Any]]:
    return facts.items() if isinstance(facts, Mapping) else facts


def _fact(name: str, value: Any) -> str:
    number = '<div style="font-size:18px;font-weight:600;font-variant-numeric:tabular-nums">'
    return f'<div>{number}{escape(_told(value))}</div><div style="opacity:.75">{escape(name)}</div></div>'


def _told(value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return NUMBER.written(value) if is_number or value is None else TEXT.written(value)
