"""The story of a segment, written plainly from what was found."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from unified_customer.segmentation.profiles.findings import SegmentFindings
from unified_customer.segmentation.profiles.wording import doing, having, in_brief, sentence, sizes_in_words, times

_MANY: Final = 100
"""With fewer customers much stays unseen."""
_LIFTS, _LESS, _DIFFERENCES = 3, 2, 2


def story(found: SegmentFindings) -> str:
    """Return what a segment is like in a few sentences: no more than is known, and how sure it is."""
    return " ".join(_sentences(found))


def _sentences(found: SegmentFindings) -> Iterator[str]:
    yield f"They are {sizes_in_words(found.facts)}."
    yield from _worth(found)
    yield from _typically(found)
    yield from _apart(found)
    if found.facts["customers"] < _MANY:
        yield "They are few, so much that is true of them cannot be told from chance."


def _worth(found: SegmentFindings) -> Iterator[str]:
    share, worth = found.facts["share"], found.facts["revenue_share"]
    if worth:
        yield f"One of them brings {in_brief(worth / share)} times what a customer brings on average."


def _typically(found: SegmentFindings) -> Iterator[str]:
    bought, last, paid = (found.typical_of(kind) for kind in ("frequency", "recency", "monetary"))
    if bought is None or last is None or paid is None:
        return
    purchases = "1 purchase" if bought == "1" else f"{bought} purchases"
    yield f"Typically they have made {purchases}, the last {last} ago, and paid {paid} in all."


def _apart(found: SegmentFindings) -> Iterator[str]:
    lifts, differences = found.lifts, found.differences
    if lifts.is_empty() and differences.is_empty():
        yield "Nothing that was compared sets them apart from all others beyond chance."
        return
    if differences.height:
        parts = [having(row) for row in differences.head(_DIFFERENCES).iter_rows(named=True)]
        yield f"Set beside all others they {sentence(parts)}."
    more = lifts.filter(pl.col("estimate") > 1)
    if more.height:
        yield f"Against all others, they {_often(more, _LIFTS)}."
    less = lifts.filter(pl.col("estimate") < 1)
    if less.height:
        yield f"Less often than others, they {_often(less, _LESS)}."


def _often(lifts: pl.DataFrame, count: int) -> str:
    rows = lifts.head(count).iter_rows(named=True)
    return sentence([f"{doing(row['kind'], row['value'])} {times(row)}" for row in rows])
