"""What events stand for beside themselves: their object and money, order lines, items and answers, by a vocabulary."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

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

_OBJECT: Final = {
    "object_kind": pl.String(), "object_id": pl.String(), "amount": pl.Decimal(18, 4), "currency": pl.String(),
    "text": pl.String(),
}  # fmt: skip
_ITEM: Final = {
    "item_id": pl.String(), "valid_from": pl.Datetime("us", "UTC"), "event_id": pl.String(),
    **{name: ITEMS.columns[name] for name in ITEM_FIELDS},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Derived:
    """Events with what their names mean, and the rows that they stand for.

    Attributes:
        events: The events under their canonical names, with object, amount, currency, text and channel.
        order_lines: Rows of `ORDER_LINES`.
        items: Rows of `ITEMS`.
        answers: Rows of `ANSWERS`.
        findings: What was not as it should be.
    """

    events: pl.DataFrame
    order_lines: pl.DataFrame
    items: pl.DataFrame
    answers: pl.DataFrame
    findings: list[Finding]


class _Said(NamedTuple):
    about: tuple[Any, ...] | None
    items: list[tuple[Any, ...]]
    found: list[Found]
    body: Body | None


@dataclass(slots=True)
class _Gathered:
    source: str
    currency: str | None
    # Most events say what others have said word for word; each text is read once.
    said: dict[tuple[str, str], _Said] = field(default_factory=dict)
    objects: list[tuple[Any, ...]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    items: list[tuple[Any, ...]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def note(self, event_id: str, found: Iterable[Found]) -> None:
        self.findings += [(event_id, finding, where) for finding, where in found]

    def note_all(self, event_ids: Iterable[str], found: Found) -> None:
        self.findings += [(event_id, *found) for event_id in event_ids]


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
    names = events.filter(pl.col("type") == "track")["name"].drop_nulls().unique().to_list()
    meanings = {name: meaning for name in names if (meaning := vocabulary.meaning(name)) is not None}
    unknown = events.filter((pl.col("type") == "track") & ~pl.col("name").is_in(list(meanings)))
    gathered = _Gathered(source, currency)
    gathered.findings += [
        (event_id, UNKNOWN, name) for event_id, name in unknown.select("event_id", "name").iter_rows()
    ]
    indexed = events.with_row_index("_row")
    _gather_all(gathered, indexed, meanings)
    return Derived(
        _described(indexed, meanings, gathered),
        _order_lines(gathered),
        item_history(pl.DataFrame(gathered.items, schema=_ITEM, orient="row"), source=source),
        ANSWERS.conform(pl.DataFrame(gathered.answers, schema=ANSWERS.columns)).unique(
            "answer_id", maintain_order=True
        ),
        gathered.findings,
    )


def underived(events: pl.DataFrame) -> Derived:
    """Return `events` as they are, and nothing beside."""
    return Derived(events, ORDER_LINES.empty(), ITEMS.empty(), ANSWERS.empty(), [])


def _gather_all(gathered: _Gathered, indexed: pl.DataFrame, meanings: dict[str, Meaning]) -> None:
    known = indexed.filter((pl.col("type") == "track") & pl.col("name").is_in(list(meanings)))
    ordered = known.drop_nulls("properties").sort("occurred_at", "event_id")
    columns = ("_row", "event_id", "occurred_at", "record_id", "channel", "name", "properties")
    for row, event_id, at, record_id, channel, name, properties in ordered.select(columns).iter_rows():
        meaning = meanings[name]
        said = gathered.said.get((name, properties))
        if said is None:
            said = _said(meaning, body_of(properties), currency=gathered.currency)
            if said.body is None:
                gathered.said[name, properties] = said
        if said.about is not None:
            gathered.objects.append((row, *said.about))
        gathered.items += [(item[0], at, event_id, *item[1:]) for item in said.items]
        gathered.note(event_id, said.found)
        if said.body is not None:
            _gather_rows(gathered, Told(event_id, record_id, at, channel or meaning.channel, meaning, said.body))


def _gather_rows(gathered: _Gathered, told: Told) -> None:
    if "order_lines" in told.meaning.derives:
        lines, found = lines_of(told, source=gathered.source, currency=gathered.currency)
        gathered.lines += lines
        gathered.note(told.event_id, found)
    if told.meaning.answer is not None:
        answer, found = answer_of(told, told.meaning.answer, source=gathered.source)
        gathered.answers += [] if answer is None else [answer]
        gathered.note(told.event_id, found)


def _said(meaning: Meaning, body: Body, *, currency: str | None) -> _Said:
    about, found = _about(meaning, body, currency=currency)
    items: list[tuple[Any, ...]] = []
    if "items" in meaning.derives:
        entries, _ = products_of(meaning, body)
        items = list(items_of(meaning, body, entries))
    return _Said(about, items, found, body if {"order_lines", "answers"} & {*meaning.derives} else None)


def _about(meaning: Meaning, body: Body, *, currency: str | None) -> tuple[tuple[Any, ...] | None, list[Found]]:
    if not (meaning.object_kind or meaning.amount or meaning.text):
        return None, []
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


def _described(indexed: pl.DataFrame, meanings: dict[str, Meaning], gathered: _Gathered) -> pl.DataFrame:
    found = pl.DataFrame(gathered.objects, schema={"_row": indexed.schema["_row"], **_OBJECT}, orient="row")
    joined = indexed.join(found, on="_row", how="left", suffix="_found", maintain_order="left")
    channels = {name: meaning.channel for name, meaning in meanings.items() if meaning.channel}
    only = pl.col("name").replace_strict(channels, default=None, return_dtype=pl.String) if channels else pl.lit(None)
    told = joined.with_columns(
        *(pl.coalesce(name, f"{name}_found").alias(name) for name in _OBJECT),
        pl.coalesce("channel", pl.when(pl.col("type") == "track").then(only)).alias("channel"),
    )
    return _renamed(told.select("_row", *EVENTS.columns), meanings).drop("_row")


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
    return pl.concat([told.filter(other.not_().fill_null(value=True)), ours]).sort("_row")


def _with_name(properties: str | None, name: str) -> str:
    return without(properties or "{}", (), **{ORIGINAL_NAME: msgspec.Raw(msgspec.json.encode(name))})


def _order_lines(gathered: _Gathered) -> pl.DataFrame:
    lines = ORDER_LINES.conform(pl.DataFrame(gathered.lines, schema=ORDER_LINES.columns))
    once = lines.unique(list(ORDER_LINES.key), keep="first", maintain_order=True)
    if once.height < lines.height:
        ways = [name for name in ORDER_LINES.columns if name not in {"event_id", "occurred_at", "record_id", "channel"}]
        first = once.select(pl.struct(ways).alias("way"))["way"]
        differing = lines.filter(~pl.struct(ways).is_in(first.implode()))
        gathered.note_all(differing["event_id"].to_list(), (TOLD_TWICE, "order_id"))
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
        .drop("_state", "event_id")
        .collect()
    )
    return ITEMS.conform(filled)
