"""The card of a segment, as one can print it."""

from collections.abc import Iterator
from html import escape
from typing import Final

import polars as pl

from unified_customer.methods.display import COUNT, NUMBER, SHARE, money
from unified_customer.segmentation.profiles.findings import SegmentFindings
from unified_customer.segmentation.profiles.page import ACCENTS
from unified_customer.segmentation.profiles.story import story
from unified_customer.segmentation.profiles.wording import format_of, named, shown

_CHANNELS: Final = 4
_TYPICAL: Final = (
    "frequency", "recency", "monetary", "average_order", "age", "gender", "region", "country", "language", "category",
    "order channel", "event channel",
)  # fmt: skip
_NO_PERSON: Final = (
    "No real person: each line is what is most common, or in the middle, by itself; nobody has to be all of it."
)


def card_html(found: SegmentFindings, *, place: int, of: int, picture: str, note: str) -> str:
    """Return the card of a segment as a section.

    Args:
        found: What was found of it.
        place: Its place among all, from 1.
        of: How many there are.
        picture: The chart of what sets it apart; may be empty.
        note: Small print at the foot.
    """
    told = f"Segment {place} of {of}" + (f" · {found.segment}" if found.name != found.segment else "")
    parts = [
        f'<div class="uc-kicker">{escape(told)}</div><h2>{escape(found.name)}</h2>',
        _facts(found),
        f'<p class="uc-story">{escape(found.persona.story or story(found))}</p>',
        f'<div class="uc-columns">{_typical(found)}{_action(found)}</div>',
        _apart(found, picture),
        f'<p class="uc-small">{escape(note)}</p>',
    ]
    colour = (place - 1) % ACCENTS
    return f'<section class="uc-card uc-accent-{colour}" id="segment-{place}">{"".join(parts)}</section>'


def _facts(found: SegmentFindings) -> str:
    facts, worth = found.facts, money(found.currency)
    told = [("customers", COUNT.written(facts["customers"])), ("of all customers", SHARE.written(facts["share"]))]
    if facts["revenue_share"] is not None:
        told.append(("of the revenue", SHARE.written(facts["revenue_share"])))
    others = (
        ("an order, on average", "average_order", worth),
        ("purchases of one", "frequency", NUMBER),
        ("days since the last", "recency", NUMBER),
    )
    told += [(name, unit.written(facts[column])) for name, column, unit in others if facts[column] is not None]
    return (
        f'<dl class="uc-facts">{"".join(f"<div><dt>{escape(n)}</dt><dd>{escape(v)}</dd></div>" for n, v in told)}</dl>'
    )


def _typical(found: SegmentFindings) -> str:
    lines = "".join(_line(row) for kind in _TYPICAL for row in found.typical.filter(kind=kind).iter_rows(named=True))
    if not lines:
        return '<div><h3>Typical of them</h3><p class="uc-soft">Too little is known to tell.</p></div>'
    return f'<div><h3>Typical of them</h3><dl class="uc-list">{lines}</dl><p class="uc-small">{_NO_PERSON}</p></div>'


def _line(row: dict[str, object]) -> str:
    share = f"<small>{escape(SHARE.written(row['share']))}</small>"
    return f"<dt>{escape(named(str(row['kind'])))}</dt><dd>{escape(shown(str(row['kind']), str(row['value'])))} {share}</dd>"


def _action(found: SegmentFindings) -> str:
    boxes = [_box("What we do for them", found.persona.action, kind=" uc-action"), _quote(found.persona.quote)]
    channels = "".join(_channels(found))
    return f'<div class="uc-stack">{"".join(boxes)}{channels}</div>'


def _box(title: str, text: str, *, kind: str = "") -> str:
    inside = f"<p>{escape(text)}</p>" if text else _to_fill_in(2)
    return f'<div class="uc-box{kind}"><h3>{title}</h3>{inside}</div>'


def _quote(quote: str) -> str:
    inside = f"<blockquote>“{escape(quote)}”</blockquote>" if quote else _to_fill_in(3)
    return f'<div class="uc-box"><h3>In their own words</h3>{inside}</div>'


def _to_fill_in(lines: int) -> str:
    return '<div class="uc-lines"></div>' * lines


def _channels(found: SegmentFindings) -> Iterator[str]:
    for kind in found.channels["kind"].unique(maintain_order=True):
        rows = found.channels.filter(kind=kind).head(_CHANNELS)
        bars = "".join(_bar(shown(kind, value), share) for value, share in rows.select("value", "share").iter_rows())
        yield f'<div class="uc-channels"><h3>{escape(named(kind))}</h3>{bars}</div>'


def _bar(name: str, share: float) -> str:
    track = f'<span class="uc-track"><i style="width:{share * 100:.0f}%"></i></span>'
    return f'<div class="uc-bar"><span>{escape(name)}</span>{track}<span class="uc-number">{escape(SHARE.written(share))}</span></div>'


def _apart(found: SegmentFindings, picture: str) -> str:
    if found.lifts.is_empty() and found.differences.is_empty():
        return "<h3>What sets them apart</h3><p>Nothing that was compared, beyond chance.</p>"
    table = "" if found.differences.is_empty() else _table(found.differences, found.currency)
    return f"{picture}{table}"


def _table(differences: pl.DataFrame, currency: str | None) -> str:
    head = "".join(
        f'<th class="uc-number">{name}</th>' for name in ("usual here", "usual elsewhere", "difference", "interval")
    )
    rows = "".join(_difference(row, currency) for row in differences.iter_rows(named=True))
    return f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _difference(row: dict[str, object], currency: str | None) -> str:
    kind = str(row["kind"])
    means = [format_of(kind, currency).written(row[side]) for side in ("here", "elsewhere")]
    low, high = (f"{row[end]:+.2f}" for end in ("low", "high"))
    told = (*means, f"{row['estimate']:+.2f} sd", f"{low} to {high}")
    cells = "".join(f'<td class="uc-number">{escape(each)}</td>' for each in told)
    return f"<tr><td>{escape(named(kind))}</td>{cells}</tr>"
