"""A page as HTML: one file, no script, nothing from the network."""

from collections.abc import Iterable
from html import escape
from importlib.resources import files
from typing import Final

from unified_customer.methods.display import as_html_table
from unified_customer.reports.page.parts import Block, Figure, Page, Section, Tile

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What a browser may do with the page: draw it, and nothing else."""

_NEWS: Final = {True: " good", False: " bad", None: ""}


def page_html(page: Page) -> str:
    """Return a page as HTML."""
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">'
        f"<title>{escape(page.title)}</title><style>{style}</style>"
    )
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>{_top(page)}{_body(page)}</body></html>\n'


def _top(page: Page) -> str:
    links = "".join(f'<a href="#{each.name}">{escape(each.title)}</a>' for each in page.sections)
    return (
        f"<header><h1>{escape(page.title)}</h1><p>{escape(page.subtitle)}</p></header>"
        f'<nav aria-label="Contents">{links}</nav>'
    )


def _body(page: Page) -> str:
    tiles = _tiles(tile for section in page.sections for tile in section.headline)
    sections = "".join(map(_section, page.sections))
    foot = f"<footer>{_paragraphs(page.foot)}</footer>" if page.foot else ""
    return f"<main>{tiles}{_in_short(page.sections)}{sections}</main>{foot}"


def _in_short(sections: Iterable[Section]) -> str:
    lines = "".join(
        f'<li><a href="#{each.name}">{escape(each.title)}</a>{escape(each.says[0])}</li>'
        for each in sections
        if each.says
    )
    return f'<ul class="short" aria-label="In short">{lines}</ul>' if lines else ""


def _section(section: Section) -> str:
    notes = f'<div class="notes">{_paragraphs(section.notes)}</div>' if section.notes else ""
    parts = "".join(map(_part, section.parts))
    return (
        f'<section id="{section.name}"><h2>{escape(section.title)}</h2>{_findings(section.says)}{_tiles(section.tiles)}'
        f'<div class="parts">{parts}</div>{notes}</section>'
    )


def _tiles(tiles: Iterable[Tile]) -> str:
    drawn = "".join(map(_tile, tiles))
    return f'<div class="tiles">{drawn}</div>' if drawn else ""


def _tile(tile: Tile) -> str:
    note = f'<div class="note{_NEWS[tile.good]}">{escape(tile.note)}</div>' if tile.note else ""
    return f'<div class="tile"><div class="name">{escape(tile.name)}</div><div class="value">{escape(tile.value)}</div>{note}</div>'


def _findings(says: tuple[str, ...]) -> str:
    if not says:
        return ""
    first, *others = says
    return f'<p class="lead">{escape(first)}</p>{_paragraphs(others)}'


def _part(part: Figure | Block) -> str:
    if isinstance(part, Figure):
        return f'<figure class="{"wide" if part.wide else ""}">{part.svg}</figure>'
    table = as_html_table(part.frame, title=part.title, formats=part.formats, names=part.names, at_most=50)
    return f'<div class="table">{table}</div>'


def _paragraphs(lines: Iterable[str]) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in lines)
