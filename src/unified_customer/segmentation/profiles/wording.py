"""Findings in words."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from unified_customer.methods.display import COUNT, NUMBER, SHARE, Format, money
from unified_customer.segmentation.profiles.measures import ANSWER, MEASURES
from unified_customer.segmentation.profiles.traits import CHANNELS

_DOING: Final[Mapping[str, str]] = {
    "gender": "are {}",
    "age": "are aged {}",
    "country": "live in {}",
    "region": "live in {}",
    "language": "speak {}",
    "category": "buy from {}",
    "brand": "buy {}",
    "item": "buy “{}”",
    "order channel": "buy by {}",
    "event": "have “{}” on record",
    "event channel": "come by {}",
}
_HAVING: Final[Mapping[str, tuple[str, str]]] = {
    "recency": ("last bought {} longer ago", "last bought {} more recently"),
    "frequency": ("buy {} more often", "buy {} less often"),
    "monetary": ("paid {} more in all", "paid {} less in all"),
    "average_order": ("pay {} more for an order", "pay {} less for an order"),
    "events": ("are {} more active on site and in mails", "are {} less active on site and in mails"),
}
KINDS: Final[Mapping[str, str]] = {
    "order channel": "bought by",
    "event channel": "came by",
    "recency": "last purchase",
    "frequency": "purchases",
    "monetary": "paid in all",
    "average_order": "paid per order",
    "events": "things done",
    "category": "bought from",
}
_SIZES: Final = ((0.8, "far"), (0.5, "clearly"), (0.2, "somewhat"), (0.0, "a little"))
"""J. Cohen (1988): Statistical power analysis, section 2.2: .2 is small, .5 medium, .8 large."""


def named(kind: str) -> str:
    """Return what a kind of trait or measure is called.

    Examples:
        >>> named("order channel"), named("gender"), named("answer: How was it?")
        ('bought by', 'gender', '“How was it?”')
    """
    if kind.startswith(ANSWER):
        return f"“{kind.removeprefix(ANSWER)}”"
    return KINDS.get(kind, kind)


def doing(kind: str, value: str) -> str:
    """Return a trait as what people do.

    Examples:
        >>> doing("age", "25-34"), doing("answer: How was it?", "fine")
        ('are aged 25-34', 'answer “fine” to “How was it?”')
    """
    if kind.startswith(ANSWER):
        return f"answer “{value}” to {named(kind)}"
    return _DOING[kind].format(shown(kind, value))


def shown(kind: str, value: str) -> str:
    """Return a value as people read it.

    Examples:
        >>> shown("event channel", "paid_search"), shown("brand", "snake_ware")
        ('paid search', 'snake_ware')
    """
    return value.replace("_", " ") if kind in CHANNELS else value


def times(row: Mapping[str, Any]) -> str:
    """Return a lift in words, with its interval or as the bound that it is.

    Examples:
        >>> times({"estimate": 1.834, "low": 1.512, "high": 2.1, "bound": None})
        '1.8 times as often (1.5 to 2.1)'
        >>> times({"estimate": 3.0, "low": 2.0, "high": 4.0, "bound": "at least"})
        'at least 2 times as often'
    """
    if row["bound"] is not None:
        end = row["low"] if row["bound"] == "at least" else row["high"]
        return f"{row['bound']} {in_brief(end)} times as often"
    return f"{in_brief(row['estimate'])} times as often ({in_brief(row['low'])} to {in_brief(row['high'])})"


def in_brief(ratio: float) -> str:
    """Return a ratio with the two digits that matter.

    Examples:
        >>> in_brief(1.834), in_brief(0.0759), in_brief(152.0)
        ('1.8', '0.076', '150')
    """
    return NUMBER.written(float(f"{ratio:.2g}"))


def having(row: Mapping[str, Any]) -> str:
    """Return a difference of numbers in words, as large as it surely is.

    Examples:
        >>> having({"kind": "frequency", "estimate": 0.9, "low": 0.6, "high": 1.2})
        'buy clearly more often'
    """
    more = row["estimate"] > 0
    sure = min(abs(row["low"]), abs(row["high"]))
    size = next(word for bound, word in _SIZES if sure >= bound)
    kind: str = row["kind"]
    if kind.startswith(ANSWER):
        return f"answer {named(kind)} {size} {'higher' if more else 'lower'}"
    return _HAVING[kind][0 if more else 1].format(size)


def format_of(kind: str, currency: str | None) -> Format:
    """Return how the values of a measure are written."""
    if kind not in MEASURES:
        return NUMBER
    return money(currency) if MEASURES[kind].unit == "money" else NUMBER


def sentence(parts: Sequence[str]) -> str:
    """Join parts as a sentence does.

    Examples:
        >>> sentence(["a", "b", "c"]), sentence(["a"])
        ('a, b and c', 'a')
    """
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def sizes_in_words(facts: Mapping[str, Any]) -> str:
    """Return the size of a segment and what it brings in a few words."""
    size = f"{COUNT.written(facts['customers'])} customers, {SHARE.written(facts['share'])} of all"
    if facts["revenue_share"] is None:
        return size
    return f"{size}, and bring {SHARE.written(facts['revenue_share'])} of the revenue"
