"""A document that is made from data: headings, sentences and tables, written as Markdown, HTML or JSON.

Equal documents give equal text, so that two versions of one can be compared line by line.
"""

import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

TODO: Final = "TODO"
"""Begins what only a person can say."""


@dataclass(frozen=True)
class Heading:
    """The title of a part."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """A few sentences."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """A table; its rows are as long as its heads."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Paragraph | Bullets | Grid


@dataclass(frozen=True)
class Document:
    r"""A title and what follows it.

    Examples:
        >>> document = Document("Record", (Heading("Who"), Paragraph("A <shop>."), Grid(("a", "b"), (("1", "2|3"),))))
        >>> print(document.to_markdown())
        # Record
        <BLANKLINE>
        ## Who
        <BLANKLINE>
        A \<shop\>.
        <BLANKLINE>
        | a | b |
        | --- | --- |
        | 1 | 2\|3 |
        <BLANKLINE>
        >>> "<p>A &lt;shop&gt;.</p>" in document.to_html()
        True
    """

    title: str
    blocks: tuple[Block, ...]
    language: str = "en"

    def to_markdown(self) -> str:
        """Return it as Markdown (CommonMark with tables); values cannot be taken for marks."""
        return "\n\n".join([f"# {_marked(self.title)}", *(_markdown(each) for each in self.blocks)]) + "\n"

    def to_html(self) -> str:
        """Return it as one HTML page that needs nothing else and runs nothing; values cannot be taken for tags."""
        body = "\n".join([f"<h1>{html.escape(self.title)}</h1>", *(_tagged(each) for each in self.blocks)])
        head = f"<title>{html.escape(self.title)}</title>\n<style>{STYLE}{ACROSS if self._broad else ''}</style>"
        language = html.escape(self.language, quote=True)
        return (
            f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n{POLICY}\n{head}\n</head>\n'
            f"<body>\n{body}\n</body>\n</html>\n"
        )

    @property
    def _broad(self) -> bool:
        return any(isinstance(each, Grid) and len(each.heads) > BROAD for each in self.blocks)


class Documented(Protocol):
    """Something that can be written as a document."""

    def document(self) -> Document:
        """Return the document."""
        ...


def to_json(values: Mapping[str, Any]) -> str:
    """Return JSON with sorted keys, two spaces a level; instants as in ISO 8601.

    Examples:
        >>> print(to_json({"b": datetime(2026, 1, 2), "a": ()}))
        {
          "a": [],
          "b": "2026-01-02T00:00:00"
        }
    """
    return json.dumps(values, indent=2, sort_keys=True, ensure_ascii=False, default=lambda instant: instant.isoformat())


def grid(heads: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> Grid:
    """Return a table of the columns `heads` (name -> title) of `rows`.

    Examples:
        >>> grid({"n": "Rows"}, [{"n": 1200, "other": 1}]).rows
        (('1,200',),)
    """
    return Grid(tuple(heads.values()), tuple(tuple(written(row[name]) for name in heads) for row in rows))


def written(value: Any) -> str:
    """Return a value as it stands in a document; nothing is an empty text.

    Examples:
        >>> [written(each) for each in (None, True, 1234, ["a", "b"], datetime(2026, 1, 2, 3, 4))]
        ['', 'yes', '1,234', 'a; b', '2026-01-02 03:04']
    """
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "; ".join(map(written, value))


STYLE: Final = (
    "body{font:16px/1.5 system-ui,'Liberation Sans',Arial,sans-serif;color:#222;margin:2rem auto;max-width:72rem;"
    "padding:0 1.5rem}h1{font-size:1.8rem}h2{font-size:1.3rem;margin-top:2rem}h3{font-size:1.05rem}"
    "table{border-collapse:collapse;width:100%;font-size:.85rem}th,td{border:1px solid #bbb;padding:.35rem .5rem;"
    "text-align:left;vertical-align:top;overflow-wrap:break-word}th{background:#f2f2f2}"
    "th:first-child:nth-last-child(2){width:14rem}mark{background:#ffe08a;padding:0 .2em}.wide{overflow-x:auto}"
    "@media print{body{margin:0;max-width:none}table{font-size:.7rem}.wide{overflow:visible}h2,h3{break-after:avoid}"
    "tr{break-inside:avoid}}"
)
BROAD: Final = 5
"""A document with a table of more columns is printed across the sheet."""

ACROSS: Final = "body{max-width:88rem}@page{size:landscape;margin:1cm}@media print{table{font-size:.65rem}}"

POLICY: Final = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
)

_MARKS: Final = re.compile(r"[\\`*\[\]<>|~]|(?<!\w)_|_(?!\w)")
_FIRST: Final = re.compile(r"^(?=(?:[+-]|#{1,6})\s)|^(\d+)(?=[.)]\s)")


def _marked(text: str) -> str:
    escaped = _MARKS.sub(lambda found: f"\\{found[0]}", " ".join(text.split()))
    return _FIRST.sub(lambda found: f"{found[1]}\\" if found[1] else "\\", escaped, count=1)


def _markdown(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {_marked(text)}"
        case Paragraph(text):
            return _marked(text)
        case Bullets(items):
            return "\n".join(f"* {_marked(each)}" for each in items)
        case Grid(heads, rows):
            lines = [heads, ("---",) * len(heads), *(tuple(map(_marked, row)) for row in rows)]
            return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _tagged(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{_told(text)}</h{level}>"
        case Paragraph(text):
            return f"<p>{_told(text)}</p>"
        case Bullets(items):
            return f"<ul>\n{_each('li', items)}\n</ul>"
        case Grid(heads, rows):
            head = _each('th scope="col"', heads)
            body = "\n".join(f"<tr>\n{_each('td', row)}\n</tr>" for row in rows)
            return f'<div class="wide"><table>\n<thead><tr>\n{head}\n</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>'


def _each(tag: str, texts: Iterable[str]) -> str:
    return "\n".join(f"<{tag}>{_told(text)}</{tag.partition(' ')[0]}>" for text in texts)


def _told(text: str) -> str:
    escaped = html.escape(text)
    return f"<mark>{escaped}</mark>" if text.startswith(TODO) else escaped
