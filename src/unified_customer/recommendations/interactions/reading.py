"""Interactions out of events, order lines, or rows that are interactions already."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

import narwhals as nw
import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Lazy, Native, before, collected, has, opened, texts_within
from unified_customer.methods.events.meanings import meanings_among
from unified_customer.methods.events.vocabulary import folded
from unified_customer.recommendations.interactions.acts import BY_NAME, OF_LINES, WEIGHTS

if TYPE_CHECKING:
    from unified_customer.recommendations.interactions.spec import Interactions

SOURCES: Final = ("interactions", "order_lines", "events")
SCHEMA: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "item_id": pl.String(),
        "occurred_at": pl.Datetime("us", "UTC"),
        "act": pl.String(),
        "weight": pl.Float64(),
    }
)
FrameT = TypeVar("FrameT", pl.DataFrame, pl.LazyFrame)
_BEST_RATING: Final = 5.0


def rows_before(spec: "Interactions", tables: Mapping[str, Native], *, as_of: datetime) -> pl.LazyFrame:
    """Return the interactions before an instant, in no order; see `Interactions.rows`."""
    if "interactions" in tables:
        found = [_given(spec, tables["interactions"], as_of)]
    else:
        found = [
            read(spec, tables[name], as_of).lazy()
            for name, read in (("order_lines", _of_lines), ("events", _of_events))
            if name in tables
        ]
    if not found:
        raise SchemaError(
            f"None of {', '.join(map(repr, SOURCES))} is among the tables; there are: {', '.join(tables) or 'none'}."
        )
    whole = pl.concat([rows.select(SCHEMA.names()).cast(SCHEMA) for rows in found])
    return whole.drop_nulls(["customer_id", "item_id", "weight"]).filter(pl.col("weight") != 0)


def _recent(spec: "Interactions", lazy: Lazy, as_of: datetime, *, untold: bool = False) -> Lazy:
    """Return the rows of the window before an instant, and if `untold` those without a time."""
    since = None if spec.window_days is None else as_utc(as_of) - timedelta(days=spec.window_days)
    return before(lazy, "occurred_at", as_of=as_of, zone=spec.zone, since=since, untold=untold)


def _given(spec: "Interactions", native: Native, as_of: datetime) -> pl.LazyFrame:
    rows = opened(native, columns=["customer_id", "item_id"], name="interactions")
    timed, acted, weighed = (has(rows, name) for name in ("occurred_at", "act", "weight"))
    rows = (
        _recent(spec, rows, as_of, untold=True)
        if timed
        else rows.with_columns(occurred_at=nw.lit(None, nw.Datetime("us", "UTC")))
    )
    if not acted:
        rows = rows.with_columns(act=nw.lit(None, nw.String))
    found = _at_hand(rows.select(*(name for name in SCHEMA if name != "weight" or weighed)))
    return found if weighed else _weighed(spec, found, otherwise=1.0)


def _at_hand(rows: Lazy) -> pl.LazyFrame:
    """Return rows as a lazy frame of Polars: those that are one stay where they are until they are counted."""
    return rows.to_native() if rows.implementation.is_polars() else collected(rows).lazy()


def _of_lines(spec: "Interactions", native: Native, as_of: datetime) -> pl.DataFrame:
    needed = ["customer_id", "item_id", "occurred_at", "kind"]
    lines = _recent(spec, opened(native, columns=needed, name="order_lines"), as_of)
    known = lines.filter(~nw.col("customer_id").is_null(), ~nw.col("item_id").is_null())
    told = collected(known.select(*needed)).with_columns(
        act=pl.col("kind").replace_strict(OF_LINES, default=None, return_dtype=pl.String)
    )
    return _weighed(spec, told.drop_nulls("act"))


def _of_events(spec: "Interactions", native: Native, as_of: datetime) -> pl.DataFrame:
    events = opened(native, columns=["customer_id", "name", "occurred_at"], name="events")
    acts = _acts(spec, events)
    if not acts:
        return pl.DataFrame(schema=SCHEMA)
    chosen = _recent(spec, events.filter(nw.col("name").is_in(list(acts)), ~nw.col("customer_id").is_null()), as_of)
    told = collected(_with_items(chosen).select("customer_id", "item_id", "name", "occurred_at", "rating"))
    named = told.with_columns(act=pl.col("name").replace_strict(acts, return_dtype=pl.String))
    return _rated(_weighed(spec, named))


def _acts(spec: "Interactions", events: Lazy) -> dict[str, str]:
    """Return the act behind each name among events that has one, as it is spelled there."""
    own = spec.named()
    names = collected(events.select(nw.col("name").cast(nw.String)).unique())["name"].drop_nulls().to_list()
    meant = {name: BY_NAME.get(meaning.name) for name, meaning in meanings_among(events).items()}
    acts = {name: own.get(folded(name)) or meant.get(name) for name in names}
    return {name: act for name, act in acts.items() if act is not None}


def _with_items(events: Lazy) -> Lazy:
    """Add `item_id`: the product that an event is about, else the one that its fields name; and `rating`."""
    paths = {
        "_product": ("product_id",), "_item": ("item_id",), "_camel": ("productId",), "_sku": ("sku",),
        "rating": ("rating",),
    }  # fmt: skip
    if has(events, "properties"):
        events = texts_within(events, "properties", paths)
    else:
        events = events.with_columns(**{name: nw.lit(None, nw.String) for name in paths})
    named = nw.coalesce("_product", "_item", "_camel", "_sku")
    if has(events, "object_kind") and has(events, "object_id"):
        about = nw.when(nw.col("object_kind") == "product").then(nw.col("object_id").cast(nw.String))
        named = nw.coalesce(about, named)
    return events.with_columns(item_id=named)


def _weighed(spec: "Interactions", rows: FrameT, *, otherwise: float | None = None) -> FrameT:
    """Add the weight of each act."""
    # `replace_strict` would hold all rows in memory at once.
    told = pl.col("act").cast(pl.String)
    weight = pl.coalesce(pl.when(told == act).then(pl.lit(spec.weight(act))) for act in WEIGHTS)
    return rows.with_columns(weight=weight if otherwise is None else weight.fill_null(otherwise))


def _rated(rows: pl.DataFrame) -> pl.DataFrame:
    """Let a review weigh by its rating of 1 to 5: the worst speaks against the item as much as the best speaks for it."""
    rating = pl.col("rating").cast(pl.Float64, strict=False)
    middle = (1 + _BEST_RATING) / 2
    share = ((rating - middle) / (_BEST_RATING - middle)).clip(-1, 1)
    told = (pl.col("act") == "review") & rating.is_not_null()
    return rows.with_columns(weight=pl.when(told).then(pl.col("weight") * share).otherwise("weight"))
