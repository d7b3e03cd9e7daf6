"""All cards as one handbook: a page that stands alone, to be read on a screen or printed."""

from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

from unified_customer.methods.display import COUNT, SHARE
from unified_customer.segmentation.profiles.counting import REST
from unified_customer.segmentation.profiles.page import whole_page

if TYPE_CHECKING:
    from unified_customer.segmentation.profiles.fitted import SegmentProfiles

_LEAD: Final = "Who they are, what they bring, what sets them apart, and what we do for them."
_METHOD: Final = (
    (
        "What sets a segment apart is what more of its customers, or fewer, have or do than of all others: the lift, share "
        "against share. Who buys and does more has more of everything; so of things of which one can have many, such as "
        "categories or items, only those are told whose lift is beyond that general level too. Numbers are compared as "
        "differences in standard deviations (sd), those of money and counts on a logarithmic scale."
    ),
    (
        "Many things are compared at once, and some always look different by chance. So the false discovery rate is held "
        "(Benjamini and Hochberg, 1995): of what is said to set segments apart, {rate} at most is expected to be chance. Of "
        "{compared} comparisons {told} are told apart. Intervals are wide enough for that choice (Benjamini and Yekutieli, "
        "2005); lifts have log intervals (Katz et al., 1978), differences those of Bonett (2008)."
    ),
    (
        "Nothing is told of fewer than {least} customers. Segments that are smaller are one rest; what fewer customers have is "
        "left out; what is typical is a band or a value that so many share; “at least” and “at most” stand where on one side "
        "there are fewer. All here is an aggregate, and no line is about one person."
    ),
    "What is found is how segments differ, not why. Traits that are known of some customers only are compared among those.",
)


def handbook_html(
    profiles: "SegmentProfiles",
    *,
    title: str,
    purpose: str,
    overview: str,
    card: Callable[[str], str],
) -> str:
    """Return the handbook.

    Args:
        profiles: The profiles.
        title: What it is called.
        purpose: What the data were read for.
        overview: The chart of all segments; may be empty.
        card: What gives the card of a segment.
    """
    body = [_cover(profiles, title=title, purpose=purpose, overview=overview)]
    body += [card(name) for name in profiles.names]
    return whole_page(title, "".join([*body, _method(profiles)]))


def _cover(profiles: "SegmentProfiles", *, title: str, purpose: str, overview: str) -> str:
    size = profiles.facts["customers"].sum()
    meta = [
        ("customers", COUNT.written(size) if size else f"fewer than {profiles.spec.least}"),
        ("segments", COUNT.written(len(profiles.names))),
        ("before", f"{profiles.as_of:%Y-%m-%d %H:%M} UTC"),
        ("read for", purpose),
        ("made from", ", ".join(profiles.sources).replace("_", " ") or "the segments alone"),
    ]
    told = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in meta)
    return (
        f'<section class="uc-cover"><h1>{escape(title)}</h1><p class="uc-lead">{_LEAD}</p><dl class="uc-meta">{told}</dl>'
        f"<h3>Contents</h3>{_contents(profiles)}{overview}</section>"
    )


def _contents(profiles: "SegmentProfiles") -> str:
    head = '<th>segment</th><th class="uc-number">customers</th><th class="uc-number">share</th><th class="uc-number">revenue</th>'
    rows = "".join(_entries(profiles))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _entries(profiles: "SegmentProfiles") -> Iterator[str]:
    columns = ("segment", "customers", "share", "revenue_share")
    for place, (segment, customers, share, revenue) in enumerate(profiles.facts.select(columns).iter_rows(), 1):
        written = (COUNT.written(customers), SHARE.written(share), SHARE.written(revenue))
        cells = "".join(f'<td class="uc-number">{escape(each)}</td>' for each in written)
        yield f"<tr><td>{_entry(profiles, segment, place)}</td>{cells}</tr>"
    yield '<tr><td><a href="#method">How this was made</a></td><td></td><td></td><td></td></tr>'


def _entry(profiles: "SegmentProfiles", segment: str, place: int) -> str:
    if segment == REST:
        return f'<span class="uc-soft">{REST}: segments too small for a card</span>'
    found = profiles.segment(segment)
    other = f' <span class="uc-soft">{escape(segment)}</span>' if found.name != segment else ""
    return f'<a href="#segment-{place}">{escape(found.name)}</a>{other}'


def _method(profiles: "SegmentProfiles") -> str:
    told = {
        "rate": SHARE.written(profiles.spec.rate),
        "compared": COUNT.written(profiles.findings.height),
        "told": COUNT.written(profiles.findings["told_apart"].sum()),
        "least": str(profiles.spec.least),
    }
    texts: Sequence[str] = [text.format(**told) for text in _METHOD]
    return f'<section id="method"><h2>How this was made</h2>{"".join(f"<p>{escape(text)}</p>" for text in texts)}</section>'
