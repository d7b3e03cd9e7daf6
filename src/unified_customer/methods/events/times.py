"""Instants from the texts of clients.

Timestamps have any precision; what is finer than a microsecond is cut off. A time without zone is an instant only
where the caller says which zone it was written in.
"""

from typing import Final

import polars as pl

ZONED: Final = "%Y-%m-%dT%H:%M:%S%.f%#z"
NAIVE: Final = "%Y-%m-%dT%H:%M:%S%.f"
UNREADABLE: Final = "a time that cannot be read"
ZONELESS: Final = "a time without zone, and no zone was given"
MISSING: Final = "no time: neither timestamp nor originalTimestamp nor sentAt"


def instants(texts: pl.Series, *, zone: str | None = None) -> pl.Series:
    """Return ISO 8601 texts as UTC instants; null where a text is none.

    Args:
        texts: Texts such as `2026-01-02T03:04:05.123Z`; the zone may be `Z`, `+00:00`, `+0000`, and the `T` a space.
        zone: IANA zone of texts that name none. A civil time that the zone skips or has twice is no instant.

    Examples:
        >>> instants(pl.Series(["2026-01-02T03:04:05Z", "2026-01-02 03:04:05", "soon"])).is_null().to_list()
        [False, True, True]
    """
    iso = texts.str.replace(r"^(\d{4}-\d{2}-\d{2}) ", "${1}T")
    found = iso.str.to_datetime(ZONED, strict=False, time_unit="us", time_zone="UTC")
    if zone is None or found.null_count() == texts.null_count():
        return found
    civil = iso.str.to_datetime(NAIVE, strict=False, time_unit="us")
    placed = civil.dt.replace_time_zone(zone, ambiguous="null", non_existent="null").dt.convert_time_zone("UTC")
    return found.fill_null(placed)


def time_of_messages(wide: pl.DataFrame, *, zone: str | None) -> pl.DataFrame:
    """Return `wide` with `occurred_at`, `received_at` and `reason` (null where the times can be read).

    When it happened is `timestamp`; without it and with all three others, the time of receipt less the time between
    writing and sending by the client's own clock (`receivedAt - (sentAt - originalTimestamp)`: right even where that
    clock is wrong); else `originalTimestamp`; else `sentAt`.

    References:
        Segment specification, timestamps: https://segment.com/docs/connections/spec/common/#timestamps
    """
    names = ("timestamp", "original_timestamp", "sent_at", "received_at")
    parsed = pl.DataFrame([instants(wide[name], zone=zone).alias(f"{name}_at") for name in names])
    texts = pl.coalesce("timestamp", "original_timestamp", "sent_at")
    naive = pl.any_horizontal(
        _unread(name) & pl.col(name).str.contains(r"^\d{4}-\d{2}-\d{2}[T ][\d:.]+$") for name in names
    )
    skewed = pl.col("received_at_at") - (pl.col("sent_at_at") - pl.col("original_timestamp_at"))
    return wide.hstack(parsed).select(
        pl.exclude(*(f"{name}_at" for name in names), "received_at"),
        pl.coalesce("timestamp_at", skewed, "original_timestamp_at", "sent_at_at").alias("occurred_at"),
        pl.col("received_at_at").alias("received_at"),
        pl.when(texts.is_null())
        .then(pl.lit(MISSING))
        .when(naive & pl.lit(zone is None))
        .then(pl.lit(ZONELESS))
        .when(pl.any_horizontal(_unread(name) for name in names))
        .then(pl.lit(UNREADABLE))
        .alias("reason"),
    )


def _unread(name: str) -> pl.Expr:
    return pl.col(name).is_not_null() & pl.col(f"{name}_at").is_null()
