"""What events stand for beside themselves: their object and money, order lines, items and answers, by a vocabulary."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import polars as pl

from unified_customer.core.tables import ANSWERS, EVENTS, ITEMS, ORDER_LINES
from unified_customer.methods.events.amounts import Body, amount_of, body_of, currency_of, pick, text_of
from unified_customer.methods.events.answering import answer_of
from unified_customer.methods.events.batch import Finding
from unified_customer.methods.events.products import ITEM_FIELDS, Found, Told, items_of, lines_of, products_of
from unified_customer.methods.events.vocabulary import Meaning, Vocabulary
from unified_customer.methods.events.wire import without

UNKNOWN: Final = "an event name that no vocabulary knows"
TOLD_TWICE: Final = "an order line that two events tell differently"
ORIGINAL_NAME: Final = "original_name"
"""Property that keeps the name that the source gave, where a vocabulary has another for it."""

_ROW: Final = "_row"
_TEXT: Final = "_text"
_ABOUT: Final[dict[str, pl.DataType]] = {
    "object_kind": pl.String(), "object_id": pl.String(), "amount": pl.Decimal(18, 4), "currency": pl.String(),
    "text": pl.String(),
}  # fmt: skip
_ITEM: Final[dict[str, pl.DataType]] = {"item_id": pl.String(), **{name: ITEMS.columns[name] for name in ITEM_FIELDS}}
_FOUND: Final[dict[str, pl.DataType]] = {"finding": pl.String(), "field": pl.String()}


@dataclass(frozen=True, slots=True)
class Derived:
    """Events with what their names mean, and the rows that they stand for.

    Attributes:
        events: The events under their canonical names, with object, amount, currency, text and channel.
        order_lines: Rows of `ORDER_LINES`.
        items: Rows of `ITEMS`.
        answers: Rows of `ANSWERS`.
        given: The same, with every answer that was given under one id.
        findings: What was not as it should be.
    """

    events: pl.DataFrame
    order_lines: pl.DataFrame
    items: pl.DataFrame
    answers: pl.DataFrame
    given: pl.DataFrame
    findings: list[Finding]


@dataclass(slots=True)
class _Gathered:
    source: str
    currency: str | None
    about: list[tuple[Any, ...]] = field(default_factory=list)
    items: list[tuple[Any, ...]] = field(default_factory=list)
    found: list[tuple[int, str, str]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def note(self, event_id: str, found: Iterable[Found]) -> None:
        self.findings += [(event_id, finding, where) for finding, where in found]


def derive(events: pl.DataFrame, *, vocabulary: Vocabulary, source: str, currency: str | None = None) -> Derived:
    """Return `events` of one source with their meaning, and the order lines, items and answers in them.

    Numbers are read exactly. A column that is already filled is left as it is. An event that no vocabulary knows
    stays as it came and is reported.

    Args:
        events: Rows of `EVENTS`.
        vocabulary: What names mean; names of `track` calls only.
        source: Name of the source.
        currency: ISO 4217 code of amounts that name none.

    Examples:
        >>> from datetime import UTC, datetime
        >>> from unified_customer.methods.events.vocabulary import pack
        >>> sale = {"event_id": "e", "source": "web", "type": "track", "name": "purchase"}
        >>> told = (
        ...     '{"transaction_id": "o7", "currency": "EUR", "value": 12.5, "items": [{"item_id": "p", "price": 12.5}]}'
        ... )
        >>> sale |= {"occurred_at": datetime(2026, 1, 2, tzinfo=UTC), "properties": told}
        >>> found = derive(EVENTS.conform(pl.DataFrame([sale])), vocabulary=pack("ecommerce"), source="web")
        >>> found.events["name"].item(), found.events["object_id"].item(), found.order_lines["amount"].item()
        ('Order Completed', 'o7', Decimal('12.5000'))
    """
    track = events.with_row_index(_ROW).filter(pl.col("type") == "track")
    names = track["name"].drop_nulls().unique().to_list()
    meanings = {name: meaning for name in names if (meaning := vocabulary.meaning(name)) is not None}
    known = pl.col("name").is_in(list(meanings))
    gathered = _Gathered(source, currency)
    for event_id, name in track.filter(~known).select("event_id", "name").iter_rows():
        gathered.note(event_id, [(UNKNOWN, name)])
    told = _with_texts(track.filter(known).drop_nulls("properties"), gathered, meanings)
    _gather_rows(told, gathered, meanings)
    order_lines = _order_lines(gathered)
    answers = ANSWERS.conform(pl.DataFrame(gathered.answers, schema=ANSWERS.columns))
    return Derived(
        _described(events, _joined(told, gathered.about, _ABOUT), meanings),
        order_lines,
        item_history(_joined(told, gathered.items, _ITEM).rename({"occurred_at": "valid_from"}), source=source),
        answers.unique("answer_id", keep="first", maintain_order=True),
        answers,
        [*gathered.findings, *_joined(told, gathered.found, _FOUND).select("event_id", "finding", "field").iter_rows()],
    )


def underived(events: pl.DataFrame) -> Derived:
    """Return `events` as they are, and nothing beside."""
    return Derived(events, ORDER_LINES.empty(), ITEMS.empty(), ANSWERS.empty(), ANSWERS.empty(), [])


def _with_texts(told: pl.DataFrame, gathered: _Gathered, meanings: dict[str, Meaning]) -> pl.DataFrame:
    # Most events say what others have said word for word: each name and text is read once, under a number.
    texts = told.select("name", "properties").unique().with_row_index(_TEXT)
    for number, name, properties in texts.select(_TEXT, "name", "properties").iter_rows():
        _read(gathered, number, meanings[name], body_of(properties))
    return told.join(texts, on=["name", "properties"], how="left", maintain_order="left")


def _read(gathered: _Gathered, number: int, meaning: Meaning, body: Body) -> None:
    if meaning.object_kind or meaning.amount or meaning.text:
        about, found = _about(meaning, body, currency=gathered.currency)
        gathered.about.append((number, *about))
        gathered.found += [(number, *each) for each in found]
    if "items" in meaning.derives:
        entries, _ = products_of(meaning, body)
        gathered.items += [(number, *item) for item in items_of(meaning, body, entries)]


def _joined(told: pl.DataFrame, rows: list[tuple[Any, ...]], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    read = pl.DataFrame(rows, schema={_TEXT: pl.UInt32(), **schema}, orient="row")
    return told.select(_ROW, _TEXT, "occurred_at", "event_id").join(read, on=_TEXT, how="inner")


def _gather_rows(told: pl.DataFrame, gathered: _Gathered, meanings: dict[str, Meaning]) -> None:
    with_rows = [name for name, meaning in meanings.items() if {"order_lines", "answers"} & {*meaning.derives}]
    ordered = told.filter(pl.col("name").is_in(with_rows)).sort("occurred_at", "event_id")
    columns = ("event_id", "record_id", "occurred_at", "channel", "name", "properties")
    for event_id, record_id, at, channel, name, properties in ordered.select(columns).iter_rows():
        meaning = meanings[name]
        _gather_row(gathered, Told(event_id, record_id, at, channel or meaning.channel, meaning, body_of(properties)))


def _gather_row(gathered: _Gathered, told: Told) -> None:
    if "order_lines" in told.meaning.derives:
        lines, found = lines_of(told, source=gathered.source, currency=gathered.currency)
        gathered.lines += lines
        gathered.note(told.event_id, found)
    if told.meaning.answer is not None:
        answer, found = answer_of(told, told.meaning.answer, source=gathered.source)
        gathered.answers += [] if answer is None else [answer]
        gathered.note(told.event_id, found)


def _about(meaning: Meaning, body: Body, *, currency: str | None) -> tuple[tuple[Any, ...], list[Found]]:
    object_id = text_of(pick(body, meaning.object_id, meaning.field_aliases)) if meaning.object_kind else None
    amount, wrong = amount_of(pick(body, meaning.amount, meaning.field_aliases))
    found = [(wrong, meaning.amount[0])] if wrong else []
    code = None
    if amount is not None:
        code, wrong = currency_of(body.get("currency"), default=currency)
        found += [(wrong, "currency")] if wrong else []
        amount = -abs(amount) if meaning.line_kind in {"return", "cancellation"} else amount
    text = text_of(pick(body, meaning.text, meaning.field_aliases))
    return (meaning.object_kind if object_id else None, object_id, amount, code, text), found


def _described(events: pl.DataFrame, about: pl.DataFrame, meanings: dict[str, Meaning]) -> pl.DataFrame:
    found = about.drop(_TEXT, "occurred_at", "event_id")
    joined = events.with_row_index(_ROW).join(found, on=_ROW, how="left", suffix="_found", maintain_order="left")
    channels = {name: meaning.channel for name, meaning in meanings.items() if meaning.channel}
    only = pl.col("name").replace_strict(channels, default=None, return_dtype=pl.String) if channels else pl.lit(None)
    told = joined.with_columns(
        *(pl.coalesce(name, f"{name}_found").alias(name) for name in _ABOUT),
        pl.coalesce("channel", pl.when(pl.col("type") == "track").then(only)).alias("channel"),
    )
    return _renamed(told.select(_ROW, *EVENTS.columns), meanings).drop(_ROW)


def _renamed(told: pl.DataFrame, meanings: dict[str, Meaning]) -> pl.DataFrame:
    names = {name: meaning.name for name, meaning in meanings.items() if name != meaning.name}
    other = (pl.col("type") == "track") & pl.col("name").is_in(list(names))
    foreign = told.filter(other)
    if foreign.is_empty():
        return told
    properties = [_with_name(*row) for row in foreign.select("properties", "name").iter_rows()]
    ours = foreign.with_columns(
        pl.col("name").replace_strict(names), pl.Series("properties", properties, dtype=pl.String)
    )
    return pl.concat([told.filter(other.not_().fill_null(value=True)), ours]).sort(_ROW)


def _with_name(properties: str | None, name: str) -> str:
    return without(properties or "{}", (), **{ORIGINAL_NAME: msgspec.Raw(msgspec.json.encode(name))})


def _order_lines(gathered: _Gathered) -> pl.DataFrame:
    lines = ORDER_LINES.conform(pl.DataFrame(gathered.lines, schema=ORDER_LINES.columns))
    once = lines.unique(list(ORDER_LINES.key), keep="first", maintain_order=True)
    if once.height < lines.height:
        ways = [name for name in ORDER_LINES.columns if name not in {"event_id", "occurred_at", "record_id", "channel"}]
        first = once.select(pl.struct(ways).alias("way"))["way"]
        differing = lines.filter(~pl.struct(ways).is_in(first.implode()))
        gathered.findings += [(event_id, TOLD_TWICE, "order_id") for event_id in differing["event_id"]]
    return once


def item_history(told: pl.DataFrame, *, source: str) -> pl.DataFrame:
    """Return rows of `ITEMS`: what events say of each item, from when to when.

    A field that an event leaves out is as it was before. A row begins where a field changes and ends where the next
    begins; the last of each item is open.

    Args:
        told: `item_id`, `valid_from`, `event_id`, and fields of `ITEMS`, one row per statement.
        source: Name of the source.
    """
    fields = list(ITEM_FIELDS)
    filled = (
        told.lazy()
        .sort("item_id", "valid_from", "event_id")
        .with_columns(pl.col(fields).forward_fill().over("item_id"))
        .unique(["item_id", "valid_from"], keep="last", maintain_order=True)
        .with_columns(pl.struct(fields).alias("_state"))
        .filter((pl.col("_state") != pl.col("_state").shift().over("item_id")).fill_null(value=True))
        .with_columns(pl.col("valid_from").shift(-1).over("item_id").alias("valid_to"))
        .with_columns(kind=pl.lit("product"), source=pl.lit(source))
        .collect()
    )
    return ITEMS.conform(filled.select(name for name in ITEMS.columns if name in filled.columns))
