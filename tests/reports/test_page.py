"""A page: what it is made of is on it, escaped, and nothing on it is fetched."""

import re
from html.parser import HTMLParser

import polars as pl

from unified_customer.methods.display import SHARE
from unified_customer.reports.page import Block, Figure, Page, Section, Tile, page_html

SECTION = Section(
    "first",
    "First & foremost",
    says=("The lead <b>", "And more."),
    tiles=(Tile("people", "7", "one more", good=True),),
    headline=(Tile("share", "5 %", "less than before", good=False),),
    parts=(Figure("<svg></svg>", wide=True), Block("Table", pl.DataFrame({"share": [0.25]}), {"share": SHARE})),
    notes=("Small print.",),
)


class Elements(HTMLParser):
    """Which elements are on a page, and which stand open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def shown(*sections: Section) -> str:
    return page_html(Page("Title", "Subtitle", sections, ("Foot.",)))


def test_every_element_is_closed() -> None:
    assert Elements(shown(SECTION)).open == []


def test_nothing_is_fetched_and_no_script_runs() -> None:
    elements = Elements(shown(SECTION)).found
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in elements}
    assert {attributes["href"] for tag, attributes in elements if tag == "a"} == {"#first"}
    (policy,) = [told["content"] for _, told in elements if told.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_texts_are_escaped() -> None:
    page = shown(SECTION)
    assert "First &amp; foremost" in page
    assert "The lead &lt;b&gt;" in page
    assert "<b>" not in page


def test_the_first_finding_stands_at_the_top_too() -> None:
    top, _, rest = shown(SECTION).partition("<section")
    assert "The lead" in top
    assert "The lead" in rest
    assert "And more." not in top


def test_headline_numbers_stand_at_the_top_alone() -> None:
    top, _, rest = shown(SECTION).partition("<section")
    assert re.findall(r'class="value">([^<]*)', top) == ["5 %"]
    assert re.findall(r'class="value">([^<]*)', rest) == ["7"]


def test_news_is_good_or_bad() -> None:
    page = shown(SECTION)
    assert 'class="note good">one more' in page
    assert 'class="note bad">less than before' in page


def test_a_section_that_says_nothing_is_not_in_short() -> None:
    page = shown(Section("empty", "Empty"))
    assert 'class="short"' not in page
    assert "<h2>Empty</h2>" in page


def test_a_page_without_sections_is_one() -> None:
    assert Elements(shown()).open == []
