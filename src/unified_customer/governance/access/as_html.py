"""An answer to a person as one HTML page: to read, to print, to keep."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Final

from unified_customer.governance.access.personal_data import PersonalData
from unified_customer.governance.access.style import STYLE
from unified_customer.governance.access.told_in_html import told
from unified_customer.governance.access.values_in_html import legend_in_html, rows_in_html, text_of
from unified_customer.governance.access.words import CHAPTERS, TABLE_WORDS

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
TITLES: Final = {"access": "Your personal data", "portability": "Your data, to take with you"}
LEADS: Final = {
    "access": "This is everything that is held about you, and what you are to be told beside it (GDPR Art. 15).",
    "portability": (
        "This is what you gave, or were seen to do, and what is used now on the basis of your consent or of a contract "
        "with you (GDPR Art. 20). The files beside this page hold the same for other programs."
    ),
}
ERASED: Final = (
    "Your data were erased on {at} (UTC). Nothing is held about you any more but the proof of that, which holds no value "
    "of yours: keyed hashes, by which you are not let in again, and the entries of the log."
)


@dataclass(frozen=True)
class Part:
    """A part of the page.

    Attributes:
        anchor: What the table of contents points at.
        title: Its heading.
        body: HTML.
        parts: What stands under headings of its own in it: anchor, heading and number of rows.
    """

    anchor: str
    title: str
    body: str
    parts: tuple[tuple[str, str, int], ...] = ()


def to_html(data: PersonalData) -> str:
    """Return `data` as one HTML page; see `PersonalData.to_html`."""
    parts = [Part(f"told-{number}", *each) for number, each in enumerate(told(data), 1)]
    parts += _chapters(data)
    title = _title(data)
    sections = "\n".join(
        f"<section id='{each.anchor}'><h2>{escape(each.title)}</h2>\n{each.body}</section>" for each in parts
    )
    return (
        "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
        "<meta name='referrer' content='no-referrer'>\n<meta name='robots' content='noindex'>\n"
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<header><h1>{escape(title)}</h1>\n{_head(data)}</header>\n{_contents(parts)}\n"
        f"<main>\n{sections}\n</main>\n</body>\n</html>\n"
    )


def _title(data: PersonalData) -> str:
    controller = data.information.controller
    return TITLES[data.kind] if controller is None else f"{TITLES[data.kind]} at {controller.name}"


def _head(data: PersonalData) -> str:
    lead = LEADS[data.kind] if data.erased_at is None else ERASED.format(at=text_of(data.erased_at))
    facts = {
        "Put together": f"{text_of(data.made_at)} (all times are UTC, to the second)",
        "Your number here": data.customer_id,
    }
    if data.request_id is not None:
        facts["Your request"] = data.request_id
    facts["Rows"] = f"{sum(data.rows.values()):,} in {len(data.rows)} tables"
    return f"<p class='lead'>{escape(lead)}</p>\n{facts_in_html(facts.items())}"


def facts_in_html(facts: Iterable[tuple[str, str]]) -> str:
    """Return names and values, which are text, one under the other."""
    items = "".join(f"<dt>{escape(name)}</dt><dd><bdi>{escape(value)}</bdi></dd>" for name, value in facts)
    return f"<dl class='facts'>{items}</dl>"


def _contents(parts: Iterable[Part]) -> str:
    items = "".join(
        f"<li><a href='#{each.anchor}'>{escape(each.title)}</a>{_sub_contents(each)}</li>\n" for each in parts
    )
    return f"<nav aria-label='Contents'><h2>Contents</h2><ol>\n{items}</ol></nav>"


def _sub_contents(part: Part) -> str:
    items = "".join(
        f"<li><a href='#{anchor}'>{escape(title)}</a> <span class='count'>{count:,}</span></li>"
        for anchor, title, count in part.parts
    )
    return f"<ol>{items}</ol>" if items else ""


def _chapters(data: PersonalData) -> Iterator[Part]:
    for number, (title, names) in enumerate(CHAPTERS.items(), 1):
        held = [name for name in names if name in data.tables]
        if held:
            body = "\n".join(_table(data, name) for name in held)
            parts = tuple((name, TABLE_WORDS[name].title, data.tables[name].height) for name in held)
            yield Part(f"chapter-{number}", title, body, parts)


def _table(data: PersonalData, name: str) -> str:
    frame, words = data.tables[name], TABLE_WORDS[name]
    return (
        f"<h3 id='{name}'>{escape(words.title)} <span class='count'>{frame.height:,}</span></h3>\n"
        f"<p class='soft'>{escape(words.about)}</p>\n{rows_in_html(name, frame)}\n{legend_in_html(name, frame)}"
    )
