"""The messages of the web shop as lines of JSON, in the shape that Segment's libraries send."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import polars as pl

from unified_customer.datasets.json_text import json_object, plain, quoted
from unified_customer.datasets.places import COUNTRIES
from unified_customer.datasets.web_events import (
    ALIAS,
    CART,
    CHECKOUT,
    COMPLETED,
    GROUP,
    IDENTIFY,
    LISTED,
    PAGE,
    SEARCHED,
    TRACKS,
    VIEWED,
)  # fmt: skip
from unified_customer.datasets.web_properties import SITE, properties, review_bodies
from unified_customer.datasets.web_sessions import BROWSER, MEDIA, MOBILE, SERVER

if TYPE_CHECKING:
    from collections.abc import Callable

_AGENTS: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
)
_LIBRARIES: Final = {
    BROWSER: '{"name":"analytics.js","version":"npm:next-1.84.3"}',
    MOBILE: '{"name":"analytics-swift","version":"1.6.2"}',
    SERVER: '{"name":"analytics-python","version":"2.4.0"}',
}
_TIMES: Final = {"at": "timestamp", "original": "originalTimestamp", "sent": "sentAt"}
_MILLISECONDS: Final = "%Y-%m-%dT%H:%M:%S.%3fZ"
_MICROSECONDS: Final = "%Y-%m-%dT%H:%M:%S.%6f+00:00"
_WITH_OFFSET: Final = ("%Y-%m-%dT%H:%M:%S%:z", "%Y-%m-%dT%H:%M:%S.%3f%:z")
_TITLES: Final = {
    CART: ("/cart", "Your cart"),
    CHECKOUT: ("/checkout", "Checkout"),
    COMPLETED: ("/thanks", "Thank you"),
}


def lines(batch: pl.DataFrame) -> pl.Series:
    """Return one line per message.

    Args:
        batch: The messages with everything that is known of their session, device, person, item and cart.
    """
    batch = _pages(batch)
    batch = _in_groups(batch, ["style", "zone"], _timed)
    batch = _in_groups(batch, ["style"], lambda part: [_context(part["style"][0]).alias("context")])
    return _in_groups(batch, ["kind"], lambda part: [_line(part["kind"][0]).alias("line")])["line"]


def _in_groups(frame: pl.DataFrame, by: list[str], columns: Callable[[pl.DataFrame], list[pl.Expr]]) -> pl.DataFrame:
    """Add columns whose expressions are different for each group; the order of the rows stays."""
    parts = [part.select("row", *columns(part)) for part in frame.partition_by(by, maintain_order=True)]
    return frame.hstack(pl.concat(parts, how="vertical_relaxed").sort("row").drop("row"))


def _pages(batch: pl.DataFrame) -> pl.DataFrame:
    """Add the page each message was sent from, and the campaign of the page a visit begins with."""
    kind, landing = pl.col("kind"), pl.col("kind") == PAGE
    path, title = pl.lit("/"), pl.lit("Harrow & Finch: things for home")
    for each, (at, name) in _TITLES.items():
        path, title = (
            pl.when(kind == each).then(pl.lit(at)).otherwise(path),
            pl.when(kind == each).then(pl.lit(name)).otherwise(title),
        )
    path = (
        pl.when(kind == VIEWED)
        .then("path")
        .when(kind == LISTED)
        .then("list_path")
        .when(kind == SEARCHED)
        .then(pl.lit("/search"))
        .otherwise(path)
    )
    title = pl.when(kind == VIEWED).then("name").when(kind == LISTED).then("category").otherwise(title)
    moment = pl.col("at").cast(pl.Datetime("us"))
    quarter = pl.concat_str(moment.dt.year().cast(pl.String), pl.lit("-q"), moment.dt.quarter().cast(pl.String))
    source = pl.Series([source for source, _ in MEDIA] + [None]).gather(batch["campaign"].replace(-1, len(MEDIA)))
    medium = pl.Series([medium for _, medium in MEDIA] + [None]).gather(batch["campaign"].replace(-1, len(MEDIA)))
    batch = batch.with_columns(
        utm_source=pl.when(landing).then(source),
        utm_medium=pl.when(landing).then(medium),
        utm_campaign=pl.when(landing).then(pl.concat_str(quarter, pl.lit("-"), source)),
        utm_content=pl.when(landing & (source == "newsletter")).then(
            pl.when(pl.col("session") % 2 == 0).then(pl.lit("a")).otherwise(pl.lit("b"))
        ),
        page_path=path,
        page_title=title,
        review_body=review_bodies(batch["number"]),
    )
    search = pl.concat_str(
        pl.lit("?utm_source="),
        "utm_source",
        pl.lit("&utm_medium="),
        "utm_medium",
        pl.lit("&utm_campaign="),
        "utm_campaign",
    )
    batch = batch.with_columns(page_search=search.fill_null(""))
    return batch.with_columns(page_url=pl.concat_str(pl.lit(SITE), "page_path", "page_search"))


def _timed(part: pl.DataFrame) -> list[pl.Expr]:
    """Write the times of messages of one kind of library in one zone the way that library does."""
    style, zone = part["style"][0], COUNTRIES[part["zone"][0]].zone
    times = [pl.col(name).cast(pl.Datetime("us", "UTC")) for name in _TIMES]
    received = pl.col("received").cast(pl.Datetime("us", "UTC")).dt.strftime(_MILLISECONDS).alias("received_text")
    names = [f"{name}_text" for name in _TIMES]
    if style == MOBILE:
        rough = pl.col("device") % 2 == 0
        local = [time.dt.convert_time_zone(zone) for time in times]
        texts = [
            pl.when(rough).then(time.dt.strftime(_WITH_OFFSET[0])).otherwise(time.dt.strftime(_WITH_OFFSET[1]))
            for time in local
        ]
    else:
        shape = _MICROSECONDS if style == SERVER else _MILLISECONDS
        texts = [time.dt.strftime(shape) for time in times]
    return [*(text.alias(name) for text, name in zip(texts, names, strict=True)), received]


def _context(style: int) -> pl.Expr:
    context: dict[str, pl.Expr] = {"library": pl.lit(_LIBRARIES[style])}
    if style != SERVER:
        context |= {"locale": plain(pl.col("locale")), "timezone": plain(pl.col("timezone")), "ip": plain(_ip())}
        context["campaign"] = _campaign()
    if style == BROWSER:
        context |= {"page": _page(), "userAgent": _agent()}
    if style == MOBILE:
        context |= {"app": pl.lit('{"name":"Shop","version":"4.2.0","build":"420"}'), "device": _device(),
                    "os": pl.lit('{"name":"iOS","version":"18.1"}')}  # fmt: skip
    flag = {name: pl.when(pl.col("preference") // bit % 2 == 1).then(pl.lit("true")).otherwise(pl.lit("false"))
            for name, bit in (("Advertising", 4), ("Analytics", 2), ("Functional", 1))}  # fmt: skip
    asked = (pl.col("preference") >= 0) & (style != SERVER)
    context["consent"] = pl.when(asked).then(json_object({"categoryPreferences": json_object(flag)}))
    context["traits"] = pl.col("context_traits")
    return json_object(context)


def _page() -> pl.Expr:
    referrer = pl.when(pl.col("utm_source") == "google").then(pl.lit("https://www.google.com/")).otherwise(pl.lit(""))
    return json_object(
        {"path": plain(pl.col("page_path")), "referrer": plain(referrer), "search": plain(pl.col("page_search")),
         "title": quoted(pl.col("page_title")), "url": plain(pl.col("page_url"))}
    )  # fmt: skip


def _campaign() -> pl.Expr:
    named = {"name": "utm_campaign", "source": "utm_source", "medium": "utm_medium", "content": "utm_content"}
    campaign = json_object({key: plain(pl.col(column)) for key, column in named.items()})
    return pl.when(pl.col("utm_source").is_not_null()).then(campaign)


def _agent() -> pl.Expr:
    return plain(pl.col("device").mod(len(_AGENTS)).replace_strict(dict(enumerate(_AGENTS))))


def _device() -> pl.Expr:
    model = pl.concat_str(pl.lit("iPhone"), (12 + pl.col("device") % 5).cast(pl.String), pl.lit(",1"))
    return json_object(
        {
            "id": plain(pl.col("anonymous_id")),
            "manufacturer": pl.lit('"Apple"'),
            "model": plain(model),
            "type": pl.lit('"ios"'),
        }
    )


def _ip() -> pl.Expr:
    """Return addresses of the ranges kept for documentation (RFC 5737, RFC 3849)."""
    number = pl.col("address")
    block = (number % 3).replace_strict({0: "192.0.2.", 1: "198.51.100.", 2: "203.0.113."})
    old = pl.concat_str(block, (1 + number // 3 % 254).cast(pl.String))
    new = pl.concat_str(
        pl.lit("2001:db8:"),
        (number % 9000 + 1000).cast(pl.String),
        pl.lit("::"),
        (number // 9000 % 9000 + 1).cast(pl.String),
    )
    return pl.when(number % 5 < 2).then(new).otherwise(old)


def _line(kind: int) -> pl.Expr:
    mobile = pl.col("style") == MOBILE
    names = {IDENTIFY: "identify", ALIAS: "alias", GROUP: "group"}
    page = pl.when(mobile).then(pl.lit("screen")).otherwise(pl.lit("page"))
    values = {
        "type": plain(page if kind == PAGE else pl.lit(names.get(kind, "track"))),
        "messageId": plain(_message_id()),
    }
    nobody = pl.when(pl.col("style") == SERVER).then(pl.lit("null"))
    known = pl.col("login") & pl.col("user_id").is_not_null()
    hidden = (pl.col("style") == SERVER) & known
    values["anonymousId"] = pl.when(hidden).then(nobody).otherwise(plain(pl.col("anonymous_id")))
    values["userId"] = pl.when(known).then(plain(pl.col("user_id")))
    if kind in TRACKS:
        values["event"] = pl.lit(json.dumps(TRACKS[kind]))
    values |= {ALIAS: {"previousId": plain(pl.col("anonymous_id"))}, GROUP: {"groupId": pl.col("group_id")},
               PAGE: {"name": pl.lit('"Home"')}}.get(kind, {})  # fmt: skip
    values |= {name: plain(pl.col(f"{column}_text")) for column, name in _TIMES.items()}
    values |= {
        "receivedAt": plain(pl.col("received_text")),
        "context": pl.col("context"),
        "integrations": _integrations(),
    }
    values |= {"traits": pl.col("traits")} if kind in names else {"properties": properties(kind)}
    return json_object(values)


def _integrations() -> pl.Expr:
    server = pl.when(pl.col("style") == SERVER).then(pl.lit('{"All":true}')).otherwise(pl.lit("{}"))
    return pl.when(pl.col("style") == BROWSER).then(pl.lit('{"Segment.io":true}')).otherwise(server)


def _message_id() -> pl.Expr:
    text = pl.col("message")
    third = pl.concat_str(pl.lit("4"), text.str.slice(13, 3))
    parts = [text.str.slice(0, 8), text.str.slice(8, 4), third, text.str.slice(16, 4), text.str.slice(20, 12)]
    uuid = pl.concat_str(parts, separator="-")
    prefixed = pl.concat_str(pl.lit("ajs-next-"), (pl.col("at") // 1000).cast(pl.String), pl.lit("-"), uuid)
    return pl.when(pl.col("style") == BROWSER).then(prefixed).otherwise(uuid)
